/**
 * How often an answer was there already: counts since the page began, by route and in all.
 *
 * Ids in a path become `:id`, so that the counts name nobody. Bound: 64 routes; more go to `other`.
 */
export interface QueryStats {
  /** Shown at once, current, without a request: also beside others that wait for the same. */
  hits: number;
  /** Shown at once while it was asked whether it is current. */
  stale: number;
  /** Nothing was there. */
  misses: number;
  /** Requests that were sent. */
  requests: number;
  /** Of these, answered by 304. */
  unchanged: number;
  /** Values that came by the socket, without a request. */
  pushed: number;
}

export interface CacheStats extends QueryStats {
  /** The share of what was shown that needed no wait, 0 to 1; `null` before the first. */
  readonly hitRate: number | null;
  readonly routes: Readonly<Record<string, QueryStats>>;
}

const ROUTES_MAX = 64;
const none = (): QueryStats => ({ hits: 0, stale: 0, misses: 0, requests: 0, unchanged: 0, pushed: 0 });

/** `/v1/calls/0199a…/partner?x=1` is `/v1/calls/:id/partner`. */
export const routeOf = (path: string) => path.replace(/\?.*/, "").replace(/\/[^/]*\d[^/]*(?=\/|$)/g, (part) => (part === "/v1" ? part : "/:id"));

export class Stats {
  readonly #routes = new Map<string, QueryStats>();

  count(path: string, what: keyof QueryStats): void {
    const route = routeOf(path);
    const name = this.#routes.has(route) || this.#routes.size < ROUTES_MAX ? route : "other";
    const stats = this.#routes.get(name) ?? none();
    stats[what]++;
    this.#routes.set(name, stats);
  }

  read(): CacheStats {
    const all = none();
    for (const stats of this.#routes.values()) for (const name of Object.keys(all) as (keyof QueryStats)[]) all[name] += stats[name];
    const shown = all.hits + all.stale + all.misses;
    const routes = Object.fromEntries([...this.#routes].map(([route, stats]) => [route, { ...stats }]));
    return { ...all, hitRate: shown === 0 ? null : (all.hits + all.stale) / shown, routes };
  }
}
