/**
 * One session over many sockets: it reconnects when a socket is lost, and continues where it was.
 *
 * Attempts follow each other with full jitter, so that a crowd does not reconnect as one; a network that returns
 * is tried at once. A socket that may be dead is asked, and dropped only when its successor was greeted. Frames sent
 * meanwhile are kept, within the stream's bounds. Two sockets are open at most. It knows nothing of calls.
 */
import { CLOSE_BAD_FRAME, CLOSE_GAP, CLOSE_RATE_LIMITED, CLOSE_SUPERSEDED, CLOSE_UNAUTHENTICATED, RESUME_MS } from "../generated/protocol.js";
import type { ClientFrame, Numbers, Resume, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Signaling } from "./signaling.js";
import type { HelloFrame, LeaveFrame } from "./signaling.js";
import { Stream } from "./stream.js";

/** `offline`: never connected, told to stay away, or no server for a minute; in the last case it keeps trying. */
export type SignalingState = "online" | "reconnecting" | "offline";

export interface LinkHandlers {
  onState(state: SignalingState): void;
  /**
   * Whether what is sent now arrives: not while a socket is missing, or has yet to prove that it lives. `hasMoved`: the one before
   * fell silent, as on a network that is gone, or was of a server that stopped.
   */
  onSure(isSure: boolean, hasMoved: boolean): void;
  /** A frame that is not the link's own business; the hello too. */
  onFrame(frame: ServerFrame): void;
  /** A session that was there could not be recovered: what the new one is doing, and what may never have arrived. */
  onReset(snapshot: Snapshot, lost: ClientFrame[]): void;
  /** The server wants us to stay away. */
  onRefused(error: CallboxError): void;
  /** The token of our login, or `null` if a cookie speaks for us. */
  signIn(): Promise<string | null>;
  /** The server does not know our login any more. */
  onUnknown(): void;
  /** The grant of the call that we are in. */
  grant(): string | null;
}

/** The longest waits between attempts double from here to the cap; each is cut short by chance. */
const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 5_000;
/** A server that restarts is back within seconds, and calls that it relayed wait for it. */
const SOON_WAIT_MS_MAX = 1_000;
const SOON_MS = 10_000;
/** Once the session has ended there is no hurry. */
const SLOW_WAIT_MS_MAX = 30_000;
/** In a call its two people wait for it: they are few, and a picture stands still meanwhile. */
const CALL_WAIT_MS_MAX = 400;
/** So long a socket that may be dead has to answer; its successor is opened then, and is not needed if it answers meanwhile. */
const PROOF_MS = 250;
/** It need not prove again so soon that it lives. */
const PROVEN_MS = 500;
/** The app hears of it after so long: most sockets answer, or have a successor by then. */
const LOST_MS = 750;
/** So long a successor that has said hello has to be greeted, once the network has changed. */
const GREETING_MS = 1_000;
/** A beat that comes so much later than it should stopped with the machine: its sockets may be dead. */
const BEAT_MS = 5_000;
const SLEPT_MS = 10_000;
/** One change of the network is reported several times, within this. An attempt that began before it is made anew. */
export const BURST_MS = 300;

type LinkEnvironment = Pick<Environment<never>, "openSocket" | "after" | "now" | "random" | "onOnline">;

export class Link {
  readonly #env: LinkEnvironment;
  readonly #origin: string;
  readonly #handlers: LinkHandlers;
  readonly #stream = new Stream();
  #state: SignalingState = "offline";
  /** The socket that was greeted last. */
  #socket: Signaling | null = null;
  /** The one that is to take its place, until it is greeted. */
  #next: Signaling | null = null;
  /** The session to resume; `null` if the next session is to be a new one. */
  #session: Omit<Resume, "ack"> | null = null;
  #hasBegun = false;
  /** Whether the session only watches answers: it calls nobody, and stands beside others of its login. */
  #observes = false;
  #isSure = false;
  /** Those who wait for the first hello. */
  #opening: { promise: Promise<void>; resolve: () => void; reject: (error: CallboxError) => void } | null = null;
  /** Counts up with each attempt, so that one that was overtaken knows. */
  #attempt = 0;
  #attemptAt = 0;
  #failures = 0;
  /** The server said that it stops: the next one, and its relay, know nothing of our paths. */
  #isServerNew = false;
  #lostAt = 0;
  #stopWaiting: (() => void) | null = null;
  #stopProof: (() => void) | null = null;
  #stopLosing: () => void = () => undefined;
  #provenBy = 0;
  #sureAt = -Infinity;
  #patientUntil = 0;
  #ghostUntil = 0;
  #stopListening: (() => void) | null = null;
  #stopBeat: (() => void) | null = null;

