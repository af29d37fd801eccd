/**
 * The server's process: sockets with their signs of life, requests, crashes and starts; and the relay beside it.
 *
 * A crash takes the exchange and all sockets; who signed in, and which calls have ended, is on the disk, the latter half a
 * second late. The relay is the server's own, which dies with it, or another process. Bounds are those of the protocol:
 * 25 s of silence, 5 s while somebody waits.
 */
import type { ClientFrame, ClientHello, EndCause, IceServer, User } from "../../../src/generated/protocol.js";
import { CLOSE_TIMEOUT, CLOSE_UNAUTHENTICATED } from "../../../src/generated/protocol.js";
import type { Clock } from "../clock.js";
import { Exchange } from "./exchange.js";
import type { Terms } from "./session.js";
import type { Random } from "../random.js";
import type { Host, ServerEnd, ServerSocket } from "../socket.js";

const SILENCE_MS = 25_000;
const WAITING_SILENCE_MS = 5_000;
const HEARTBEAT_MS = 15_000;
const WAITING_HEARTBEAT_MS = 2_000;
const HELLO_MS = 5_000;
/** After a graceful stop people come back spread over this, those in a call sooner. */
const RETURN_MS = 3_500;
const CALL_RETURN_MS = 1_000;
/** Records that nobody awaits are written together. */
const WRITE_MS = 500;
/** A client may send so many frames in a row, and one more each 33 ms. */
const FRAME_BURST = 120;
const FRAME_REFILL_MS = 33;

/** A relay: what it knows ends with its process. */
export class Relay {
  isUp = true;
  process = 1;
  constructor(readonly onChange: () => void) {}

  crash(): void {
    this.isUp = false;
    this.process++;
    this.onChange();
  }

  start(): void {
    this.isUp = true;
    this.onChange();
  }
}

export class Server implements Host {
  exchange: Exchange | null = null;
  readonly relay: Relay;
  readonly #users = new Map<string, User>();
  readonly #over = new Map<string, EndCause>();
  #unwritten: [string, EndCause][] = [];
  #processes = 0;
  #process = {};
  #links = new Set<Accepted>();
  /** The state that a process left to the next when it stopped gracefully. */
  #handover: Exchange | null = null;
  #goneHandlers: (() => void)[] = [];
  /** Gets each frame, both ways, by login. */
  onFrame: (login: string, frame: ClientFrame) => void = () => undefined;
  onEnd: (call: string, cause: EndCause) => void = () => undefined;

  constructor(
    readonly clock: Clock,
    readonly terms: Terms,
    readonly hasOwnRelay: boolean,
    readonly onChange: () => void,
  ) {
    this.relay = new Relay(onChange);
    this.start();
  }

  get process(): object | null {
    return this.exchange === null ? null : this.#process;
  }

  onGone(run: () => void): void {
    this.#goneHandlers.push(run);
  }

