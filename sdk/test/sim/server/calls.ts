/**
 * The calls of the server's model: who is on which side, who has confirmed, and who is requeued at an end.
 *
 * A model of `crates/callbox-core/src/call.rs`. A session is in one call at most. Bound: as many calls as pairs of people.
 */
import type { CallId, EndCause, Side } from "../../../src/generated/protocol.js";

export type SideIndex = 0 | 1;
export const SIDES: readonly [Side, Side] = ["caller", "callee"];

export interface Party {
  readonly session: string;
  readonly login: string;
}

export interface Call {
  readonly id: CallId;
  readonly parties: readonly [Party, Party];
  readonly confirmed: [boolean, boolean];
  hasBegun: boolean;
  /** Takes the deadline of the confirmations back. */
  stopWaiting: () => void;
}

export class Calls {
  readonly #calls = new Map<CallId, Call>();

  has(id: CallId): boolean {
    return this.#calls.has(id);
  }

  get all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  get(id: CallId): Call | undefined {
    return this.#calls.get(id);
  }

  /** The call that a session is in. */
  of(session: string): Call | null {
    for (const call of this.#calls.values()) {
      if (call.parties.some((party) => party.session === session)) return call;
    }
    return null;
  }

  /** The session of the other side of the call that a session is in. */
  peerOf(session: string): string | null {
    const call = this.of(session);
    return call ? call.parties[1 - sideIndexOf(call, session)]!.session : null;
  }

  add(id: CallId, parties: readonly [Party, Party], hasBegun: boolean): Call {
    const call: Call = { id, parties, confirmed: [hasBegun, hasBegun], hasBegun, stopWaiting: () => undefined };
    this.#calls.set(id, call);
    return call;
  }

  remove(call: Call): void {
    this.#calls.delete(call.id);
    call.stopWaiting();
  }
}

export const sideIndexOf = (call: Call, session: string): SideIndex => (call.parties[0].session === session ? 0 : 1);

/** Whether a side is requeued, if it is there and did not cause the end. */
export function isRequeued(cause: EndCause, hasConfirmed: boolean): boolean {
  if (cause === "unconfirmed" || cause === "declined") return hasConfirmed;
  return cause === "next" || cause === "peer_lost" || cause === "left";
}
