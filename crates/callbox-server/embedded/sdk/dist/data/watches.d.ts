import type { Watch } from "../generated/protocol.js";
import type { WatchFrame } from "../core/options.js";
import type { Commit } from "./commit.js";
import type { DataEnvironment } from "./environment.js";
export interface WatchHandlers {
    /** `null`: all. */
    onStale(paths: readonly string[] | null, commit: Commit | null): void;
    onPut(path: string, etag: string, body: unknown, commit: Commit): void;
    onLeft(): void;
    /** Sends a frame on the own session. */
    send(watch: Watch): void;
}
export declare class Watches {
    #private;
    constructor(env: Pick<DataEnvironment, "lock" | "channel" | "random" | "now">, name: string, handlers: WatchHandlers);
    /** Whether this tab would hear of a change. */
    isLive(path: string): boolean;
    /** Wants to hear of a path from the answer of this commit on. */
    want(path: string, commit: Commit | null): void;
    drop(path: string): void;
    /** The own session: `true` there, `false` interrupted, `null` none. */
    setSession(isOnline: boolean | null): void;
    /** A frame of the own session. */
    handle(frame: WatchFrame): void;
    /** The account was left: other tabs of it clear what they have. */
    left(): void;
    close(): void;
}
