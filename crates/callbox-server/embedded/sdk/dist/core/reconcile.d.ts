/**
 * After a session that could not be recovered: what to do so that we and the server mean the same again.
 *
 * A table, not an actor: it compares the server's snapshot with what we thought and says what follows.
 */
import type { CallKind, Snapshot } from "../generated/protocol.js";
import type { CallState } from "./state.js";
/** The steps that follow. */
export interface Reconciliation {
    /** A call of the server's that we have left, or never knew of: end it there. */
    readonly leave: string | null;
    /** Our call is no more. Its user is asked before another is searched for: they may have slept for hours. */
    readonly isOver: boolean;
    /** Our call continues, from here. */
    readonly call: "begin" | "confirm" | "go-on" | null;
    /** The wait: ask again, take it back, or take it as it is. */
    readonly wait: "ask" | "cancel" | "queued" | null;
}
export declare function reconcile(snapshot: Snapshot, state: CallState, wish: CallKind | null, hasConfirmed: boolean): Reconciliation;
