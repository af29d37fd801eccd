/**
 * A world in which time is a number: a fake network, fake media, and a server that says what the test says.
 *
 * Nothing here waits: `pass` moves the clock and runs what is due, and promises are settled in between.
 */
import { Client } from "../src/core/client.js";
import type { ClientOptions } from "../src/core/options.js";
import type { Answer, Device, Environment, LocalMediaHandlers, Request, SocketHandlers } from "../src/core/environment.js";
import type { CallKind, ClientFrame, ClientHello, IceServer, Numbers, RelayPolicy, ServerFrame, Snapshot } from "../src/generated/protocol.js";
import { memoryStore } from "../src/mock/memory-store.js";
import { Coming, FakePeer } from "./peer.js";
import type { Stream } from "./peer.js";

export type { Stream } from "./peer.js";

/** A socket, from the server's side. */
export interface FakeSocket {
  readonly handlers: SocketHandlers;
  readonly sent: (ClientFrame & Numbers)[];
  hello: ClientHello | null;
  isOpen: boolean;
  /** The code that the client closed it with. */
  closedWith: number | null;
}

export class World {
  /** The server's policy on addresses. */
  relayPolicy: RelayPolicy = "auto";
  now = 1_000_000;
  #timers: { at: number; run: () => void }[] = [];
  readonly requests: (Request & { url: string })[] = [];
  readonly sent: (ClientFrame & Numbers)[] = [];
  readonly peers: FakePeer[] = [];
  readonly warnings: string[] = [];
  /** The events of camera and microphone. */
  readonly media: string[] = [];
  readonly tabStore = memoryStore();
  readonly originStore = memoryStore();
  /** Names that another page holds. */
  readonly claimedElsewhere = new Set<string>();
  readonly claimed = new Set<string>();
  /** All sockets that were opened, the last last. */
  readonly opened: FakeSocket[] = [];
  /** The server's answers to HTTP: status and body, by method and path. */
  answers: Record<string, [number, unknown]> = {
    "POST /v1/guests": [201, { user: { id: "me", age: null }, token: "token-of-mine" }],
    "GET /v1/me": [200, { id: "me", age: "adult" }],
    "PUT /v1/me/age": [200, { id: "me", age: "adult" }],
  };
  /** The next random number. */
  nextRandom = 0.5;
  readonly #networkListeners = new Set<(isBack: boolean) => void>();
  mediaError: Error | null = null;
  mediaHandlers: LocalMediaHandlers | null = null;
  devices: Device[] = [];
  savesData = false;
  readonly #deviceListeners = new Set<() => void>();
  isReachable = true;
  isSharing = false;

  /** A page's world; that of a page that was loaded anew, or of a tab that was duplicated, has what the one before had stored. */
  constructor(before?: World) {
    if (before === undefined) return;
    this.now = before.now;
    for (const [key, value] of before.tabStore.items) this.tabStore.set(key, value);
    for (const [key, value] of before.originStore.items) this.originStore.set(key, value);
  }

  get sockets(): number {
    return this.opened.length;
  }
  /** The handlers of the newest socket. */
  get socket(): SocketHandlers | null {
    return this.opened.at(-1)?.handlers ?? null;
  }
  /** The code that the client closed a socket with, the last last. */
  get closedWith(): number | null {
    return this.opened.filter(({ closedWith }) => closedWith !== null).at(-1)?.closedWith ?? null;
  }

