/**
 * What the monitor is given to look at: a client, and what went wrong.
 */
import type { CallboxError } from "../core/errors.js";
import type { CallQuality } from "../core/quality.js";
import type { CallState } from "../core/state.js";
/** A `CallboxClient`, as far as it is watched. */
export interface WatchedClient {
    readonly state: CallState;
    on(name: "state", listener: (state: CallState) => void): unknown;
    on(name: "quality", listener: (quality: CallQuality | null) => void): unknown;
    on(name: "error", listener: (error: CallboxError) => void): unknown;
}
/** What went wrong, as far as it is known. */
export interface Fault {
    readonly name?: string | undefined;
    readonly message?: string | undefined;
    readonly stack?: string | undefined;
}
