/**
 * One session over many sockets: it comes back when a socket is lost, and goes on where it was.
 *
 * Attempts follow each other with full jitter, so that a crowd does not come back as one; a network that comes back
 * is tried at once. What is sent meanwhile is kept, within the stream's bounds. It knows nothing of calls.
 */
import { CLOSE_BAD_FRAME, CLOSE_GAP, CLOSE_RATE_LIMITED, CLOSE_SUPERSEDED, CLOSE_UNAUTHENTICATED, RESUME_MS } from "../generated/protocol.js";
import type { ClientFrame, Numbers, Resume, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Signaling } from "./signaling.js";
import type { HelloFrame, LeaveFrame } from "./signaling.js";
import { Stream } from "./stream.js";

/** `offline`: never connected, told to stay away, or no server for a minute; in the last case it goes on trying. */
export type SignalingState = "online" | "reconnecting" | "offline";

export interface LinkHandlers {
  onState(state: SignalingState): void;
  onFrame(frame: ServerFrame): void;
  onHello(frame: HelloFrame): void;
  /** A session that was there could not be recovered: what the new one is doing, and what may never have arrived. */
  onReset(snapshot: Snapshot, lost: ClientFrame[]): void;
  /** The server wants us to stay away. */
  onRefused(error: CallboxError): void;
  /** Who we are: the token, or `null` where a cookie speaks for us. */
  signIn(): Promise<string | null>;
  /** The server does not know our login any more. */
  onUnknown(): void;
  /** The grant of the call that we are in. */
  grant(): string | null;
}

/** The longest waits between attempts double from here to the cap; each is cut short by chance. */
const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 5_000;
/** Once the session is over there is no hurry. */
const SLOW_WAIT_MS_MAX = 30_000;

type LinkEnvironment = Pick<Environment<never>, "openSocket" | "after" | "now" | "random" | "onOnline">;

export class Link {
  readonly #env: LinkEnvironment;
  readonly #origin: string;
  readonly #handlers: LinkHandlers;
  readonly #stream = new Stream();
  #state: SignalingState = "offline";
  #socket: Signaling | null = null;
  /** What to resume; `null` where the next session is to be a new one. */
  #session: Omit<Resume, "ack"> | null = null;
  #hasBegun = false;
  #leave: LeaveFrame | null = null;
  /** Those who wait for the first hello. */
  #opening: { promise: Promise<void>; resolve: () => void; reject: (error: CallboxError) => void } | null = null;
  /** Counts up with each attempt, so that one that was overtaken knows. */
  #attempt = 0;
  #failures = 0;
  #lostAt = 0;
  #stopWaiting: (() => void) | null = null;
  #stopListening: (() => void) | null = null;

  constructor(env: LinkEnvironment, origin: string, handlers: LinkHandlers) {
    this.#env = env;
    this.#origin = origin;
    this.#handlers = handlers;
  }

  get state(): SignalingState {
    return this.#state;
  }

