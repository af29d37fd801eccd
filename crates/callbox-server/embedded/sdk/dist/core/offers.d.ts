/**
 * The messages between the two sides of a negotiation, and the actions for one's driver.
 */
import type { LeaveCause } from "../generated/protocol.js";
import type { SessionDescription } from "./environment.js";
/** A description as it crosses the wire. */
export interface Numbered extends SessionDescription {
    /** The offer that it is, or that it answers: from 1. */
    readonly offer?: number;
    /** The peer connection of the call that it belongs to: from 0, if left out. */
    readonly connection?: number;
}
/** How far a call's offers and peer connections have been counted. */
export interface Counts {
    readonly offer: number;
    readonly connection: number;
}
/** A callee's question for another offer, as it crosses the wire. */
export interface Ask {
    readonly after: number;
    readonly replace: boolean;
    readonly lost: boolean;
}
export type NegotiationAction = 
/** Make a peer connection of this number; the one that is shown stays until this one has something to show. */
{
    readonly do: "connect";
    readonly connection: number;
}
/** Make an offer of the newest connection and send it; `restart`: search for paths anew. */
 | {
    readonly do: "offer";
    readonly offer: number;
    readonly restart: boolean;
}
/** Take the offer and send the answer. */
 | {
    readonly do: "answer";
    readonly offer: number;
    readonly description: Numbered;
} | {
    readonly do: "take";
    readonly offer: number;
    readonly description: Numbered;
} | {
    readonly do: "add";
    readonly candidates: readonly unknown[];
} | {
    readonly do: "ask";
    readonly ask: Ask;
} | {
    readonly do: "fail";
    readonly cause: LeaveCause;
};
