/**
 * A world in which time is a number: a fake network, fake media, and a server that says what the test says.
 *
 * Nothing here waits: `pass` moves the clock and runs what is due, and promises are settled in between.
 */
import { Client } from "../src/core/client.js";
import type { ClientOptions } from "../src/core/options.js";
import type { Answer, Device, Environment, Flow, LocalMediaHandlers, Paths, PeerHandlers, PeerOptions, Reading, Request, Sending, SocketHandlers, Store } from "../src/core/environment.js";
import type { ClientFrame, ClientHello, Numbers, RelayPolicy, ServerFrame, Snapshot } from "../src/generated/protocol.js";

export type Stream = { name: string };

class FakePeer {
  readonly steps: string[] = [];
  stable = true;
  isClosed = false;
  /** What came of the other side's media. */
  flowing: Flow | null = null;
  /** Whether camera and microphone are sent. */
  isAttached = false;
  /** What was asked to be sent, the last last. */
  readonly sendings: Sending[] = [];
  paths: Paths;
  counted: Reading | null = null;
  constructor(
    paths: Paths,
    readonly options: PeerOptions,
    readonly handlers: PeerHandlers<Stream>,
  ) {
    this.paths = paths;
  }
  async createOffer(restart: boolean) {
    this.steps.push(restart ? "restart" : "offer");
    this.stable = false;
    return { type: "offer", sdp: "o" };
  }
  async acceptOffer(offer: { sdp?: string }) {
    this.steps.push(`accept ${offer.sdp}`);
    this.stable = true;
    return { type: "answer", sdp: "a" };
  }
  async acceptAnswer(answer: { sdp?: string }) {
    this.steps.push(`answer ${answer.sdp}`);
    this.stable = true;
  }
  async addCandidate(candidate: unknown) {
    this.steps.push(`candidate ${String(candidate)}`);
  }
  attach() {
    this.isAttached = true;
  }
  setPaths(paths: Paths) {
    this.paths = paths;
  }
  send(sending: Sending) {
    this.sendings.push(sending);
  }
  async flow() {
    return this.flowing;
  }
  async reading(): Promise<Reading> {
    if (this.counted === null) throw new Error("nothing is known");
    return this.counted;
  }
  isStable() {
    return this.stable;
  }
  close() {
    this.isClosed = true;
  }
}

function memory(): Store & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    get: (key) => items.get(key) ?? null,
    set: (key, value) => void items.set(key, value),
    remove: (key) => void items.delete(key),
  };
}

