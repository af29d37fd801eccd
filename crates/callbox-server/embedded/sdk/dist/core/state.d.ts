/**
 * The states of a call as an app sees them, and the one place where they change.
 *
 * `idle > media-ready > queued > matched > connecting > connected > ended(reason)`. A state is a plain object and
 * never changes; a new one takes its place.
 */
import type { CallId, CallKind, EndCause, RelayPolicy, ServerFrame } from "../generated/protocol.js";
/** Two people who were brought together. */
export interface Match {
    readonly call: CallId;
    /** `random`: the lobby paired strangers; `invite`: a link was opened. */
    readonly kind: CallKind;
    readonly side: "caller" | "callee";
    readonly sharedInterests: readonly string[];
    /** The two met within the last ten minutes, and nobody else is waiting. */
    readonly metBefore: boolean;
    /** Whether the two learn each other's address: the strictest of what the app and both people want. */
    readonly relay: RelayPolicy;
}
/** Why a call, or the wait for one, has ended. */
export interface EndReason {
    /** `signaling_lost`: the connection to the server is gone. */
    readonly cause: EndCause | "signaling_lost";
    /** The side that did it; `null` if it was nobody's doing, or is not known. */
    readonly by: "me" | "peer" | null;
    /** Whether we wait for somebody again; `queued` follows by itself. */
    readonly requeued: boolean;
}
export type CallState = 
/** No camera yet. */
{
    readonly name: "idle";
}
/** Camera and microphone are open. */
 | {
    readonly name: "media-ready";
}
/** Waiting since this time. */
 | {
    readonly name: "queued";
    readonly kind: CallKind;
    readonly since: number;
}
/** Somebody was found; both must confirm. */
 | {
    readonly name: "matched";
    readonly match: Match;
}
/** Both confirmed; the media connection is being made. */
 | {
    readonly name: "connecting";
    readonly match: Match;
}
/** They see each other since this time. */
 | {
    readonly name: "connected";
    readonly match: Match;
    readonly since: number;
}
/** Over; what comes next is the app's decision, unless `reason.requeued`. */
 | {
    readonly name: "ended";
    readonly match: Match | null;
    readonly reason: EndReason;
};
export type StateEvent = {
    type: "media-opened";
} | {
    type: "media-closed";
} | {
    type: "queued";
    kind: CallKind;
    since: number;
} | {
    type: "unqueued";
} | {
    type: "dismissed";
    hasMedia: boolean;
} | {
    type: "matched";
    match: Match;
} | {
    type: "begun";
} | {
    type: "returned";
    match: Match;
} | {
    type: "connected";
    since: number;
} | {
    type: "ended";
    reason: EndReason;
};
/** A match as the server sends it. */
export declare function matchFrom(frame: Extract<ServerFrame, {
    type: "match";
}>): Match;
/** The match of a state that has one and is not over. */
export declare function matchOf(state: CallState): Match | null;
/** Whether it has ended, and we wait for somebody again. */
export declare function isRequeued(state: CallState): boolean;
/** The state after an event; the same object if the event changes nothing. */
export declare function reduce(state: CallState, event: StateEvent): CallState;