  start(): void {
    if (this.exchange) return;
    if (this.hasOwnRelay) this.relay.start();
    this.#process = {};
    if (this.#handover) {
      this.exchange = this.#handover;
      this.#handover = null;
      return this.exchange.goOn();
    }
    const iceServers = (session: string): IceServer[] => [{ urls: ["turn:relay.example:3478"], username: session, credential: String(this.clock.now + this.terms.credentialMs) }];
    this.exchange = new Exchange(
      `e${++this.#processes}`,
      this.clock,
      this.terms,
      {
        isOver: (call) => this.#over.has(call),
        end: (call, cause) => {
          this.onEnd(call, cause);
          this.#unwritten.push([call, cause]);
          this.clock.after(WRITE_MS, () => {
            for (const [id, why] of this.#unwritten.splice(0)) this.#over.set(id, why);
          });
        },
      },
      iceServers,
      this.onChange,
    );
  }

  crash(): void {
    if (!this.exchange) return;
    this.exchange.isOver = true;
    this.exchange = null;
    this.#unwritten = [];
    this.#gone();
  }

  /** Stops gracefully: everybody is told when to reconnect, and the next process knows everything. */
  shutDown(random: Random): void {
    const { exchange } = this;
    if (!exchange) return;
    for (const link of this.#links) {
      const isInCall = link.session !== null && exchange.isInCall(link.session);
      link.leave(random.ms(500, isInCall ? CALL_RETURN_MS : RETURN_MS));
    }
    exchange.suspend();
    this.#handover = exchange;
    this.exchange = null;
    this.#gone();
  }

  #gone(): void {
    this.#links.clear();
    if (this.hasOwnRelay) this.relay.crash();
    for (const run of this.#goneHandlers.splice(0)) run();
    this.onChange();
  }

  /** Whether the relay lets this session's media pass. */
  relays(session: string): boolean {
    return !this.hasOwnRelay || this.exchange?.isInCall(session) === true;
  }

  /** Whether the relay gives this session an address: its credential says until when it is good. */
  allocates(session: string, credential: string): boolean {
    return this.clock.now < Number(credential) && (!this.hasOwnRelay || this.exchange?.isOpen(session) === true);
  }

  handleRequest(method: string, path: string, token: string | null, body: unknown): [number, unknown] {
    if (method === "POST" && path === "/v1/guests") {
      const made = `user-${this.#users.size + 1}`;
      const user: User = { id: made, age: (body as { age?: User["age"] }).age ?? null };
      this.#users.set(made, user);
      return [201, { user, token: made }];
    }
    const user = this.#users.get(token ?? "");
    if (!user) return [401, { code: "unauthenticated", detail: "nobody", status: 401, request_id: "r" }];
    if (method === "GET" && path === "/v1/me") return [200, user];
    throw new Error(`the model answers no ${method} ${path}`);
  }

  accept(socket: ServerSocket): ServerEnd {
    const { exchange, clock } = this;
    if (!exchange) throw new Error("nobody is there to accept a socket");
    const link = new Accepted(clock, exchange, socket, (token) => this.#users.get(token), this.onFrame);
    this.#links.add(link);
    this.onGone(() => link.stop());
    return link;
  }
}

/** One socket's task. */
class Accepted implements ServerEnd {
  #session: string | null = null;
  #login = "";
  #heardAt: number;
  #toldAt: number;
  #pingedAt = 0;
  #isOver = false;
  #tokens = FRAME_BURST;
  #tokensAt: number;
  #stopTimer: () => void = () => undefined;

  constructor(
    readonly clock: Clock,
    readonly exchange: Exchange,
    readonly socket: ServerSocket,
    readonly userOf: (token: string) => User | undefined,
    readonly onFrame: (login: string, frame: ClientFrame) => void,
  ) {
    this.#heardAt = this.#toldAt = this.#tokensAt = clock.now;
    this.#stopTimer = clock.after(HELLO_MS, () => this.#drop(CLOSE_TIMEOUT));
  }

  send(text: string): void {
    this.#toldAt = this.clock.now;
    this.socket.send(text);
  }

  close(code: number): void {
    this.stop();
    this.socket.close(code);
  }

  get session(): string | null {
    return this.#session;
  }

  /** The process stops gracefully. */
  leave(afterMs: number): void {
    if (this.#isOver) return;
    this.send(JSON.stringify({ type: "leave", reason: "shutdown", action: "resume", after_ms: afterMs }));
    this.close(1001);
  }

  stop(): void {
    this.#isOver = true;
    this.#stopTimer();
  }

  onText(text: string): void {
    if (this.#isOver) return;
    this.#heardAt = this.clock.now;
    const frame = JSON.parse(text) as ClientFrame;
    if (this.#session === null) return this.#greet(frame as ClientHello & { type: string });
    this.#take();
    this.onFrame(this.#login, frame);
    this.exchange.handleFrame(this.#session, this, text);
  }

  onClose(code: number): void {
    if (this.#isOver) return;
    this.stop();
    if (this.#session !== null) this.exchange.handleClosed(this.#session, this, code);
  }

  #greet(hello: ClientHello & { type: string }): void {
    const { token } = hello;
    const user = token === undefined ? undefined : this.userOf(token);
    if (hello.type !== "hello") throw new Error("a client's first frame was no hello");
    if (!user || token === undefined) return this.close(CLOSE_UNAUTHENTICATED);
    this.#login = token;
    this.#stopTimer();
    this.#session = this.exchange.handleHello(hello, user, token, this);
    this.#pulse();
    this.#refresh();
  }

  /** Tells of fresh credentials in good time. */
  #refresh(): void {
    const { credentialMs } = this.exchange.terms;
    if (!Number.isFinite(credentialMs)) return;
    this.clock.after(credentialMs / 2, () => {
      if (this.#isOver || this.#session === null) return;
      this.send(JSON.stringify({ type: "ice_servers", ice_servers: this.exchange.iceServers(this.#session) }));
      this.#refresh();
    });
  }

  #take(): void {
    const { now } = this.clock;
    this.#tokens = Math.min(FRAME_BURST, this.#tokens + (now - this.#tokensAt) / FRAME_REFILL_MS);
    this.#tokensAt = now;
    if (--this.#tokens < 0) throw new Error("a client sent more frames than it may");
  }

  #pulse(): void {
    if (this.#isOver) return;
    const { now } = this.clock;
    const isWaiting = this.exchange.isWaiting(this.#login);
    const deadAt = this.#heardAt + (isWaiting ? WAITING_SILENCE_MS : SILENCE_MS);
    if (now >= deadAt) return this.#drop(CLOSE_TIMEOUT);
    const silentSince = Math.max(Math.min(this.#heardAt, this.#toldAt), this.#pingedAt);
    const pingAt = silentSince + (isWaiting ? WAITING_HEARTBEAT_MS : HEARTBEAT_MS);
    if (now >= pingAt && this.#session !== null) {
      this.exchange.ping(this.#session);
      this.#pingedAt = now;
    }
    // Somebody may begin to wait meanwhile.
    this.#stopTimer = this.clock.after(Math.min(Math.max(pingAt - now, 100), deadAt - now, WAITING_HEARTBEAT_MS), () => this.#pulse());
  }

  /** Nobody meant it: the session continues. */
  #drop(code: number): void {
    this.close(code);
    if (this.#session !== null) this.exchange.handleSocketLost(this.#session, this, false);
  }
}
