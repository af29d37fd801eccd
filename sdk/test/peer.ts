/**
 * A media connection that does nothing: it notes what it is asked to do, and what comes through it is the test's to say.
 */
import type { Flow, Paths, Peer, PeerHandlers, PeerOptions, Reading, Sending, SessionDescription } from "../src/core/environment.js";

export type Stream = { name: string };

/** The media through a connection: a packet of sound and a frame of the picture now and then, each counted. */
export class Coming {
  /** How often a packet of sound comes: 20 ms, or 400 of somebody who is silent; `null` for none. */
  soundMs: number | null = 20;
  pictureMs: number | null = 100;
  /** Whether people could see its frames; `null` if nobody can tell. */
  isPresented: boolean | null = true;
  /** Whether its speech is played; of silence all is made up. */
  isPlayed = true;
  hasPath = true;
  readonly #world: { readonly now: number };
  #at: number;
  #bytes = 0;
  #decoded = 0;
  #presented = 0;
  #packets = 0;
  #samples = 0;

  constructor(world: { readonly now: number }) {
    this.#world = world;
    this.#at = world.now;
  }

  stop(): void {
    this.read();
    this.soundMs = this.pictureMs = null;
  }

  start(): void {
    this.read();
    [this.soundMs, this.pictureMs] = [20, 100];
  }

  read(): Flow {
    const [from, to] = [this.#at, this.#world.now];
    const times = (each: number | null) => (each === null ? 0 : Math.floor(to / each) - Math.floor(from / each));
    const frames = times(this.pictureMs);
    const packets = times(this.soundMs);
    this.#at = to;
    this.#bytes += 100 * packets + 1_000 * frames;
    this.#packets += packets;
    if (this.isPlayed && this.soundMs === 20) this.#samples += 960 * packets;
    this.#decoded += frames;
    if (this.isPresented) this.#presented += frames;
    const presented = this.isPresented === null ? null : this.#presented;
    return { bytes: this.#bytes, hasPath: this.hasPath, decoded: this.#decoded, presented, packets: this.#packets, samples: this.#samples };
  }
}

export class FakePeer implements Peer {
  readonly steps: string[] = [];
  isClosed = false;
  /** The other side's media so far, at each look. */
  flowing: () => Flow | null = () => null;
  /** Whether camera and microphone are sent. */
  isAttached = false;
  /** The settings that were asked for, the last last. */
  readonly sendings: Sending[] = [];
  paths: Paths;
  counted: Reading | null = null;
  /** A promise that an offer or answer awaits before it is made. */
  busy: Promise<void> = Promise.resolve();
  /** Whether the browser refuses each step. */
  isBroken = false;
  restartsSlowly = false;
  relayError = 0;
  #local: SessionDescription | null = null;
  constructor(
    paths: Paths,
    readonly options: PeerOptions,
    readonly handlers: PeerHandlers<Stream>,
  ) {
    this.paths = paths;
  }
  async createOffer(restart: boolean) {
    await this.#step(restart ? "restart" : "offer");
    return (this.#local = { type: "offer", sdp: "o" });
  }
  async acceptOffer(offer: { sdp?: string }) {
    await this.#step(`accept ${offer.sdp}`);
    return (this.#local = { type: "answer", sdp: "a" });
  }
  async acceptAnswer(answer: { sdp?: string }) {
    await this.#step(`answer ${answer.sdp}`);
  }
  async addCandidate(candidate: unknown) {
    await this.#step(`candidate ${(candidate as { candidate?: string }).candidate ?? String(candidate)}`);
  }
  description() {
    return this.#local;
  }
  /** An address was found after the description was made: it is in it from now on, too. */
  find(candidate: string) {
    if (this.#local !== null) this.#local = { ...this.#local, sdp: `${this.#local.sdp}+${candidate}` };
    this.handlers.onCandidate({ candidate });
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
    return this.flowing();
  }
  async reading(): Promise<Reading> {
    if (this.counted === null) throw new Error("nothing is known");
    return this.counted;
  }
  traces() {
    return { local: this.#local?.sdp, remote: "v=0 typ host typ relay", ice: "checking" as const, dtls: "new" as const, relayError: this.relayError };
  }
  close() {
    this.isClosed = true;
  }
  async #step(name: string) {
    this.steps.push(name);
    await this.busy;
    if (this.isBroken) throw new Error(`no ${name}`);
  }
}
