/**
 * A page's WebSockets and requests: three round trips until something is open (TCP, TLS, HTTP), then texts both ways.
 *
 * A socket belongs to the network that it was opened by. Its end is reported as browsers report it: at once if the server
 * refuses or closes, late or never if the network is dead. Bound: 24 attempts of one handshake's step.
 */
import type { Answer, Request, Socket, SocketHandlers } from "../../src/core/environment.js";
import type { Clock } from "./clock.js";
import { Gate } from "./machine.js";
import type { Machine } from "./machine.js";
import { Wire, nextTry } from "./wire.js";

/** The server's end of a socket. */
export interface ServerSocket {
  send(text: string): void;
  close(code: number): void;
}

/** The server's handlers of incoming texts. */
export interface ServerEnd {
  onText(text: string): void;
  /** The client has closed with this code. */
  onClose(code: number): void;
}

/** The process that a socket leads to. */
export interface Host {
  /** Changes with each process; `null` while there is none. */
  readonly process: object | null;
  accept(socket: ServerSocket): ServerEnd;
  handleRequest(method: string, path: string, token: string | null, body: unknown): [status: number, content: unknown];
  /** Runs it when the process that is there now is gone. */
  onGone(run: () => void): void;
}

const SYN_MS = 1_000;
const STEPS = 3;
/** How long a browser waits for the other side's answer to its close. */
const CLOSING_MS = 8_000;
const TRIES_MAX = 24;

type Dialled = "open" | "refused" | "changed";

/** Goes through a connection's handshakes. */
function dial(machine: Machine, host: Host, onEnd: (dialled: Dialled) => void): () => void {
  const { clock, random, network } = machine;
  let isOver = false;
  const end = (dialled: Dialled) => {
    if (isOver) return;
    isOver = true;
    machine.deliver(() => onEnd(dialled));
  };
  // Browsers give up what they are opening when the computer's addresses change.
  network.onGone(() => clock.after(random.ms(0, 50), () => end("changed")));
  // Without any network a browser refuses at once.
  if (!network.isAttached) clock.after(random.ms(1, 10), () => end("changed"));
  let process: object | null = null;
  const step = (number: number, since: number, tries: number) => {
    if (isOver) return;
    if (network.isGone || tries > TRIES_MAX) return end("changed");
    // A system that slept takes its timers up where they were.
    if (machine.isAsleep) return machine.deliver(() => step(number, clock.now, 0));
    if (!network.gate.isOpen) {
      return void clock.at(Math.max(clock.now + 1, nextTry(since, clock.now + 1, number === 0 ? SYN_MS : 200 + 2 * machine.latencyMs)), () => step(number, since, tries + 1));
    }
    clock.after(2 * machine.latencyMs + random.ms(0, 3), () => {
      if (number === 0) process = host.process;
      if (isOver) return;
      if (!network.gate.isOpen) return step(number, since, tries + 1);
      if (process === null || process !== host.process) return end("refused");
      if (number + 1 < STEPS) step(number + 1, clock.now, 0);
      else end("open");
    });
  };
  step(0, clock.now, 0);
  return () => void (isOver = true);
}

/** Something that a socket's wire carries towards the page. */
type Down = { text: string } | { closed: number };
type Up = { text: string } | { close: number };

export class PageSocket implements Socket {
  /** Closed while this socket alone is stalled. */
  readonly stall = new Gate();
  readonly #clock: Clock;
  #state: "opening" | "open" | "closing" | "closed" = "opening";
  #isForgotten = false;
  #up: Wire<Up> | null = null;
  #down: Wire<Down> | null = null;
  readonly #stopDialling: () => void;
  #onReset: () => void = () => undefined;