  constructor(env: LinkEnvironment, origin: string, handlers: LinkHandlers) {
    this.#env = env;
    this.#origin = origin;
    this.#handlers = handlers;
  }

  get state(): SignalingState {
    return this.#state;
  }
  /** Whether what is sent now arrives. */
  get isSure(): boolean {
    return this.#isSure;
  }

  /** Resolves when the session is online; rejects if it cannot be opened at all, after so long. One that calls may watch too. */
  connect(patienceMs = 0, observes = false): Promise<void> {
    if (this.#observes && !observes) this.close();
    this.#patientUntil = this.#env.now() + patienceMs;
    if (this.#state === "online") return Promise.resolve();
    if (this.#opening) return this.#opening.promise;
    if (!this.#hasBegun) this.#observes = observes;
    let resolve: () => void = () => undefined;
    let reject: (error: CallboxError) => void = () => undefined;
    const promise = new Promise<void>((...both) => ([resolve, reject] = both));
    // A caller that does not wait for it must not get an unhandled rejection.
    promise.catch(() => undefined);
    this.#opening = { promise, resolve, reject };
    this.#stopListening ??= this.#env.onOnline((isBack) => this.#networkChanged(isBack));
    this.#stopBeat ??= this.#beat();
    if (this.#socket === null && this.#next === null) void this.#tryNow();
    return promise;
  }

  /** Sends a frame now, or when there is a socket again; without a session it goes nowhere. */
  send(frame: ClientFrame): void {
    if (!this.#hasBegun) return;
    // Numbered and kept also if there is no socket now.
    const text = this.#stream.send(frame);
    this.#socket?.send(text);
  }

  /** Finds out whether the socket still works: it may be dead without our knowing. */
  check(): void {
    if (this.#env.now() - this.#sureAt >= PROVEN_MS) this.#ask(PROOF_MS);
  }

  /** Ends the session. */
  close(): void {
    this.#opening?.reject(new CallboxError("wrong_state", "The client was closed."));
    this.#end();
  }

  /** A waiting user has nothing else that notices when the machine slept. */
  #beat(): () => void {
    const dueAt = this.#env.now() + BEAT_MS;
    return this.#env.after(BEAT_MS, () => {
      if (this.#env.now() - dueAt >= SLEPT_MS) this.check();
      this.#stopBeat = this.#beat();
    });
  }

  #ask(patienceMs: number): void {
    if (this.#socket === null || this.#next !== null || this.#stopWaiting) return;
    const until = this.#env.now() + patienceMs;
    if (this.#stopProof === null) this.#socket.send(this.#stream.uncounted({ type: "ping" }));
    else if (this.#provenBy <= until) return;
    this.#setSure(false);
    this.#stopProof?.();
    this.#provenBy = until;
    this.#stopProof = this.#env.after(patienceMs, () => {
      void this.#tryNow();
      this.#stopLosing = this.#env.after(LOST_MS, () => this.#setLost());
    });
  }

  /** The socket lives. A successor that has not said hello yet is not needed. */
  #prove(): void {
    if (this.#isSure || this.#next?.hasSaidHello) return;
    this.#stopAttempts();
    this.#failures = this.#lostAt = 0;
    this.#setState("online");
    this.#setSure(true);
    this.#opening?.resolve();
    this.#opening = null;
  }

  async #tryNow(): Promise<void> {
    this.#stopAttempts();
    const attempt = ++this.#attempt;
    this.#attemptAt = this.#env.now();
    let token: string | null;
    try {
      token = await this.#handlers.signIn();
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error as CallboxError);
      return;
    }
    if (attempt !== this.#attempt) return;
    const grant = this.#handlers.grant();
    const hello = () => ({
      ...(token === null ? {} : { token }),
      ...(this.#session !== null && this.#stream.isWhole ? { resume: { ...this.#session, ack: this.#stream.received } } : {}),
      ...(grant === null ? {} : { grant }),
      ...(this.#observes ? { observes: true } : {}),
    });
    let leave: LeaveFrame | null = null;
    const socket: Signaling = new Signaling(this.#env, this.#origin, hello, {
      onHello: (frame) => socket === this.#next && this.#welcomed(frame),
      onFrame: (frame, size) => (frame.type === "leave" ? (leave = frame) : this.#hear(socket, frame, size)),
      onClosed: (code) => this.#closed(socket, code, leave),
    });
    this.#next = socket;
  }

  #welcomed(frame: HelloFrame): void {
    this.#stopAttempts({ keepsNext: true });
    const hasMoved = this.#socket !== null || this.#isServerNew;
    this.#isServerNew = false;
    this.#socket?.close(CLOSE_SUPERSEDED, "replaced");
    this.#socket = this.#next;
    this.#next = null;
    const hadSession = this.#hasBegun;
    this.#hasBegun = true;
    this.#session = { session: frame.session, epoch: frame.epoch };
    this.#failures = 0;
    this.#lostAt = 0;
    // Frames that were sent before the first hello wait in the stream; a new session has them all to come.
    const waiting = hadSession && !frame.recovered ? null : this.#stream.resume(frame.ack);
    const lost = waiting === null ? this.#stream.reset() : [];
    for (const text of waiting ?? []) this.#socket?.send(text);
    this.#handlers.onFrame(frame);
    this.#setState("online");
    if (waiting === null) this.#handlers.onReset(frame.snapshot, lost);
    this.#setSure(true, hasMoved);
    this.#opening?.resolve();
    this.#opening = null;
  }

  #hear(socket: Signaling, frame: ServerFrame & Numbers, size: number): void {
    if (socket !== this.#socket) return;
    // Anything else may have come before, and lain in the system's buffer while the machine slept.
    if (frame.type === "pong") this.#prove();
    const received = this.#stream.hear(frame, size);
    if (received === "gap") {
      socket.close(CLOSE_GAP, "a frame is missing");
      return this.#closed(socket, CLOSE_GAP, null);
    }
    if (received === "seen") return;
    if (frame.type === "ping") socket.send(this.#stream.uncounted({ type: "pong" }));
    else if (frame.type !== "ack" && frame.type !== "skipped" && frame.type !== "pong") this.#handlers.onFrame(frame);
    if (this.#stream.isAckDue) socket.send(this.#stream.uncounted({ type: "ack" }));
  }

  #closed(socket: Signaling, code: number, leave: LeaveFrame | null): void {
    if (socket === this.#next) this.#next = null;
    else if (socket === this.#socket) this.#socket = null;
    else return;
    // The server closes it because of its successor, or the network took both: the successor will show.
    if (this.#next !== null) return this.#setLost();
    if (code === CLOSE_UNAUTHENTICATED) {
      this.#handlers.onUnknown();
      this.#session = null;
    }
    // A hello of ours that we had given up has arrived after all: it is no other tab's.
    const isGhost = leave?.reason === "superseded" && this.#env.now() < this.#ghostUntil;
    if (isGhost) this.#ghostUntil = 0;
    else if (leave?.action === "disconnect" || (this.#observes && code === CLOSE_UNAUTHENTICATED) || code === CLOSE_BAD_FRAME || code === CLOSE_RATE_LIMITED)
      return this.#refused(refusal(code, leave));
    if (leave?.action === "reconnect") this.#session = null;
    if (leave?.reason === "shutdown") this.#isServerNew = true;
    this.#failed(refusal(code, leave), leave?.after_ms);
  }

  /** An attempt failed, or a socket that was open is gone. */
  #failed(error: CallboxError, afterMs?: number): void {
    // The first connection of all: its caller gets the reason, unless the server says when to try again.
    if (this.#state === "offline" && this.#lostAt === 0 && afterMs === undefined && this.#env.now() >= this.#patientUntil) {
      this.#opening?.reject(error);
      return this.#end();
    }
    this.#stopAttempts();
    this.#setLost();
    const lostMs = this.#lostAt === 0 ? 0 : this.#env.now() - this.#lostAt;
    if (lostMs >= RESUME_MS) {
      this.#setState("offline");
      this.#opening?.reject(error);
      this.#opening = null;
    }
    const soon = this.#handlers.grant() === null ? SOON_WAIT_MS_MAX : CALL_WAIT_MS_MAX;
    const cap = lostMs >= RESUME_MS ? SLOW_WAIT_MS_MAX : lostMs < SOON_MS ? soon : WAIT_MS_MAX;
    const longest = Math.min(cap, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 16));
    this.#stopWaiting = this.#env.after(afterMs ?? this.#env.random() * longest, () => void this.#tryNow());
  }

  #refused(error: CallboxError): void {
    this.#opening?.reject(error);
    this.#end();
    this.#handlers.onRefused(error);
  }

  /** `isBack`: the network was gone, so whatever socket we have is of no use any more. */
  #networkChanged(isBack: boolean): void {
    if (this.#stopWaiting) return void this.#tryNow();
    if (this.#next !== null) {
      // It may have set out on a network that is gone.
      if (this.#next.hasSaidHello) this.#stopProof ??= this.#env.after(GREETING_MS, () => void this.#tryNow());
      else if (this.#env.now() - this.#attemptAt >= BURST_MS) void this.#tryNow();
      return;
    }
    this.#ask(isBack ? 0 : PROOF_MS);
  }

  /** No attempt is under way or waited for any more. */
  #stopAttempts({ keepsNext = false } = {}): void {
    this.#stopWaiting?.();
    this.#stopProof?.();
    this.#stopLosing();
    this.#stopWaiting = this.#stopProof = null;
    this.#attempt++;
    if (keepsNext) return;
    if (this.#next?.hasSaidHello) this.#ghostUntil = this.#env.now() + RESUME_MS;
    this.#next?.close(CLOSE_SUPERSEDED, "replaced");
    this.#next = null;
  }

  #setLost(): void {
    this.#setSure(false);
    if (this.#state !== "online") return;
    this.#lostAt = this.#env.now();
    this.#setState("reconnecting");
  }

  #end(): void {
    // It may have the session already.
    this.#next?.close(1000, "bye");
    this.#stopAttempts();
    this.#stopListening?.();
    this.#stopBeat?.();
    this.#stopListening = this.#stopBeat = null;
    this.#socket?.close(1000, "bye");
    this.#socket = null;
    this.#session = null;
    this.#hasBegun = this.#observes = false;
    this.#opening = null;
    this.#lostAt = this.#failures = this.#ghostUntil = 0;
    this.#stream.reset();
    this.#setSure(false);
    this.#setState("offline");
  }

  #setSure(isSure: boolean, hasMoved = false): void {
    if (this.#isSure === isSure) return;
    this.#isSure = isSure;
    if (isSure) this.#sureAt = this.#env.now();
    this.#handlers.onSure(isSure, hasMoved);
  }

  #setState(state: SignalingState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#handlers.onState(state);
  }
}

function refusal(code: number, leave: LeaveFrame | null): CallboxError {
  if (leave?.reason === "superseded" || leave?.reason === "duplicate") {
    return new CallboxError("superseded", "This login is in use in another tab or device.");
  }
  if (leave?.reason === "banned") return new CallboxError("banned", "This login is banned.", { ban: leave.ban });
  switch (code) {
    case CLOSE_UNAUTHENTICATED:
      return new CallboxError("unauthenticated", "The server does not know this login any more.");
    case 1013:
      return new CallboxError("unavailable", "The server is full; please try again in a moment.");
    case CLOSE_BAD_FRAME:
    case CLOSE_RATE_LIMITED:
      return new CallboxError("unavailable", "The server got too much, or could not read it.");
    default:
      return new CallboxError("network", "The server could not be reached.");
  }
}
