/**
 * After a session that could not be recovered: what to do so that we and the server mean the same again.
 *
 * A table, not an actor: it compares the server's snapshot with what we thought and says what follows.
 */
import type { CallKind, Snapshot } from "../generated/protocol.js";
import { matchOf } from "./state.js";
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

export function reconcile(snapshot: Snapshot, state: CallState, wish: CallKind | null, hasConfirmed: boolean): Reconciliation {
  const match = matchOf(state);
  if (snapshot.state === "call" && match?.call === snapshot.call) {
    return { leave: null, isOver: false, call: step(snapshot.has_begun, state, hasConfirmed), wait: null };
  }
  const leave = snapshot.state === "call" ? snapshot.call : null;
  const isOver = match !== null;
  if (wish === null || (isOver && state.name !== "matched")) return { leave, isOver, call: null, wait: snapshot.state === "queued" ? "cancel" : null };
  const waits = snapshot.state === "queued" && snapshot.kind === wish;
  return { leave, isOver, call: null, wait: waits ? "queued" : "ask" };
}

function step(hasBegun: boolean, state: CallState, hasConfirmed: boolean): Reconciliation["call"] {
  if (state.name === "matched" && hasBegun) return "begin";
  if (state.name === "matched" && hasConfirmed) return "confirm";
  return "go-on";
}
