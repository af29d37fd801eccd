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
/** `/v1/calls/0199a…/partner?x=1` is `/v1/calls/:id/partner`. */
export declare const routeOf: (path: string) => string;
export declare class Stats {
    #private;
    count(path: string, what: keyof QueryStats): void;
    read(): CacheStats;
}
