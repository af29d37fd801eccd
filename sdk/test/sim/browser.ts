/**
 * A browser's peer connection as Chromium has it, quirks included, behind the core's `Peer`.
 *
 * Signaling states as in the specification: a step that does not fit rejects. An answer to a superseded offer is refused, or
 * breaks the connection. After a rollback, and rarely after a restart, pictures are decoded and never presented. Each step takes
 * its time. Paths are `ice.ts`'s, counts are `arriving.ts`'s. Bound: as many addresses as a search finds, four at most.
 */
import type { Flow, Paths, Peer, PeerHandlers, PeerOptions, Reading, Sending, SessionDescription, Traces } from "../../src/core/environment.js";
import { Arriving, NOTHING } from "./arriving.js";
import type { Rates } from "./arriving.js";
import type { Candidate, Ether, IceAgent, Path } from "./ice.js";
import type { Random } from "./random.js";
import type { Machine } from "./machine.js";
import type { Server } from "./server/process.js";

/** A remote stream is the connection that it comes by. */
export interface RemoteStream {
  readonly of: PeerConnection | null;
}

/** The page that a connection belongs to. */
export interface Surroundings {
  readonly machine: Machine;
  readonly ether: Ether;
  readonly random: Random;
  readonly quirks: Quirks;
  server(): Server;
  /** The media that camera, microphone and screen give now. */
  sent(): Rates;
  /** Whether this connection's pictures get onto the screen: its stream is played, and the page is seen. */
  shows(connection: PeerConnection): boolean;
  isHidden(): boolean;
  /** Something has changed that others may see. */
  onChange(): void;
}

/** How often things go wrong in a browser, 0 to 1. */
export interface Quirks {
  /** A step takes 300 ms. */
  readonly slowStep: number;
  /** After a restart pictures are decoded and not presented. */
  readonly frozenRestart: number;
  /** Some bytes still come when the path is gone. */
  readonly lateBytes: number;
  /** After a restart nothing comes for a while, as between Firefox and Chromium. */
  readonly restartsSlowly: boolean;
}

export const QUIRKS: Quirks = { slowStep: 0.02, frozenRestart: 0.01, lateBytes: 0.5, restartsSlowly: false };

/** Chromium sends by the old path until it has been silent for so long. */
const OLD_PATH_MS = 2_500;
/** Chromium says so long after a path died that it is gone. */
const NO_PATH_MS = 7_000;
const GATHER_MS = 20;
/** A server that gives no address is asked again for so long. */
const RELAY_MS = 9_500;
const LOOK_MS = 100;
/** 20 ms of sound. */
const PACKET_SAMPLES = 960;
const SOUND_ONLY_MS = 2_000;
/** Reports on what is received, a second: some on everything, more on pictures. */
const REPORTS = 1;
const PICTURE_REPORTS = 5;

interface Sdp {
  readonly of: string;
  readonly ufrag: string;
  /** This description. */
  readonly id: string;
  /** The offer that it answers. */
  readonly answers?: string;
  readonly candidates: readonly string[];
}

const invalid = (what: string) => Object.assign(new Error(what), { name: "InvalidStateError" });

export class PeerConnection implements Peer, IceAgent {
  readonly found = new Map<string, Candidate>();
  readonly told = new Set<string>();
  readonly stream: RemoteStream = { of: this };
  readonly arriving = new Arriving();
  agreed: { readonly own: string; readonly theirs: string } | null = null;
  isClosed = false;
  isConnected = false;
  isAttached = false;
  /** Pictures are decoded and never presented. */
  isStuck = false;
  /** The steps that this connection was asked for, the last last: for the reader of a run. */
  readonly steps: string[] = [];
  #signaling: "stable" | "have-local-offer" = "stable";
  #chain: Promise<unknown> = Promise.resolve();
  #own: { ufrag: string; id: string; type: "offer" | "answer"; answers?: string } | null = null;
  #theirs: { of: string; ufrag: string } | null = null;
  /** The generation of the addresses that were looked for ahead. */
  readonly #pool: string;
  #generations = 0;
  #descriptions = 0;
  #isDescribing = false;
  #wasFailed = false;
  #searchedPath: string | null = null;
  #sendsPicture = true;
  #hearsAt = -Infinity;
  #paths: Paths;