  environment(): Environment<Stream> {
    return {
      now: () => this.now,
      random: () => this.nextRandom,
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
        const socket: FakeSocket = { handlers, sent: [], hello: null, isOpen: false, closedWith: null };
        this.opened.push(socket);
        return {
          send: (text) => {
            const frame = JSON.parse(text) as ClientFrame & Numbers;
            this.sent.push(frame);
            socket.sent.push(frame);
            if (frame.type === "hello") socket.hello = frame;
          },
          close: (code) => {
            socket.closedWith = code;
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
        const share = (on: boolean) => {
          note(on ? "share" : "stop sharing");
          this.isSharing = on;
          handlers.onTracks();
        };
        const isSharing = () => this.isSharing;
        return {
          stream: { name: "mine" },
          hasMicrophone: true,
          hasCamera: true,
          get isSharing() {
            return isSharing();
          },
          setMicrophone: nothing,
          setCamera: nothing,
          use: async (kind, id) => note(`use ${kind} ${id}`),
          shareScreen: async () => share(true),
          stopSharing: () => share(false),
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
      claim: (name, patienceMs = 0) => this.#claim(name, patienceMs),
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

  /** The same with a media connection that is up, and the other side's camera and microphone on for a second. */
  async talking(side: "caller" | "callee"): Promise<{ client: Client<Stream>; peer: FakePeer; coming: Coming }> {
    const client = await this.calling(side);
    const peer = this.peers[0]!;
    if (side === "caller") await this.say({ type: "answer", call: "call-1", from: "callee", payload: { type: "answer", sdp: "first", offer: 1 } });
    else await this.say({ type: "offer", call: "call-1", from: "caller", payload: { type: "offer", sdp: "first", offer: 1 } });
    const coming = this.plays(peer);
    peer.handlers.onConnected(null, null);
    peer.handlers.onFirstFrame();
    await this.say({ type: "sends", call: "call-1", picture: "camera", sound: true });
    await this.pass(1_000);
    this.take();
    peer.steps.length = 0;
    return { client, peer, coming };
  }

  /** Lets the other side's media come through a connection. */
  plays(peer: FakePeer): Coming {
    const coming = new Coming(this);
    peer.flowing = () => coming.read();
    return coming;
  }

  /** The socket opens and the server answers the hello. */
  async welcome(answer: { recovered?: boolean; ack?: number; snapshot?: Snapshot; session?: string; ice_servers?: IceServer[] } = {}): Promise<void> {
    await this.open();
    await this.say({
      type: "hello",
      session: "s",
      epoch: "e",
      recovered: false,
      ack: 0,
      snapshot: { state: "idle" },
      ice_servers: [],
      ...answer,
      user: { id: "me", age: "adult" },
      relay_policy: this.relayPolicy,
      heartbeat_ms: 15_000,
      version: "0.1.0",
    });
  }

  match(call: string, you: "caller" | "callee", relayPolicy = this.relayPolicy, more: { kind?: CallKind; offer?: unknown; is_offered?: boolean } = {}): Promise<void> {
    return this.say({
      type: "match",
      call,
      kind: "random",
      you,
      shared_interests: ["chess"],
      met_before: false,
      confirm_within_ms: 2_000,
      relay_policy: relayPolicy,
      grant: "g",
      is_offered: false,
      ...more,
    });
  }

  /** The network returns, or becomes another. */
  async network(isBack: boolean): Promise<void> {
    // A listener added now gets only the next change.
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

  async say(frame: ServerFrame & Numbers, socket = this.opened.at(-1)!): Promise<void> {
    socket.handlers.onMessage(JSON.stringify(frame));
    await settle();
  }

  /** The machine sleeps: what was due meanwhile is late. */
  async sleep(ms: number): Promise<void> {
    this.now += ms;
    for (const timer of this.#timers) timer.at = Math.max(timer.at, this.now);
    await this.pass(0);
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

  /** The frames sent since the last call, without hellos and numbers, and without the evidence that follows each call. */
  take(): ClientFrame[] {
    return this.takeAll().filter(({ type }) => type !== "evidence");
  }

  /** The same with evidence. */
  takeAll(): ClientFrame[] {
    return this.takeNumbered().map(({ seq: _seq, ack: _ack, ...frame }) => frame as ClientFrame);
  }

  /** The same, with its numbers. */
  takeNumbered(): (ClientFrame & Numbers)[] {
    return this.sent.splice(0).filter((frame) => frame.type !== "hello");
  }

  /** The hello of the newest socket, opening it if need be. */
  async hello(): Promise<ClientHello> {
    await this.open();
    return this.opened.at(-1)!.hello!;
  }

  /** The newest socket opens. */
  async open(): Promise<void> {
    await settle();
    const socket = this.opened.at(-1)!;
    if (socket.isOpen) return;
    socket.isOpen = true;
    socket.handlers.onOpen();
  }

  async #claim(name: string, patienceMs: number): Promise<boolean> {
    const until = this.now + patienceMs;
    while (this.claimedElsewhere.has(name) && this.now < until) await new Promise<void>((resolve) => this.#timers.push({ at: this.now + 50, run: resolve }));
    if (this.claimedElsewhere.has(name)) return false;
    this.claimed.add(name);
    return true;
  }
}

/** Lets every promise that can continue do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
