/**
 * The tabs of one origin, and the sockets between them and the one that runs the exchange: the host.
 *
 * The holder of the lock `callbox.mock` is the host. When it goes, the next holder starts an empty exchange; sockets to
 * the old one break, and the SDK reconnects by itself. Each tab holds a lock of its own name, so the host learns of a tab's
 * end however it came. Without locks a tab is the host of itself alone. It knows sockets and texts, and no frame.
 */
import type { Environment, Socket, SocketHandlers } from "../core/environment.js";
import type { User } from "../generated/protocol.js";
import { Exchange } from "./exchange.js";
import type { Guest } from "./session.js";

type Opener = Omit<Guest, "tab">;

/** To the host, which acts on those of its own time alone. */
type Request = { readonly epoch: string } & (
  | { readonly type: "open"; readonly socket: string; readonly guest: Guest }
  | { readonly type: "text"; readonly socket: string; readonly text: string }
  | { readonly type: "close"; readonly socket: string; readonly code: number }
  | { readonly type: "user"; readonly user: User }
  | { readonly type: "block"; readonly user: string; readonly call: string }
);

type Message =
  | Request
  /** A tab asks who the host is. */
  | { readonly type: "who" }
  | { readonly type: "host"; readonly epoch: string }
  /** From the host to a socket. */
  | { readonly type: "say"; readonly socket: string; readonly text: string }
  | { readonly type: "end"; readonly socket: string; readonly code: number };

type WithoutEpoch<T> = T extends unknown ? Omit<T, "epoch"> : never;

/** A socket of this tab. */
interface Open {
  readonly guest: Opener;
  readonly handlers: SocketHandlers;
  /** Whether the host has said something: if not, another host may begin with it. */
  hasAnswered: boolean;
}

/** As a browser names a connection that broke. */
const BROKEN = 1006;
const NAME = "callbox.mock";

/** A name that was never there before. */
export function newName(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Tabs {
  readonly #env: Pick<Environment<never>, "now" | "after">;
  readonly #tab = newName();
  readonly #channel = new BroadcastChannel(NAME);
  readonly #sockets = new Map<string, Open>();
  /** Tabs whose end the host waits for. */
  readonly #watched = new Set([this.#tab]);
  #exchange: Exchange | null = null;
  /** The time of the host that is known; `null` before there is one. */
  #epoch: string | null = null;

  constructor(env: Pick<Environment<never>, "now" | "after">) {
    this.#env = env;
    void this.#begin();
  }

  openSocket(guest: Opener, handlers: SocketHandlers): Socket {
    const socket = newName();
    this.#sockets.set(socket, { guest, handlers, hasAnswered: false });
    if (this.#epoch !== null) this.#connect(socket, this.#epoch);
    return {
      send: (text) => this.#ask({ type: "text", socket, text }),
      close: (code) => {
        if (this.#sockets.delete(socket)) this.#ask({ type: "close", socket, code });
      },
    };
  }

  setUser(user: User): void {
    this.#ask({ type: "user", user });
  }

  block(user: string, call: string): void {
    this.#ask({ type: "block", user, call });
  }

  async #begin(): Promise<void> {
    // Held before anything is said, so that the host's request for it waits until this tab is gone.
    await hold(`${NAME}.${this.#tab}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
    this.#channel.postMessage({ type: "who" } satisfies Message);
    await hold(NAME);
    this.#becomeHost();
  }

  #becomeHost(): void {
    this.#exchange = new Exchange(this.#env, newName, {
      say: (socket, text) => this.#tell({ type: "say", socket, text }),
      end: (socket, code) => this.#tell({ type: "end", socket, code }),
    });
    const epoch = newName();
    this.#channel.postMessage({ type: "host", epoch } satisfies Message);
    this.#follow(epoch);
  }

  #hear(message: Message): void {
    switch (message.type) {
      case "who":
        if (this.#exchange && this.#epoch !== null) this.#channel.postMessage({ type: "host", epoch: this.#epoch } satisfies Message);
        return;
      case "host":
        return this.#follow(message.epoch);
      case "say":
      case "end":
        return this.#take(message);
      default:
        if (this.#exchange && message.epoch === this.#epoch) this.#serve(this.#exchange, message);
    }
  }

  /** There is a host, or another: sockets to the one before are broken. */
  #follow(epoch: string): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    for (const [socket, { handlers, hasAnswered }] of Array.from(this.#sockets)) {
      if (!hasAnswered) this.#connect(socket, epoch);
      else if (this.#sockets.delete(socket)) handlers.onClose(BROKEN);
    }
  }

  #connect(socket: string, epoch: string): void {
    const open = this.#sockets.get(socket);
    if (!open) return;
    this.#ask({ type: "open", socket, guest: { ...open.guest, tab: this.#tab } });
    // No socket is open at once.
    queueMicrotask(() => {
      if (this.#epoch === epoch && this.#sockets.has(socket)) open.handlers.onOpen();
    });
  }

  #take(message: Extract<Message, { type: "say" | "end" }>): void {
    const open = this.#sockets.get(message.socket);
    if (!open) return;
    open.hasAnswered = true;
    if (message.type === "say") return open.handlers.onMessage(message.text);
    this.#sockets.delete(message.socket);
    open.handlers.onClose(message.code);
  }

  /** A word to the host, which may be here. */
  #ask(request: WithoutEpoch<Request>): void {
    if (this.#epoch === null) return;
    const message = { ...request, epoch: this.#epoch } as Request;
    const exchange = this.#exchange;
    if (exchange) queueMicrotask(() => this.#serve(exchange, message));
    else this.#channel.postMessage(message);
  }

  /** A word of the host to a socket, which may be here. */
  #tell(message: Extract<Message, { type: "say" | "end" }>): void {
    if (this.#sockets.has(message.socket)) queueMicrotask(() => this.#take(message));
    else this.#channel.postMessage(message);
  }

  #serve(exchange: Exchange, request: Request): void {
    switch (request.type) {
      case "open":
        this.#watch(request.guest.tab);
        return exchange.open(request.socket, request.guest);
      case "text":
        return exchange.handleText(request.socket, request.text);
      case "close":
        return exchange.handleClosed(request.socket, request.code);
      case "user":
        return exchange.handleUser(request.user);
      case "block":
        return exchange.handleBlock(request.user, request.call);
    }
  }

  #watch(tab: string): void {
    if (this.#watched.has(tab)) return;
    this.#watched.add(tab);
    void navigator.locks.request(`${NAME}.${tab}`, () => {
      this.#watched.delete(tab);
      this.#exchange?.handleGone(tab);
    });
  }
}

/** Resolves once this tab has a lock, which it keeps; at once if there are no locks. */
function hold(name: string): Promise<void> {
  return new Promise((resolve) => {
    if (!("locks" in navigator)) return resolve();
    const held = navigator.locks.request(name, () => {
      resolve();
      return new Promise<void>(() => undefined);
    });
    held.catch(() => resolve());
  });
}
