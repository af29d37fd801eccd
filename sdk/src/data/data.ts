/**
 * A cache of the server's answers that never shows what it knows to be old: one request for all who show a path, shown at once, kept
 * beyond the page, invalidated by push.
 *
 * Knows neither the DOM nor a framework. Each answer is compared with what was told of it by its `Callbox-Commit`, so that an
 * answer from before a change is asked for again, in whatever order the two arrive. Keys are `["callbox", user, path]`: an
 * answer is never another account's. Bounds: what nobody shows is dropped after 5 minutes; 5 attempts for one answer.
 */
import { hashKey, QueryClient, QueryObserver } from "@tanstack/query-core";
import type { Query, QueryKey, QueryObserverOptions } from "@tanstack/query-core";
import type { Client } from "../core/client.js";
import { CallboxError } from "../core/errors.js";
import { both, isAsLate, laterOf, meets, needOf } from "./commit.js";
import type { Commit, Need } from "./commit.js";
import type { DataEnvironment } from "./environment.js";
import { Stats } from "./stats.js";
import type { CacheStats } from "./stats.js";
import { Watches } from "./watches.js";

export type DataClient = Pick<Client<never>, "on" | "user" | "signaling" | "login" | "watch">;

export interface DataOptions {
  /** An app's own, for its queries and ours; left out: one of our own. */
  queryClient?: QueryClient;
  /** For how long a value counts as current where changes are not pushed, in milliseconds: 30,000 if left out. */
  ttl?: number;
}

export interface PathOptions {
  ttl?: number | undefined;
}

/** A change that is shown before the server has it. */
interface Pending {
  readonly change: (data: unknown) => unknown;
  /** Sent: an answer that meets the entry's need has it. */
  isDone: boolean;
}

/** What is known of a path beside its value. */
interface Entry {
  /** The server's last answer. */
  body: unknown;
  etag: string | null;
  commit: Commit | null;
  /** What the next answer must meet. */
  need: Need | null;
  pending: Pending[];
}

const TTL_MS = 30_000;
const ATTEMPTS_MAX = 5;
const ROOT = "callbox";

export class CallboxData {
  readonly queryClient: QueryClient;
  readonly #client: DataClient;
  readonly #env: DataEnvironment;
  readonly #ttl: number;
  readonly #ownsClient: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #stats = new Stats();
  readonly #stops: (() => void)[];
  #user: string | null = null;
  #watches: Watches | null = null;
  /** Resolves when what was kept of the user is here. */
  #restored: Promise<void> = Promise.resolve();
  /** The highest commit of our own writes, and of all answers. */
  #written: Commit | null = null;
  #seen: Commit | null = null;
  /** Counts what is asked and what is told, in order. */
  #clock = 0;
  #refetching = new Set<string>();

