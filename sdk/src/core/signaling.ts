/**
 * One connection to the server: the hello, frames both ways, signs of life, the end.
 *
 * It knows frames but not what they mean. One object is one connection: whoever wants another makes another.
 */
import { CLOSE_TIMEOUT, SUBPROTOCOL } from "../generated/protocol.js";
import type { ClientFrame, ServerFrame } from "../generated/protocol.js";
import type { Environment, Socket } from "./environment.js";
import { CallboxError } from "./errors.js";

export type HelloFrame = Extract<ServerFrame, { type: "hello" }>;

export interface SignalingHandlers {
  onFrame(frame: ServerFrame): void;
  /** The connection is gone, once; not called when `close` was. */
  onLost(code: number): void;
}

/** How long the socket may take to open and the server to answer the hello. */
const HELLO_MS = 10_000;
/** On top of two heartbeats, as the protocol says. */
const PATIENCE_MS = 5_000;

export class Signaling {
  readonly #env: Pick<Environment<never>, "openSocket" | "after">;
  readonly #handlers: SignalingHandlers;
  #socket: Socket | null = null;
  #stopWaiting: () => void = () => undefined;
  #patienceMs = HELLO_MS;

  constructor(env: Pick<Environment<never>, "openSocket" | "after">, handlers: SignalingHandlers) {
    this.#env = env;
    this.#handlers = handlers;
  }

  /** Connects and says hello; resolves with the server's. */
  connect(origin: string, token: string | null): Promise<HelloFrame> {
    return new Promise((resolve, reject) => {
      let hello: HelloFrame | null = null;
      this.#socket = this.#env.openSocket(`${origin.replace(/^http/, "ws")}/v1/socket`, SUBPROTOCOL, {
        onOpen: () => this.send({ type: "hello", ...(token === null ? {} : { token }) }),
        onMessage: (text) => {
          this.#waitForLife();
          const frame = JSON.parse(text) as ServerFrame;
          if (frame.type === "ping") {
            this.send({ type: "pong" });
          } else if (frame.type === "hello") {
            hello = frame;
            this.#patienceMs = 2 * frame.heartbeat_ms + PATIENCE_MS;
            this.#waitForLife();
            resolve(frame);
          } else {
            this.#handlers.onFrame(frame);
          }
        },
        onClose: (code) => {
          this.#stopWaiting();
          if (this.#socket === null) return;
          this.#socket = null;
          if (hello) this.#handlers.onLost(code);
          else reject(refusal(code));
        },
      });
      this.#waitForLife();
    });
  }

  /** Sends a frame; after the end it goes nowhere. */
  send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** Ends the connection for good; nothing is told. */
  close(): void {
    this.#stopWaiting();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000, "bye");
  }

  #waitForLife(): void {
    this.#stopWaiting();
    // Closing asks the browser to shake hands with nobody, which takes it a while: the end is told by `onClose`.
    this.#stopWaiting = this.#env.after(this.#patienceMs, () => this.#socket?.close(CLOSE_TIMEOUT, "no sign of life"));
  }
}

function refusal(code: number): CallboxError {
  switch (code) {
    case 4401:
      return new CallboxError("unauthenticated", "The server does not know this login any more.");
    case 1013:
      return new CallboxError("unavailable", "The server is full. Please try again in a moment.");
    default:
      return new CallboxError("network", "The connection to the server could not be made.");
  }
}