  /** Resolves when the session is online; rejects where it cannot be opened at all. */
  connect(): Promise<void> {
    if (this.#state === "online") return Promise.resolve();
    if (this.#opening) return this.#opening.promise;
    let resolve: () => void = () => undefined;
    let reject: (error: CallboxError) => void = () => undefined;
    const promise = new Promise<void>((...both) => ([resolve, reject] = both));
    // Whoever does not wait for it must not be told of an unhandled rejection.
    promise.catch(() => undefined);
    this.#opening = { promise, resolve, reject };
    this.#stopListening ??= this.#env.onOnline((isBack) => this.#networkChanged(isBack));
    if (this.#socket === null) void this.#tryNow();
    return promise;
  }

  /** Sends a frame now, or when there is a socket again; without a session it goes nowhere. */
  send(frame: ClientFrame): void {
    if (!this.#hasBegun) return;
    const text = this.#stream.send(frame);
    if (this.#state === "online") this.#socket?.send(text);
  }

  /** Comes back by a new socket: the one that is open may be dead without our knowing. */
  renew(): void {
    this.#networkChanged(true);
  }

  /** Ends the session. */
  close(): void {
    this.#opening?.reject(new CallboxError("wrong_state", "The client was closed."));
    this.#end();
  }

  async #tryNow(): Promise<void> {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    const attempt = ++this.#attempt;
    this.#leave = null;
    this.#drop("replaced");
    let token: string | null;
    try {
      token = await this.#handlers.signIn();
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error as CallboxError);
      return;
    }
    if (attempt !== this.#attempt) return;
    const grant = this.#handlers.grant();
    const canResume = this.#session !== null && this.#stream.isWhole;
    const hello = {
      ...(token === null ? {} : { token }),
      ...(canResume && this.#session ? { resume: { ...this.#session, ack: this.#stream.received } } : {}),
      ...(grant === null ? {} : { grant }),
    };
    this.#socket = new Signaling(this.#env, this.#origin, hello, {
      onHello: (frame) => this.#welcomed(frame),
      onFrame: (frame, size) => this.#hear(frame, size),
      onClosed: (code) => this.#closed(code),
    });
  }

  #welcomed(frame: HelloFrame): void {
    const hadSession = this.#hasBegun;
    this.#hasBegun = true;
    this.#session = { session: frame.session, epoch: frame.epoch };
    this.#failures = 0;
    this.#lostAt = 0;
    // Frames that were sent before the first hello wait in the stream; a new session has them all to come.
    const waiting = hadSession && !frame.recovered ? null : this.#stream.resume(frame.ack);
    const lost = waiting === null ? this.#stream.reset() : [];
    for (const text of waiting ?? []) this.#socket?.send(text);
    this.#handlers.onHello(frame);
    this.#setState("online");
    if (waiting === null) this.#handlers.onReset(frame.snapshot, lost);
    this.#opening?.resolve();
    this.#opening = null;
  }

  #hear(frame: ServerFrame & Numbers, size: number): void {
    const heard = this.#stream.hear(frame, size);
    if (heard === "gap") {
      this.#socket?.close(CLOSE_GAP, "a frame is missing");
      return this.#closed(CLOSE_GAP);
    }
    if (heard === "seen") return;
    if (frame.type === "ping") this.#socket?.send(this.#stream.uncounted({ type: "pong" }));
    else if (frame.type === "leave") this.#leave = frame;
    else if (frame.type !== "ack" && frame.type !== "skipped") this.#handlers.onFrame(frame);
    if (this.#stream.isAckDue) this.#socket?.send(this.#stream.uncounted({ type: "ack" }));
  }

  #closed(code: number): void {
    this.#socket = null;
    const leave = this.#leave;
    if (code === CLOSE_UNAUTHENTICATED) {
      this.#handlers.onUnknown();
      this.#session = null;
    }
    if (leave?.action === "disconnect" || code === CLOSE_BAD_FRAME || code === CLOSE_RATE_LIMITED) return this.#refused(refusal(code, leave));
    if (leave?.action === "reconnect") this.#session = null;
    this.#failed(refusal(code, leave), leave?.after_ms);
  }

  /** An attempt failed, or a socket that was open is gone. */
  #failed(error: CallboxError, afterMs?: number): void {
    // The first connection of all: whoever asked for it hears why, unless the server says when to try again.
    if (this.#state === "offline" && this.#lostAt === 0 && afterMs === undefined) {
      this.#opening?.reject(error);
      return this.#end();
    }
    if (this.#state === "online") this.#lostAt = this.#env.now();
    const isLate = this.#lostAt !== 0 && this.#env.now() - this.#lostAt >= RESUME_MS;
    if (this.#lostAt !== 0) this.#setState(isLate ? "offline" : "reconnecting");
    if (isLate) {
      this.#opening?.reject(error);
      this.#opening = null;
    }
    const cap = isLate ? SLOW_WAIT_MS_MAX : WAIT_MS_MAX;
    const longest = Math.min(cap, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 16));
    this.#stopWaiting?.();
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
    if (!isBack || this.#state !== "online") return;
    this.#drop("the network changed");
    this.#failed(refusal(1006, null), 0);
  }

  /** Lets a socket go without ending its session: any code but 1000 leaves that to us. */
  #drop(reason: string): void {
    this.#socket?.close(CLOSE_SUPERSEDED, reason);
    this.#socket = null;
  }

  #end(): void {
    this.#attempt++;
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#stopListening?.();
    this.#stopListening = null;
    this.#socket?.close(1000, "bye");
    this.#socket = null;
    this.#session = null;
    this.#hasBegun = false;
    this.#opening = null;
    this.#lostAt = this.#failures = 0;
    this.#stream.reset();
    this.#setState("offline");
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
  if (leave?.reason === "banned") return new CallboxError("banned", "This login is banned.");
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
