/**
 * The state of a page in the server's model: its socket, its frames, what it waits for; and what outlives a process.
 */
import type { EndCause, RelayPolicy } from "../../../src/generated/protocol.js";
import type { SideIndex } from "./calls.js";
import { KeptFrames } from "./kept-frames.js";

/** A socket as the exchange sees it. */
export interface Outlet {
  send(text: string): void;
  close(code: number): void;
}

/** The store's knowledge: calls that have ended. */
export interface Records {
  isOver(call: string): boolean;
  end(call: string, cause: EndCause): void;
}

export interface Terms {
  readonly relayPolicy: RelayPolicy;
  /** The most that is kept of a session's frames. */
  readonly keptBytesMax: number;
  /** How long a relay's credential is good. */
  readonly credentialMs: number;
}

export interface Session {
  readonly id: string;
  readonly login: string;
  frames: KeptFrames;
  /** How often both sides began to count anew. */
  numbering: number;
  outlet: Outlet | null;
  stopExpiry: () => void;
  /** Waits for a stranger since then; `isPaused` while it has no socket. */
  wait: { readonly since: number; isPaused: boolean } | null;
  parked: unknown;
  /** The last state of its peer's presence that it was sent; `null` if the next snapshot says it. */
  toldPeer: boolean | null;
}

export interface Grant {
  readonly call: string;
  readonly side: SideIndex;
  readonly logins: readonly [string, string];
  readonly epoch: string;
}

export function newSession(id: string, login: string, keptBytesMax: number): Session {
  return {
    id,
    login,
    frames: new KeptFrames(keptBytesMax),
    numbering: 0,
    outlet: null,
    stopExpiry: () => undefined,
    wait: null,
    parked: null,
    toldPeer: null,
  };
}
