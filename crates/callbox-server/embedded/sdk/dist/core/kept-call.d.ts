/**
 * This tab's memory of its call, so that a page that was loaded anew continues it.
 *
 * Kept for the tab alone, and claimed by the page that is in the call: a tab that was duplicated has a copy, and never
 * uses it. The server says whether there is still a call to return to.
 */
import type { Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import type { Counts } from "./offers.js";
import type { SeekOptions } from "./options.js";
import type { Match } from "./state.js";
export interface KeptCall {
    readonly match: Match;
    /** The proof of the call for the server. */
    readonly grant: string;
    readonly counts: Counts;
    /** Since when the two have seen each other; `null` if they had not yet. */
    readonly since: number | null;
    /** The person's wishes for the next match. */
    readonly wishes: SeekOptions;
    readonly microphoneOn: boolean;
    readonly cameraOn: boolean;
}
/** A page that returns may find a server that restarts just now, or its network a moment later. */
export declare const RETURN_MS = 10000;
export declare class KeptCalls {
    #private;
    constructor(env: Pick<Environment<never>, "tabStore" | "claim">, origin: string);
    /** Whether there may be a call to return to. */
    get isThere(): boolean;
    /** Since when the two of the call have seen each other; `null` if they have not, or there is none. */
    get since(): number | null;
    /** This page is in the call from now on. */
    take(kept: KeptCall): void;
    /** Keeps what has changed since. */
    update(change: Partial<KeptCall>): void;
    /** The proof of our call for a server that forgot it, or for one that does not know this page yet. */
    get grant(): string | null;
    /** Whether we have confirmed this match. */
    isOf(match: Match | null): boolean;
    /** The hello's word on the call that this page returns to: it is there, it is not, or we have left it meanwhile. */
    handleHello(snapshot: Snapshot): {
        readonly kept: KeptCall;
        readonly is: "there" | "gone" | "left";
    } | null;
    leave(): void;
    /** The call of the page before this one; `null` if there was none, or another tab has it. */
    retake(): Promise<KeptCall | null>;
}
