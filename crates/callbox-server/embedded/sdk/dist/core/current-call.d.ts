/**
 * The wait and the call that a client is in: one state, and what begins and ends with it.
 *
 * It owns the state and has the other parts follow it. One wait or one call at most.
 */
import type { LeaveCause, ServerFrame } from "../generated/protocol.js";
import { CallboxError } from "./errors.js";
import type { Parts } from "./parts.js";
import type { CallState, EndReason, Match, StateEvent } from "./state.js";
export declare class CurrentCall<Stream> {
    #private;
    constructor(parts: Parts<Stream>);
    get state(): CallState;
    /** The person whom we are in a call with, or may be. */
    get match(): Match | null;
    /** Whether this is the call that we are in. */
    is(id: string): boolean;
    /** The one place where the state changes. */
    move(event: StateEvent): void;
    /** Connects, to be ready from now on. Rejects if the server cannot be reached, after so long. */
    connect(patienceMs?: number): Promise<void>;
    /** Gets ready for the next match, if all is there for it. */
    prepare(): void;
    /** Stops waiting. */
    cancel(): void;
    /** Somebody was found: the app is asked, and the server gets the answer. */
    confirm(frame: Extract<ServerFrame, {
        type: "match";
    }>): Promise<void>;
    /** Both have confirmed. */
    begin(): void;
    /** Both see each other; since when, the page before this one may know. */
    handleConnected(): void;
    /** Ends the call: we want to, or cannot continue; or the other side's page is gone. */
    leave(cause: LeaveCause): void;
    /** The call, or the wait, has ended. */
    end(reason: EndReason): void;
    /** A method was called where it makes no sense. */
    wrongState(method: string): CallboxError;
}