export class World {
  /** What the server says of addresses. */
  relayPolicy: RelayPolicy = "auto";
  now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];
  readonly requests: (Request & { url: string })[] = [];
  readonly sent: (ClientFrame & Numbers)[] = [];
  readonly peers: FakePeer[] = [];
  readonly warnings: string[] = [];
  /** What became of camera and microphone. */
  readonly media: string[] = [];
  readonly tabStore = memory();
  readonly originStore = memory();
  /** Names that another tab holds. */
  readonly claimedElsewhere = new Set<string>();
  socket: SocketHandlers | null = null;
  closedWith: number | null = null;
  /** What the server answers to HTTP: status and body, by method and path. */
  answers: Record<string, [number, unknown]> = {
    "POST /v1/guests": [201, { user: { id: "me", age: null }, token: "token-of-mine" }],
    "GET /v1/me": [200, { id: "me", age: "adult" }],
    "PUT /v1/me/age": [200, { id: "me", age: "adult" }],
  };
  /** What chance says. */
  luck = 0.5;
  readonly #networkListeners = new Set<(isBack: boolean) => void>();
  #isOpen = false;
  #hello: ClientHello = {};
  /** How many sockets were opened. */
  sockets = 0;
  mediaError: Error | null = null;
  mediaHandlers: LocalMediaHandlers | null = null;
  devices: Device[] = [];
  savesData = false;
  readonly #deviceListeners = new Set<() => void>();
  isReachable = true;

  environment(): Environment<Stream> {
    return {
      now: () => this.now,
      random: () => this.luck,
      onOnline: (callback) => {
        this.#networkListeners.add(callback);
        return () => void this.#networkListeners.delete(callback);
      },
      after: (ms, run) => {
        const timer = { at: this.now + ms, run };
        this.#timers.push(timer);
        return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
      },
      fetch: async (url, request) => {
        this.requests.push({ ...request, url });
        if (!this.isReachable) throw new TypeError("no network");
        const [status, body] = this.answers[`${request.method} ${new URL(url).pathname}`]!;
        return { ok: status < 400, status, json: async () => body } satisfies Answer;
      },
      openSocket: (_url, _protocol, handlers) => {
        this.socket = handlers;
        this.sockets++;
        this.#isOpen = false;
        return {
          send: (text) => {
            const frame = JSON.parse(text) as ClientFrame & Numbers;
            this.sent.push(frame);
            if (frame.type === "hello") this.#hello = frame;
          },
          close: (code) => {
            this.closedWith = code;
            handlers.onClose(code);
          },
        };
      },
      makePeer: (paths, _local, options, handlers) => {
        const peer = new FakePeer(paths, options, handlers);
        this.peers.push(peer);
        return peer;
      },
      openMedia: async (_wishes, handlers) => {
        if (this.mediaError) throw this.mediaError;
        this.media.push("open");
        this.mediaHandlers = handlers;
        const nothing = () => undefined;
        const note = (word: string) => void this.media.push(word);
        return {
          stream: { name: "mine" },
          hasMicrophone: true,
          hasCamera: true,
          isSharing: false,
          setMicrophone: nothing,
          setCamera: nothing,
          use: async (kind, id) => note(`use ${kind} ${id}`),
          shareScreen: async () => note("share"),
          stopSharing: () => note("stop sharing"),
          stop: () => note("stop"),
        };
      },
      devices: async () => this.devices,
      onDevices: (callback) => {
        this.#deviceListeners.add(callback);
        return () => void this.#deviceListeners.delete(callback);
      },
      savesData: this.savesData,
      tabStore: this.tabStore,
      originStore: this.originStore,
      claim: async (name) => !this.claimedElsewhere.has(name),
      warn: (message) => void this.warnings.push(message),
      pageOrigin: "https://call.example",
    };
  }

  client(options: ClientOptions = {}): Client<Stream> {
    return new Client(this.environment(), options);
  }

  /** A client with its camera on that waits for a stranger. */
  async queued(options: ClientOptions = {}): Promise<Client<Stream>> {
    const client = this.client(options);
    await client.startMedia();
    const seeking = client.seek({ interests: ["chess"] });
    await this.welcome();
    await seeking;
    await this.say({ type: "queued", kind: "random", waited_ms: 0 });
    return client;
  }

  /** A client in a call that has begun, on this side. */
  async calling(side: "caller" | "callee"): Promise<Client<Stream>> {
    const client = await this.queued();
    await this.match("call-1", side);
    await this.say({ type: "begin", call: "call-1" });
    return client;
  }

  /** The socket opens and the server answers the hello. */
  async welcome(answer: { recovered?: boolean; ack?: number; snapshot?: Snapshot; session?: string } = {}): Promise<void> {
    await this.#open();
    await this.say({
      type: "hello",
      session: "s",
      epoch: "e",
      recovered: false,
      ack: 0,
      snapshot: { state: "idle" },
      ...answer,
      user: { id: "me", age: "adult" },
      ice_servers: [],
      relay_policy: this.relayPolicy,
      heartbeat_ms: 15_000,
      version: "0.1.0",
    });
  }

  match(call: string, you: "caller" | "callee", relayPolicy = this.relayPolicy): Promise<void> {
    return this.say({
      type: "match",
      call,
      kind: "random",
      you,
      polite: "callee",
      shared_interests: ["chess"],
      met_before: false,
      confirm_within_ms: 2_000,
      relay_policy: relayPolicy,
      grant: "g",
    });
  }

  /** The network comes back, or becomes another. */
  async network(isBack: boolean): Promise<void> {
    // Who begins to listen now hears of the next change only.
    const listeners = [...this.#networkListeners];
    for (const listener of listeners) listener(isBack);
    await settle();
  }

  /** A device came or went. */
  async deviceChange(devices: Device[]): Promise<void> {
    this.devices = devices;
    for (const listener of this.#deviceListeners) listener();
    await settle();
  }

  /** The socket is lost. */
  async lose(code = 1006): Promise<void> {
    this.socket!.onClose(code);
    await settle();
  }

  async say(frame: ServerFrame & Numbers): Promise<void> {
    this.socket!.onMessage(JSON.stringify(frame));
    await settle();
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.now = due.at;
      due.run();
      await settle();
    }
    this.now = end;
  }

  /** What was sent since the last call, without hellos and numbers. */
  take(): ClientFrame[] {
    return this.takeNumbered().map(({ seq: _seq, ack: _ack, ...frame }) => frame as ClientFrame);
  }

  /** The same, with its numbers. */
  takeNumbered(): (ClientFrame & Numbers)[] {
    return this.sent.splice(0).filter((frame) => frame.type !== "hello");
  }

  /** What the newest socket said in its hello, opening it if need be. */
  async hello(): Promise<ClientHello> {
    await this.#open();
    return this.#hello;
  }

  async #open(): Promise<void> {
    await settle();
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.socket!.onOpen();
  }
}

/** Lets every promise that can go on go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