  constructor(
    readonly name: string,
    readonly around: Surroundings,
    paths: Paths,
    readonly options: PeerOptions,
    readonly handlers: PeerHandlers<RemoteStream>,
  ) {
    this.#paths = paths;
    this.#pool = this.#generation();
  }

  get restartsSlowly(): boolean {
    return this.around.quirks.restartsSlowly;
  }

  get machine(): Machine {
    return this.around.machine;
  }

  createOffer(restart: boolean): Promise<SessionDescription> {
    return this.#step(restart ? "restart" : "offer", async () => {
      const ufrag = this.#own === null ? this.#pool : restart ? this.#generation() : this.#own.ufrag;
      this.#own = { ufrag, id: this.#description(), type: "offer" };
      this.#signaling = "have-local-offer";
      return await this.#described();
    });
  }

  description(): SessionDescription | null {
    if (this.#own === null) return null;
    const { ufrag, id, type, answers } = this.#own;
    const candidates = [...this.found.values()].filter((candidate) => candidate.ufrag === ufrag).map((candidate) => candidate.id);
    const sdp: Sdp = { of: this.name, ufrag, id, candidates, ...(answers === undefined ? {} : { answers }) };
    return { type, sdp: JSON.stringify(sdp) };
  }

  acceptOffer(offer: SessionDescription): Promise<SessionDescription> {
    return this.#step("accept", async () => {
      if (offer.type !== "offer") throw invalid("not an offer");
      // Its own offer is rolled back: what Chromium shows after that is a still picture.
      if (this.#signaling === "have-local-offer") this.isStuck = true;
      const sdp = this.#read(offer);
      const isNew = this.#theirs?.ufrag !== sdp.ufrag;
      this.#take(sdp);
      await this.#wait();
      const ufrag = this.#own === null ? this.#pool : isNew ? this.#generation() : this.#own.ufrag;
      this.#own = { ufrag, id: this.#description(), type: "answer", answers: sdp.id };
      this.#signaling = "stable";
      this.#agree();
      return await this.#described();
    });
  }

  acceptAnswer(answer: SessionDescription): Promise<void> {
    return this.#step("answer", async () => {
      if (this.#signaling !== "have-local-offer") throw invalid("an answer without an offer");
      const sdp = this.#read(answer);
      const isStale = sdp.answers !== this.#own?.id;
      if (isStale && this.around.random.is(0.5)) throw invalid("an answer to another offer");
      this.#take(sdp);
      this.#signaling = "stable";
      this.#agree();
    });
  }

  addCandidate(candidate: unknown): Promise<void> {
    return this.#step(
      "candidate",
      async () => {
        if (this.#theirs === null) throw invalid("a candidate without a description");
        const { candidate: id, ufrag } = candidate as { candidate: string; ufrag: string };
        if (ufrag !== this.#theirs.ufrag) throw Object.assign(new Error("a candidate of another generation"), { name: "OperationError" });
        this.told.add(id);
      },
      1,
    );
  }

  attach(): void {
    if (this.isAttached) return;
    this.isAttached = true;
    this.around.onChange();
  }

  setPaths(paths: Paths): void {
    this.#paths = paths;
  }

  send({ picture }: Sending): void {
    if (this.isClosed || picture === this.#sendsPicture) return;
    this.#sendsPicture = picture;
    this.around.onChange();
  }

  async flow(): Promise<Flow | null> {
    if (this.isClosed) throw invalid("closed");
    const { now } = this.machine.clock;
    const { bytes, decoded, presented, samples } = this.arriving.count(now);
    if (!this.arriving.hasMedia) return null;
    return { bytes, hasPath: this.#hasPath(), decoded, presented: this.around.shows(this) ? presented : null, packets: Math.round(samples / PACKET_SAMPLES), samples };
  }

  async reading(): Promise<Reading> {
    if (this.isClosed) throw invalid("closed");
    const { packets, bytes } = this.arriving.count(this.machine.clock.now);
    const sound = { packets, lost: 0, jitterMs: 2, freezes: 0, freezeMs: 0 };
    return { roundTripMs: 40, availableKbps: 1_500, receivedBytes: bytes, sentBytes: 0, sound, picture: sound, lostThere: 0 };
  }

  traces(): Traces {
    return { local: "", remote: "", ice: this.isConnected ? "connected" : "checking", dtls: this.isConnected ? "connected" : "new", relayError: 0 };
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.steps.push("close");
    this.around.ether.forget(this);
    this.around.onChange();
  }

  /** The media that it sends now, to any receiver. */
  sent(): Rates {
    if (!this.isAttached || this.isClosed) return NOTHING;
    const { packets, frames, samples } = this.around.sent();
    return this.#sendsPicture ? { packets, frames, samples } : { packets: samples > 0 ? packets / 2 : 0, frames: 0, samples };
  }

  /** Works out anew what comes. */
  refresh(): void {
    const { now } = this.machine.clock;
    const path = this.around.ether.living(this);
    const other = path?.agents.find((agent) => agent !== this) as PeerConnection | undefined;
    const isHeard = other !== undefined && now >= this.#hearsAt && this.isConnected && other.isConnected && !other.isClosed;
    const sent = isHeard ? other.sent() : NOTHING;
    const own = this.sent();
    const reports = isHeard ? REPORTS + (own.frames > 0 ? PICTURE_REPORTS : 0) : 0;
    if (sent.packets > 0) this.arriving.hasMedia = true;
    const keyFrameMs = 2 * this.machine.latencyMs + 150;
    const rates = { ...sent, packets: sent.packets + (this.arriving.hasMedia ? reports : 0) };
    this.arriving.set(rates, this.around.shows(this) && !this.isStuck, keyFrameMs, now);
  }

  handlePath(path: Path | null): void {
    const { random, machine, quirks } = this.around;
    if (path === null) {
      if (random.is(quirks.lateBytes)) machine.clock.after(random.ms(20, 1_500), () => this.arriving.addLate(random.ms(1, 3)));
      return this.around.onChange();
    }
    const isRestart = this.#searchedPath !== null && this.#searchedPath !== path.ends[0].ufrag;
    this.#searchedPath = path.ends[0].ufrag;
    if (isRestart && random.is(quirks.frozenRestart)) this.isStuck = true;
    if (isRestart && quirks.restartsSlowly) {
      this.#hearsAt = machine.clock.now + OLD_PATH_MS;
      machine.clock.after(OLD_PATH_MS, () => !this.isClosed && this.around.onChange());
    }
    if (this.isConnected) return this.around.onChange();
    const roundTrip = 2 * (path.agents[0].machine.latencyMs + path.agents[1].machine.latencyMs);
    const dtlsMs = roundTrip + random.ms(10, 40);
    machine.after(dtlsMs, () => {
      if (this.isClosed || this.isConnected) return;
      this.isConnected = true;
      this.around.onChange();
      const [local, remote] = path.agents[0] === this ? path.ends : [path.ends[1], path.ends[0]];
      this.handlers.onConnected({ local: local.kind, remote: remote.kind }, dtlsMs);
      this.#waitForFrame(0);
    });
  }

  handleFailed(): void {
    if (this.isConnected || this.isClosed || this.#wasFailed) return;
    this.#wasFailed = true;
    this.machine.deliver(() => this.handlers.onFailed());
  }

  #hasPath(): boolean {
    if (!this.isConnected) return false;
    const since = this.around.ether.deadSince(this);
    return since === null || this.machine.clock.now - since < NO_PATH_MS;
  }

  #waitForFrame(waitedMs: number): void {
    this.machine.after(LOOK_MS, () => {
      if (this.isClosed) return;
      const { decoded, samples } = this.arriving.count(this.machine.clock.now);
      if (decoded > 0 || (waitedMs >= SOUND_ONLY_MS && samples > 0)) this.handlers.onFirstFrame();
      else this.#waitForFrame(waitedMs + LOOK_MS);
    });
  }

  /** One operation after another, each after the time that it takes. */
  #step<Result>(name: string, run: () => Promise<Result>, mostMs = 30): Promise<Result> {
    const step = this.#chain.then(async () => {
      await this.#wait(mostMs);
      this.steps.push(name);
      return await run();
    });
    this.#chain = step.catch(() => undefined);
    return step;
  }

  async #wait(mostMs = 30): Promise<void> {
    const { random, machine } = this.around;
    const ms = mostMs > 1 && random.is(this.around.quirks.slowStep) ? 300 : random.ms(1, mostMs);
    if (!this.isClosed) await new Promise<void>((resolve) => void machine.after(ms, resolve));
    if (this.isClosed) throw invalid("closed");
  }

  async #described(): Promise<SessionDescription> {
    this.#isDescribing = true;
    const { ufrag } = this.#own!;
    for (let waited = 0; waited < GATHER_MS && ![...this.found.values()].some((candidate) => candidate.ufrag === ufrag); waited += 5) {
      await new Promise<void>((resolve) => void this.machine.after(5, resolve));
    }
    this.#isDescribing = false;
    if (this.isClosed) throw invalid("closed");
    return this.description()!;
  }

  #read(description: SessionDescription): Sdp {
    const sdp = JSON.parse(description.sdp ?? "") as Sdp;
    if (this.#theirs !== null && this.#theirs.of !== sdp.of) throw invalid("a description of another connection");
    return sdp;
  }

  #take(sdp: Sdp): void {
    const isFirst = this.#theirs === null;
    this.#theirs = { of: sdp.of, ufrag: sdp.ufrag };
    for (const id of sdp.candidates) this.told.add(id);
    if (isFirst) this.handlers.onStream(this.stream);
  }

  #agree(): void {
    this.agreed = { own: this.#own!.ufrag, theirs: this.#theirs!.ufrag };
    this.around.ether.handleAgreed(this);
  }

  #description(): string {
    return `${this.name}#${++this.#descriptions}`;
  }

  /** Another generation: its addresses are looked for at once. */
  #generation(): string {
    const ufrag = `${this.name}.${++this.#generations}`;
    const { ether, random, machine } = this.around;
    ether.name(ufrag, this);
    if (!this.#paths.relayOnly) machine.after(random.ms(1, 30), () => this.#find("host", ufrag));
    const askRelay = (since: number, waitMs: number) => {
      machine.after(4 * machine.latencyMs + random.ms(2, 20), () => {
        if (this.isClosed || this.#find("relay", ufrag) || machine.clock.now - since > RELAY_MS) return;
        machine.after(waitMs, () => askRelay(since, 2 * waitMs));
      });
    };
    askRelay(machine.clock.now, 250);
    return ufrag;
  }

  #find(kind: Candidate["kind"], ufrag: string): boolean {
    if (this.isClosed) return true;
    const { machine } = this;
    const { username: session = "", credential = "" } = this.#paths.iceServers[0] ?? {};
    const { relay } = this.around.server();
    if (kind === "relay" && !(relay.isUp && machine.network.isUp && this.around.server().allocates(session, credential))) return false;
    const candidate: Candidate = { id: `${ufrag}-${kind}-${machine.network.name}`, kind, network: machine.network, ufrag, relayProcess: relay.process, session };
    this.found.set(candidate.id, candidate);
    const isNoticed = this.#own?.ufrag === ufrag && !this.#isDescribing;
    if (isNoticed) this.handlers.onCandidate({ candidate: candidate.id, ufrag });
    return true;
  }
}
