/**
 * A cache of the server's answers that never shows what it knows to be old: one request for all who show a path, shown at once, kept
 * beyond the page, invalidated by push.
 *
 * Knows neither the DOM nor a framework. Each answer is compared with what was told of it by its `Callbox-Commit`, so that an
 * answer from before a change is asked for again, in whatever order the two arrive. Keys are `["callbox", user, path]`: an
 * answer is never another account's. Bounds: what nobody shows is dropped after 5 minutes; 5 attempts for one answer.
 */
import { QueryClient, QueryObserver } from "@tanstack/query-core";
import type { QueryObserverOptions } from "@tanstack/query-core";
import type { Client } from "../core/client.js";
import { CallboxError } from "../core/errors.js";
import type { DataEnvironment } from "./environment.js";
import type { CacheStats } from "./stats.js";
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
export declare class CallboxData {
    #private;
    readonly queryClient: QueryClient;
    constructor(client: DataClient, env: DataEnvironment, { queryClient, ttl }?: DataOptions);
    /** The options of a path for TanStack Query, of whatever framework. Made anew when the user changes. */
    options<Data>(path: string, { ttl }?: PathOptions): QueryObserverOptions<Data, CallboxError>;
    /** Shows a path for as long as somebody subscribes. */
    observe<Data>(path: string, options?: PathOptions): QueryObserver<Data, CallboxError>;
    /** The value, from here if it is current. Rejects with a `CallboxError`. */
    read<Data>(path: string, options?: PathOptions): Promise<Data>;
    /** The value that is here, current or not. */
    peek<Data>(path: string): Data | undefined;
    /** Asks again for one path, or for all that is shown; those that nobody shows when they are next. */
    invalidate(path?: string): void;
    /**
     * Shows a change at once, sends it, and takes it back if it is refused. Once sent it stays until an answer has it. Rejects as
     * `send` does.
     */
    write<Data, Result>(path: string, change: (data: Data) => Data, send: () => Promise<Result>): Promise<Result>;
    /** Counts since the page began. */
    cacheStats(): CacheStats;
    close(): void;
}
