/**
 * What this tab remembers of its call, so that a page that was loaded anew goes on with it.
 *
 * Kept for the tab alone, and claimed by the page that is in the call: a tab that was duplicated has a copy, and never
 * uses it. Whether there is still a call to come back to is the server's to say.
 */
import type { Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import type { Counts } from "./offers.js";
import type { SeekOptions } from "./options.js";
import type { Match } from "./state.js";
export interface KeptCall {
    readonly match: Match;
    /** What proves the call to the server. */
    readonly grant: string;
    readonly counts: Counts;
    /** Since when the two have seen each other; `null` where they had not yet. */
    readonly since: number | null;
    /** Whom the person would like to meet, and how. */
    readonly wishes: SeekOptions;
    readonly microphoneOn: boolean;
    readonly cameraOn: boolean;
}
/** A page that comes back may find a server that restarts just now, or its network a moment later. */
export declare const RETURN_MS = 10000;
export declare class KeptCalls {
    #private;
    constructor(env: Pick<Environment<never>, "tabStore" | "claim">, origin: string);
    /** Whether there may be a call to come back to. */
    get isThere(): boolean;
    /** Since when the two of the call have seen each other; `null` where they have not, or there is none. */
    get since(): number | null;
    /** We sit here from now on. */
    take(kept: KeptCall): void;
    /** What has changed since. */
    update(change: Partial<KeptCall>): void;
    /** What proves our call to a server that forgot it, or to one that does not know this page yet. */
    get grant(): string | null;
    /** Whether we have confirmed this match. */
    isOf(match: Match | null): boolean;
    /** What a hello says of the call that this page comes back to: it is there, it is not, or we have left it meanwhile. */
    handleHello(snapshot: Snapshot): {
        readonly kept: KeptCall;
        readonly is: "there" | "gone" | "left";
    } | null;
    leave(): void;
    /** The call of the page before this one; `null` where there was none, or another tab has it. */
    retake(): Promise<KeptCall | null>;
}