  constructor(client: DataClient, env: DataEnvironment, { queryClient, ttl = TTL_MS }: DataOptions = {}) {
    this.#client = client;
    this.#env = env;
    this.#ttl = ttl;
    this.#ownsClient = queryClient === undefined;
    this.queryClient = queryClient ?? new QueryClient();
    if (this.#ownsClient) this.queryClient.mount();
    client.login.onWrite = (answer) => answer.ok && this.#wrote(answer.headers?.get("callbox-commit") ?? null);
    this.#stops = [
      client.on("user", (user) => this.#become(user?.id ?? null)),
      client.on("signaling", () => this.#setSession()),
      client.on("watched", (frame) => this.#watches?.handle(frame)),
      client.on("error", ({ code }) => (code === "banned" || code === "unauthenticated") && this.#become(null)),
      this.queryClient.getQueryCache().subscribe((event) => {
        const path = this.#pathOf(event.query);
        if (path === null) return;
        if (event.type === "observerAdded") this.#shown(path, event.query, event.observer.options.staleTime);
        if (event.type === "removed") this.#forget(path);
      }),
    ];
    this.#become(client.user?.id ?? null);
  }

  /** The options of a path for TanStack Query, of whatever framework. Made anew when the user changes. */
  options<Data>(path: string, { ttl = this.#ttl }: PathOptions = {}): QueryObserverOptions<Data, CallboxError> {
    const user = this.#user;
    return {
      queryKey: this.#key(path),
      queryFn: () => this.#read(user, path) as Promise<Data>,
      enabled: user !== null,
      // A pushed value is current until it is told otherwise.
      staleTime: () => (this.#entries.get(path)?.need ? 0 : this.#isLive(path) ? Infinity : ttl),
      refetchOnWindowFocus: () => !this.#isLive(path),
      refetchOnReconnect: () => !this.#isLive(path),
      // What is here is shown while the server is away; it is asked again when it is back.
      networkMode: "always",
      retry: false,
    };
  }

  /** Shows a path for as long as somebody subscribes. */
  observe<Data>(path: string, options?: PathOptions): QueryObserver<Data, CallboxError> {
    return new QueryObserver<Data, CallboxError>(this.queryClient, this.options(path, options));
  }

  /** The value, from here if it is current. Rejects with a `CallboxError`. */
  read<Data>(path: string, options?: PathOptions): Promise<Data> {
    const { queryKey, queryFn, staleTime, networkMode, retry } = this.options<Data>(path, options);
    return this.queryClient.fetchQuery({ queryKey, queryFn, staleTime, networkMode, retry } as Parameters<QueryClient["fetchQuery"]>[0]) as Promise<Data>;
  }

  /** The value that is here, current or not. */
  peek<Data>(path: string): Data | undefined {
    return this.queryClient.getQueryData<Data>(this.#key(path));
  }

  /** Asks again for one path, or for all that is shown; those that nobody shows when they are next. */
  invalidate(path?: string): void {
    this.#stale(path === undefined ? null : [path], null);
  }

  /**
   * Shows a change at once, sends it, and takes it back if it is refused. Once sent it stays until an answer has it. Rejects as
   * `send` does.
   */
  async write<Data, Result>(path: string, change: (data: Data) => Data, send: () => Promise<Result>): Promise<Result> {
    const user = this.#user;
    const entry = this.#entry(path);
    const pending: Pending = { change: change as Pending["change"], isDone: false };
    entry.pending.push(pending);
    this.#show(path);
    try {
      const result = await send();
      pending.isDone = true;
      // Only an answer that has the write will do. The push may have brought it already.
      if (user === this.#user) this.#stale([path], this.#written);
      if (entry.need === null) this.#settle(path, entry);
      return result;
    } catch (error) {
      entry.pending = entry.pending.filter((other) => other !== pending);
      if (user === this.#user) this.#show(path);
      throw error;
    }
  }

  /** Counts since the page began. */
  cacheStats(): CacheStats {
    return this.#stats.read();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#client.login.onWrite = null;
    this.#watches?.close();
    if (this.#ownsClient) this.queryClient.unmount();
  }

  #key(path: string): QueryKey {
    return [ROOT, this.#user, path];
  }

  /** `null` for queries that are not ours, or another user's. */
  #pathOf({ queryKey }: Pick<Query, "queryKey">): string | null {
    return queryKey[0] === ROOT && queryKey[1] === this.#user && typeof queryKey[2] === "string" ? queryKey[2] : null;
  }

  #query(path: string): Query | undefined {
    return this.queryClient.getQueryCache().get(hashKey(this.#key(path)));
  }

  #entry(path: string): Entry {
    let entry = this.#entries.get(path);
    if (!entry) this.#entries.set(path, (entry = { body: undefined, etag: null, commit: null, need: null, pending: [] }));
    return entry;
  }

  #isLive(path: string): boolean {
    return this.#watches?.isLive(path) ?? false;
  }

  /** Somebody else, or nobody: nothing of the one before stays, here or in the browser. */
  #become(user: string | null): void {
    const before = this.#user;
    if (user === before) return;
    if (before !== null) {
      this.#env.answers.remove(before);
      const watches = this.#watches;
      this.#watches = null;
      watches?.left();
      watches?.close();
      this.#clear();
    }
    this.#user = user;
    this.#written = this.#seen = null;
    if (user === null) return;
    this.#restored = this.#restore(user);
    this.#watches = new Watches(this.#env, `callbox.data:${user}`, {
      onStale: (paths, commit) => this.#stale(paths, commit),
      onPut: (path, etag, body, commit) => this.#put(path, etag, body, commit),
      onLeft: () => this.#become(null),
      send: (watch) => this.#client.watch(watch),
    });
    this.#setSession();
  }

  #clear(): void {
    const cache = this.queryClient.getQueryCache();
    for (const query of cache.findAll({ queryKey: [ROOT, this.#user] })) {
      // Whoever shows it shows nothing from now on.
      query.reset();
      cache.remove(query);
    }
    this.#entries.clear();
  }

  #setSession(): void {
    const { signaling } = this.#client;
    this.#watches?.setSession(signaling === "offline" ? null : signaling === "online");
    // What could not be asked for while the server was away.
    if (signaling === "online") for (const [path, { need }] of this.#entries) if (need !== null) this.#soon(path);
  }

  /** What was kept is shown at once, and asked for again: anything may have changed since. */
  async #restore(user: string): Promise<void> {
    for (const { path, body, etag, at } of await this.#env.answers.read(user)) {
      if (user !== this.#user) return;
      const entry = this.#entry(path);
      if (entry.body !== undefined) continue;
      Object.assign(entry, { body, etag });
      this.#need(path, null);
      this.queryClient.setQueryData(this.#key(path), applied(entry), { updatedAt: at });
      this.#query(path)?.invalidate();
    }
  }

  #shown(path: string, query: Query, staleTime: unknown): void {
    const age = typeof staleTime === "function" ? (staleTime as (query: Query) => number)(query) : Number(staleTime ?? 0);
    const isHere = query.state.data !== undefined;
    const isCurrent = isHere && !query.isStaleByTime(age);
    const isJoined = !isHere && query.state.fetchStatus === "fetching";
    this.#stats.count(path, isCurrent || isJoined ? "hits" : isHere ? "stale" : "misses");
  }

  #forget(path: string): void {
    this.#entries.delete(path);
    this.#watches?.drop(path);
  }

  async #read(user: string | null, path: string): Promise<unknown> {
    await this.#restored;
    const entry = this.#entry(path);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const asked = ++this.#clock;
      this.#stats.count(path, "requests");
      const answer = await this.#client.login.request("GET", path.replace(/^\/v1\//, ""), undefined, {
        ...(entry.etag !== null && entry.body !== undefined ? { "if-none-match": entry.etag } : {}),
        ...(this.#seen === null ? {} : { "callbox-commit": this.#seen }),
      });
      const commit = answer.headers?.get("callbox-commit") ?? null;
      const isUnchanged = answer.status === 304;
      if (isUnchanged) this.#stats.count(path, "unchanged");
      const body = isUnchanged ? entry.body : await this.#content(answer, user);
      if (user !== this.#user) throw new CallboxError("unauthenticated", "Somebody else is here now.");
      this.#seen = laterOf(this.#seen, commit);
      // A `put` overtook it.
      const isOvertaken = isAsLate(commit, entry.commit) === false;
      if (!isOvertaken) {
        Object.assign(entry, { body, commit, etag: isUnchanged ? entry.etag : (answer.headers?.get("etag") ?? null) });
        this.#keep(path, entry);
      }
      if (!meets(entry.need, asked, entry.commit)) continue;
      entry.need = null;
      entry.pending = entry.pending.filter(({ isDone }) => !isDone);
      this.#watches?.want(path, entry.commit);
      return applied(entry);
    }
    throw new CallboxError("unavailable", "The server's answers are older than what it told.");
  }

  async #content(answer: Awaited<ReturnType<DataClient["login"]["request"]>>, user: string | null): Promise<unknown> {
    try {
      return await this.#client.login.content(answer);
    } catch (error) {
      if (error instanceof CallboxError && (error.code === "unauthenticated" || error.code === "banned") && user === this.#user) this.#become(null);
      throw error;
    }
  }

  #keep(path: string, { body, etag }: Entry): void {
    if (this.#user !== null) this.#env.answers.write(this.#user, { path, body, etag, at: this.#env.now() });
  }

  /** Shows the server's answer with the changes that it does not have yet. */
  #show(path: string): void {
    const entry = this.#entry(path);
    if (entry.body !== undefined) this.queryClient.setQueryData(this.#key(path), applied(entry), { updatedAt: this.#query(path)?.state.dataUpdatedAt ?? 0 });
  }

  #put(path: string, etag: string, body: unknown, commit: Commit): void {
    const entry = this.#entries.get(path);
    if (!entry || isAsLate(commit, entry.commit) === false) return;
    this.#seen = laterOf(this.#seen, commit);
    Object.assign(entry, { etag, body, commit });
    this.#stats.count(path, "pushed");
    this.#keep(path, entry);
    const now = ++this.#clock;
    if (meets(entry.need, now, commit)) {
      entry.pending = entry.pending.filter(({ isDone }) => !isDone);
      // An answer that is on its way must be as late.
      entry.need = this.#isFetching(path) ? needOf(commit, now) : null;
    }
    this.queryClient.setQueryData(this.#key(path), applied(entry));
  }

  /**
   * Our own writes: what is on its way must have them, and so must what is read next. What is shown is asked for again where
   * nobody pushes it.
   */
  #wrote(commit: Commit | null): void {
    this.#written = laterOf(this.#written, commit);
    this.#seen = laterOf(this.#seen, commit);
    for (const [path, entry] of this.#entries) {
      if (!this.#isLive(path)) this.#stale([path], commit);
      else if (isAsLate(entry.commit, commit) !== true) this.#need(path, commit);
    }
  }

  #need(path: string, commit: Commit | null): void {
    const entry = this.#entry(path);
    entry.need = both(entry.need, needOf(commit, ++this.#clock));
  }

  #stale(paths: readonly string[] | null, commit: Commit | null): void {
    this.#seen = laterOf(this.#seen, commit);
    for (const path of paths ?? [...this.#entries.keys()]) {
      const entry = this.#entries.get(path);
      // What is here may be from after the change already.
      if (!entry || (commit !== null && entry.need === null && isAsLate(entry.commit, commit) === true)) continue;
      this.#need(path, commit);
      this.#soon(path);
    }
  }

  /** One request for all that is told at once, and none beside one on its way, which asks again if it must. */
  #soon(path: string): void {
    if (this.#refetching.size === 0) queueMicrotask(() => this.#flush());
    this.#refetching.add(path);
  }

  #flush(): void {
    const paths = [...this.#refetching];
    this.#refetching = new Set();
    for (const path of paths) {
      const query = this.#query(path);
      query?.invalidate();
      if (query?.isActive()) void this.#refetch(path).catch(() => undefined);
    }
  }

  /** Told while an answer was about to be shown: again. */
  async #refetch(path: string): Promise<void> {
    do await this.#query(path)?.fetch(undefined, { cancelRefetch: false });
    while (this.#entries.get(path)?.need && this.#query(path)?.isActive());
  }

  #isFetching(path: string): boolean {
    return this.#query(path)?.state.fetchStatus === "fetching";
  }

  #settle(path: string, entry: Entry): void {
    entry.pending = entry.pending.filter(({ isDone }) => !isDone);
    this.#show(path);
  }
}

/** The answer with the changes that it does not have yet. */
function applied({ body, pending }: Entry): unknown {
  return pending.reduce((data, { change }) => change(data), body);
}