  constructor(
    readonly machine: Machine,
    host: Host,
    readonly handlers: SocketHandlers,
    readonly onSent: (text: string) => void,
    readonly onHeard: (text: string) => void,
  ) {
    this.#clock = machine.clock;
    this.#stopDialling = dial(machine, host, (dialled) => {
      if (this.#state !== "opening") return this.#tellClosed(1006);
      if (dialled !== "open" || host.process === null) return this.#tellClosed(1006);
      this.#open(host);
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  send(text: string): void {
    if (this.#state === "opening") throw new Error("a socket that is not open yet was sent a text");
    if (this.#state !== "open") return;
    this.onSent(text);
    this.#up?.send({ text });
  }

  close(code: number): void {
    if (code !== 1000 && (code < 3000 || code > 4999)) throw new Error(`a page may not close with ${code}`);
    this.#close(code);
  }

  /** The page goes away: the browser closes with 1001, and nobody is there to be notified. */
  forget(): void {
    this.#isForgotten = true;
    this.#close(1001);
  }

  /** Something on the way resets the connection. */
  reset(): void {
    if (this.#state !== "open" && this.#state !== "closing") return;
    this.#up?.cut();
    this.#onReset();
    this.machine.deliver(() => this.#tellClosed(1006));
  }

  #close(code: number): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    const wasOpening = this.#state === "opening";
    this.#state = "closing";
    if (wasOpening) {
      this.#stopDialling();
      return void this.machine.after(0, () => this.#tellClosed(1006));
    }
    this.#up?.send({ close: code });
    this.machine.after(CLOSING_MS, () => this.#tellClosed(1006));
  }

  #open(host: Host): void {
    const { machine } = this;
    const gates = [machine.network.gate, this.stall];
    // The jitter of a good network; what is slower is in the latency.
    const latency = () => machine.latencyMs + machine.random.ms(0, 4);
    let isServed = true;
    const down = new Wire<Down>(this.#clock, gates, latency, (message) => machine.deliver(() => this.#hear(message)));
    this.#down = down;
    const served = host.accept({
      send: (text) => isServed && down.send({ text }),
      close: (code) => {
        if (!isServed) return;
        isServed = false;
        down.send({ closed: code });
      },
    });
    // The kernel of a server whose process died closes its sockets, and refuses what still comes.
    host.onGone(() => {
      if (!isServed) return;
      isServed = false;
      down.send({ closed: 1006 });
    });
    this.#up = new Wire<Up>(this.#clock, gates, latency, (message) => {
      if (!isServed) return;
      if ("text" in message) return served.onText(message.text);
      isServed = false;
      down.send({ closed: message.close });
      served.onClose(message.close);
    });
    this.#onReset = () => {
      if (!isServed) return;
      isServed = false;
      served.onClose(1006);
    };
    this.#state = "open";
    if (!this.#isForgotten) this.handlers.onOpen();
  }

  #hear(message: Down): void {
    if ("closed" in message) return this.#tellClosed(message.closed);
    if (this.#state !== "open" || this.#isForgotten) return;
    this.onHeard(message.text);
    this.handlers.onMessage(message.text);
  }

  #tellClosed(code: number): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#down?.cut();
    if (!this.#isForgotten) this.handlers.onClose(code);
  }
}

/** A request of a page; rejects if the server cannot be reached. */
export function request(machine: Machine, host: Host, url: string, { method, headers, body }: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new TypeError("the server could not be reached"));
    dial(machine, host, (dialled) => {
      if (dialled !== "open") return fail();
      const { network, clock } = machine;
      const { process } = host;
      const latency = () => machine.latencyMs;
      const gates = [network.gate];
      network.onGone(() => clock.after(machine.random.ms(0, 50), () => machine.deliver(fail)));
      const down = new Wire<[number, unknown] | null>(clock, gates, latency, (answer) => {
        machine.deliver(() => {
          if (answer === null) return fail();
          const [status, content] = answer;
          resolve({ ok: status < 400, status, json: async () => content });
        });
      });
      const up = new Wire<null>(clock, gates, latency, () => {
        if (host.process === null || host.process !== process) return down.send(null);
        const token = headers["authorization"]?.replace("Bearer ", "") ?? null;
        down.send(host.handleRequest(method, new URL(url).pathname, token, body === undefined ? null : JSON.parse(body)));
      });
      up.send(null);
    });
  });
}
