import type { CallOutcome } from "../generated/beacon.js";
import type { Page } from "./views.js";
import type { WatchedClient } from "./watched.js";
/** What is asked for a call: each with the time at which it was asked, since this may have been loaded only then. */
export interface Calls {
    watch(at: number, client: WatchedClient): void;
    watchPeerConnection(at: number, connection: RTCPeerConnection): void;
    /** The cause is without what may tell of a person. */
    call(at: number, outcome: CallOutcome, cause: string): void;
    /** Ends what is closed: closing by `close` is no event, and a page that ends does not come to the next look. */
    endClosed(): void;
}
export declare function makeCalls(page: Page): Calls;
