/**
 * One socket to the server: the hello, texts both ways, signs of life, the end.
 *
 * It knows which frames are signs of life, and nothing of what the others mean. One object is one socket: a caller that
 * wants another makes another.
 */
import { CLOSE_TIMEOUT, SUBPROTOCOL } from "../generated/protocol.js";
import type { ClientHello, Numbers, ServerFrame } from "../generated/protocol.js";
import type { Environment, Socket } from "./environment.js";

export type HelloFrame = Extract<ServerFrame, { type: "hello" }>;
export type LeaveFrame = Extract<ServerFrame, { type: "leave" }>;

export interface SignalingHandlers {
  onHello(frame: HelloFrame): void;
  /** Any other frame, and its size. */
  onFrame(frame: ServerFrame & Numbers, size: number): void;
  /** The socket is gone, once; not called when `close` was. */
  onClosed(code: number): void;
}

/** How long the socket may take to open and the server to answer the hello. */
const HELLO_MS = 10_000;
/** On top of a heartbeat, as the protocol says. */
const PATIENCE_MS = 10_000;

export class Signaling {
  readonly #env: Pick<Environment<never>, "openSocket" | "after">;
  readonly #handlers: SignalingHandlers;
  #socket: Socket | null = null;
  #stopWaiting: () => void = () => undefined;
  #patienceMs = HELLO_MS;
  /** Whether the server may have the hello, and with it the session on this socket. */
  hasSaidHello = false;

  /** Opens the socket and says what `hello` gives then. */
  constructor(env: Pick<Environment<never>, "openSocket" | "after">, origin: string, hello: () => ClientHello, handlers: SignalingHandlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#socket = env.openSocket(`${origin.replace(/^http/, "ws")}/v1/socket`, SUBPROTOCOL, {
      onOpen: () => {
        if (this.#socket === null) return;
        this.hasSaidHello = true;
        this.send(JSON.stringify({ type: "hello", ...hello() }));
      },
      onMessage: (text) => {
        if (this.#socket === null) return;
        const frame = JSON.parse(text) as ServerFrame & Numbers;
        if (frame.type === "hello") this.#patienceMs = frame.heartbeat_ms + PATIENCE_MS;
        this.#waitForLife();
        if (frame.type === "hello") handlers.onHello(frame);
        else handlers.onFrame(frame, text.length);
      },
      onClose: (code) => this.#closed(code),
    });
    this.#waitForLife();
  }

  /** Sends a text; after the end it goes nowhere. */
  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Ends the socket for good; nothing is reported. */
  close(code: number, reason: string): void {
    this.#stopWaiting();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code, reason);
  }

  #waitForLife(): void {
    this.#stopWaiting();
    this.#stopWaiting = this.#env.after(this.#patienceMs, () => {
      const socket = this.#socket;
      // Closing asks the browser to shake hands with nobody, which takes it a while: we do not wait for that.
      this.#closed(CLOSE_TIMEOUT);
      socket?.close(CLOSE_TIMEOUT, "no sign of life");
    });
  }

  #closed(code: number): void {
    this.#stopWaiting();
    if (this.#socket === null) return;
    this.#socket = null;
    this.#handlers.onClosed(code);
  }
}
