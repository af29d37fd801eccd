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
  | { readonly name: "idle" }
  /** Camera and microphone are open. */
  | { readonly name: "media-ready" }
  /** Waiting since this time. */
  | { readonly name: "queued"; readonly kind: CallKind; readonly since: number }
  /** Somebody was found; both must confirm. */
  | { readonly name: "matched"; readonly match: Match }
  /** Both confirmed; the media connection is being made. */
  | { readonly name: "connecting"; readonly match: Match }
  /** They see each other since this time. */
  | { readonly name: "connected"; readonly match: Match; readonly since: number }
  /** Over; what comes next is the app's decision, unless `reason.requeued`. */
  | { readonly name: "ended"; readonly match: Match | null; readonly reason: EndReason };

export type StateEvent =
  | { type: "media-opened" }
  | { type: "media-closed" }
  | { type: "queued"; kind: CallKind; since: number }
  | { type: "unqueued" }
  | { type: "dismissed"; hasMedia: boolean }
  | { type: "matched"; match: Match }
  | { type: "begun" }
  | { type: "returned"; match: Match }
  | { type: "connected"; since: number }
  | { type: "ended"; reason: EndReason };

/** A match as the server sends it. */
export function matchFrom(frame: Extract<ServerFrame, { type: "match" }>): Match {
  const { call, kind, you: side, shared_interests: sharedInterests, met_before: metBefore, relay_policy: relay } = frame;
  return { call, kind, side, sharedInterests, metBefore, relay };
}

/** The match of a state that has one and is not over. */
export function matchOf(state: CallState): Match | null {
  return state.name === "matched" || state.name === "connecting" || state.name === "connected" ? state.match : null;
}

/** Whether it has ended, and we wait for somebody again. */
export function isRequeued(state: CallState): boolean {
  return state.name === "ended" && state.reason.requeued;
}

/** The state after an event; the same object if the event changes nothing. */
export function reduce(state: CallState, event: StateEvent): CallState {
  const match = matchOf(state);
  switch (event.type) {
    case "media-opened":
      return state.name === "idle" || state.name === "ended" ? { name: "media-ready" } : state;
    case "media-closed":
      return { name: "idle" };
    case "queued":
      return { name: "queued", kind: event.kind, since: event.since };
    case "unqueued":
      return state.name === "queued" || isRequeued(state) ? { name: "media-ready" } : state;
    case "dismissed":
      if (state.name !== "ended") return state;
      return event.hasMedia ? { name: "media-ready" } : { name: "idle" };
    case "matched":
      return { name: "matched", match: event.match };
    case "begun":
      return state.name === "matched" ? { name: "connecting", match: state.match } : state;
    case "returned":
      return { name: "connecting", match: event.match };
    case "connected":
      return state.name === "connecting" ? { name: "connected", match: state.match, since: event.since } : state;
    case "ended":
      return match || state.name === "queued" || isRequeued(state) ? { name: "ended", match, reason: event.reason } : state;
  }
}
