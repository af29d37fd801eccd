/**
 * The exchange's state for one page: who is there, what they wait for, which call they are in; and the numbers of
 * their frames.
 *
 * Nothing is sent again: on a new socket a session counts from 1 and says in its hello what it is doing. An open page is
 * one session, so there are as many as there are pages.
 */
import type { CallId, CallKind, ClientFrame, Numbers, ServerFrame, Side, Snapshot, User, UserId } from "../generated/protocol.js";

/** The user who opened a socket. */
export interface Guest {
  readonly user: User;
  /** The page, whose end is the end of its sockets. */
  readonly tab: string;
  /** For a synthetic partner: whom it keeps company, and nobody else. */
  readonly companyOf: UserId | null;
}

/** A session's wait. */
export interface Ticket {
  readonly kind: CallKind;
  readonly since: number;
  readonly interests: readonly string[];
  readonly invite: string | null;
}

export interface Call {
  readonly id: CallId;
  readonly kind: CallKind;
  /** Its two users; a side is null until its user is back from another exchange. */
  readonly users: Readonly<Record<Side, UserId>>;
  readonly participants: Record<Side, Session | null>;
  /** Their waits before the match, to be taken up again. */
  readonly tickets: Partial<Record<Side, Ticket>>;
  readonly confirmed: Set<Side>;
  stopTimer: () => void;
}

/** The server's frames, and one hint of the mock's own, which clients pass over: when to send company. */
export type MockFrame = ServerFrame | (Extract<ServerFrame, { type: "queued" }> & { readonly lonely_ms: number });

/** Seldom enough to cost nothing; eight offers are less than a client keeps. */
const ACK_EACH = 8;

export class Session {
  readonly id: string;
  guest: Guest;
  ticket: Ticket | null = null;
  call: Call | null = null;
  /** Ends the wait for a socket that was lost. */
  stopWaiting: () => void = () => undefined;
  #socket: string | null = null;
  readonly #say: (socket: string, text: string) => void;
  #sent = 0;
  #received = 0;

  constructor(id: string, guest: Guest, say: (socket: string, text: string) => void) {
    this.id = id;
    this.guest = guest;
    this.#say = say;
  }

  get socket(): string | null {
    return this.#socket;
  }

  /** Another socket, or none: both sides count anew. */
  set socket(socket: string | null) {
    this.stopWaiting();
    this.#socket = socket;
    this.#sent = this.#received = 0;
  }

  get side(): Side {
    return this.call?.participants.caller === this ? "caller" : "callee";
  }

  /** Sends a frame; without a socket it goes nowhere. */
  send(frame: MockFrame): void {
    const isCounted = !["hello", "ack", "pong", "leave"].includes(frame.type);
    const numbers = { ...(isCounted ? { seq: this.#sent + 1 } : {}), ...(this.#received > 0 ? { ack: this.#received } : {}) };
    if (this.#socket === null) return;
    if (isCounted) this.#sent++;
    this.#say(this.#socket, JSON.stringify({ ...frame, ...(frame.type === "hello" ? {} : numbers) }));
  }

  /** Counts a frame of the client, and acknowledges now and then what is here. */
  hear({ seq }: ClientFrame & Numbers): void {
    if (seq === undefined) return;
    this.#received = seq;
    if (seq % ACK_EACH === 0) this.send({ type: "ack" });
  }

  snapshot(now: number): Snapshot {
    if (this.call) return { state: "call", call: this.call.id, has_begun: this.call.confirmed.size === 2, is_peer_here: true };
    if (this.ticket) return { state: "queued", kind: this.ticket.kind, waited_ms: now - this.ticket.since };
    return { state: "idle" };
  }
}
