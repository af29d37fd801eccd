/**
 * One call's media: offers, answers and candidates in the right order, whatever order they come in.
 *
 * Its peer connection is made before there is a match, so that it knows its own addresses by then. At the match it is for that call,
 * once we have confirmed it negotiates, and once both have, camera and microphone are sent: by then there is a path.
 * Candidates of the other side are kept until its description is set; ours are sent in batches. The polite
 * side gives way when two offers cross (the perfect negotiation of the WebRTC specification, section 10.7).
 * A peer connection that cannot be mended is replaced; its successors are numbered from 1, and what belongs to an
 * older one is thrown away.
 */
import type { ClientFrame, LeaveCause, Path, Progress, ServerFrame } from "../generated/protocol.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Environment, Paths, Peer, SessionDescription } from "./environment.js";
import type { CallQuality } from "./quality.js";
import { Recovery } from "./recovery.js";
import type { Match } from "./state.js";
import type { Watch } from "./watch.js";

/** What a call is made with, and what of it may change meanwhile. */
export interface CallSetup<Stream> {
  paths: Paths;
  readonly local: Stream | null;
  readonly startKbps: number | null;
  readonly media: MediaOptions;
  readonly isSaving: boolean;
}

/** How media are sent. */
export interface MediaOptions extends AdaptationOptions {
  /** Whether silence is sent as such instead of as sound: yes if left out. Saves half of the sound's bandwidth. */
  dtx?: boolean;
}

export interface CallHandlers<Stream> {
  send(frame: ClientFrame): void;
  onStream(stream: Stream): void;
  onConnected(): void;
  /** Whether the other side's media comes, or was interrupted. */
  onMedia(media: MediaState): void;
  /** Once a second, while there is a connection. */
  onQuality(quality: CallQuality): void;
  /** Whether what is sent arrives now. */
  isOnline(): boolean;
  /** The call cannot go on. */
  onFailed(cause: LeaveCause): void;
}

/** Whether the other side's picture and sound come, once they have. */
export type MediaState = "flowing" | "interrupted";

/** Own addresses come within some milliseconds of the first and those from STUN a round trip later; one frame then
 * carries them all. */
const BATCH_MS = 50;
/** A connection that is not there after this long never comes. */
const CONNECT_MS = 15_000;
/** More than a side may send: kept candidates have a bound like everything. */
const KEPT_MAX = 64;

export type RelayedFrame = Extract<ServerFrame, { type: "offer" | "answer" | "candidates" }>;

export class Call<Stream> {
  readonly #env: Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">;
  readonly #setup: CallSetup<Stream>;
  readonly #handlers: CallHandlers<Stream>;
  readonly #recovery: Recovery;
  /** Loaded once there is something to watch. */
  #watch: Watch | null = null;
  #isSaving: boolean;
  #interruptions = 0;
  #restarts = 0;
  #peer: Peer;
  /** Which of the call's peer connections that is. */
  #connection = 0;
  #wasConnected = false;
  #match: Match | null = null;
  #isMakingOffer = false;
  #ignoresOffer = false;
  /** Offers of ours that are not answered yet: only the answer to the last one counts. */
  #unanswered = 0;
  #hasRemoteDescription = false;
  #isOver = false;
  #kept: unknown[] = [];
  #batch: unknown[] = [];
  #stopConnectTimer: () => void = () => undefined;
  /** Frames are handled one after another, since each step of the browser takes its time; none before we confirmed. */
  #queue: Promise<void>;
  #negotiate: () => void = () => undefined;
  /** What is to be told once both have confirmed; `null` from then on. */
  #untold: (() => void)[] | null = [];

  constructor(env: Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">, setup: CallSetup<Stream>, handlers: CallHandlers<Stream>) {
    this.#env = env;
    this.#setup = setup;
    this.#handlers = handlers;
    this.#isSaving = setup.isSaving;
    this.#queue = new Promise((resolve) => (this.#negotiate = resolve));
    this.#recovery = new Recovery(env, {
      flow: () => this.#peer.flow(),
      isPolite: () => this.#match?.polite === true,
      isOnline: () => handlers.isOnline(),
      onInterrupted: () => {
        this.#interruptions++;
        handlers.onMedia("interrupted");
      },
      onFlowing: () => handlers.onMedia("flowing"),
      restart: (isNew) => {
        this.#restarts++;
        this.#enqueue(() => {
          if (isNew) this.#replacePeer(this.#connection + 1);
          return this.#offer(!isNew);
        });
      },
      onGivenUp: () => this.#fail("media_lost"),
    });
    this.#peer = this.#makePeer();
  }

  /** Whether it is the media of this call. */
  isOf(call: string): boolean {
    return this.#match?.call === call;
  }

  /** There is a match. Frames of the other side wait until we have confirmed it. */
  start(match: Match): void {
    this.#match = match;
    this.#stopConnectTimer = this.#env.after(CONNECT_MS, () => this.#fail("media_failed"));
    if (match.side === "caller") this.#enqueue(() => this.#offer());
  }

  /** We have confirmed. */
  negotiate(): void {
    this.#negotiate();
  }

  /** Both have. */
  begin(): void {
    this.#negotiate();
    this.#attach();
    const untold = this.#untold ?? [];
    this.#untold = null;
    for (const tell of untold) tell();
  }

  /** A frame of the other side. */
  handle(frame: RelayedFrame): void {
    this.#enqueue(async () => {
      switch (frame.type) {
        case "offer":
          return await this.#acceptOffer(frame.payload as SessionDescription);
        case "answer":
          return await this.#acceptAnswer(frame.payload as SessionDescription);
        case "candidates":
          return await this.#addCandidates(frame.payload);
      }
    });
  }

  /** The server forgot how far we were. Whoever made the first offer makes another; the other side just answers. */
  negotiateAnew(): void {
    if (this.#match?.side !== "caller") return;
    this.#enqueue(() => {
      // The answers to those before are lost with the rest.
      this.#unanswered = 0;
      return this.#offer(true);
    });
  }

  /** Another network, perhaps without the addresses that we have given. */
  handleNetwork(): void {
    this.#recovery.handleNetwork();
  }

  /** Whether the connection may use relays alone. */
  get relayOnly(): boolean {
    return this.#setup.paths.relayOnly;
  }

  /** For the next search for paths: credentials end. */
  setIceServers(iceServers: Paths["iceServers"]): void {
    this.#setPaths({ ...this.#setup.paths, iceServers });
  }

  #setPaths(paths: Paths): void {
    this.#setup.paths = paths;
    this.#peer.setPaths(paths);
  }

  /** Both have stayed: the caller searches for the shortest path, and media go on by the old one meanwhile. */
  reveal(): void {
    this.#setPaths({ ...this.#setup.paths, relayOnly: false });
    this.negotiateAnew();
  }

  /** The person wants to save data, or not any more. */
  setSaving(on: boolean): void {
    this.#isSaving = on;
    this.#watch?.setSaving(on);
  }

  /** Another camera or microphone is in the local stream, or another picture. */
  handleTracks(): void {
    if (this.#untold === null) this.#peer.attach();
  }

  /** What the network was last believed to carry. */
  get availableKbps(): number | null {
    return this.#watch?.availableKbps ?? null;
  }

  /** Ends the media connection, and tells how it was; nothing is sent after this. */
  close(): void {
    const quality = this.#match && this.#watch?.end(this.#match.call, this.#interruptions, this.#restarts);
    if (quality) this.#send(() => ({ type: "quality", ...quality }));
    this.#isOver = true;
    this.#recovery.stop();
    this.#stopConnectTimer();
    this.#peer.close();
  }

  async #offer(restart = false): Promise<void> {
    this.#isMakingOffer = true;
    try {
      const payload = this.#numbered(await this.#peer.createOffer(restart));
      this.#unanswered++;
      this.#send((call) => ({ type: "offer", call, payload }));
    } finally {
      this.#isMakingOffer = false;
    }
  }

  async #acceptOffer(offer: SessionDescription): Promise<void> {
    const connection = offer.connection ?? 0;
    if (connection < this.#connection) return;
    const isCrossing = connection === this.#connection && (this.#isMakingOffer || !this.#peer.isStable());
    this.#ignoresOffer = isCrossing && this.#match?.polite === false;
    if (this.#ignoresOffer) return;
    this.#recovery.handleOffer();
    // An offer of a new peer connection is not rolled back but forgotten with it: after a rollback Chromium shows nothing.
    if (connection > this.#connection || (isCrossing && connection > 0)) this.#replacePeer(connection);
    // One of our own that crosses it is taken back, and not answered.
    this.#unanswered = 0;
    const payload = this.#numbered(await this.#peer.acceptOffer(offer));
    this.#send((call) => ({ type: "answer", call, payload }));
    await this.#releaseKept();
  }

  async #acceptAnswer(answer: SessionDescription): Promise<void> {
    if ((answer.connection ?? 0) !== this.#connection || this.#unanswered === 0 || --this.#unanswered > 0) return;
    await this.#peer.acceptAnswer(answer);
    await this.#releaseKept();
  }

  async #addCandidates(candidates: unknown[]): Promise<void> {
    if (!this.#hasRemoteDescription) {
      // Before the first description of a later connection they are of the one before.
      if (this.#connection === 0) this.#kept.push(...candidates.slice(0, KEPT_MAX - this.#kept.length));
      return;
    }
    for (const candidate of candidates) {
      try {
        await this.#peer.addCandidate(candidate);
      } catch (error) {
        // Candidates of an offer that we ignored belong to nothing. Any other is one path of many.
        if (!this.#ignoresOffer && !this.#isOver) this.#env.warn("a candidate was not taken", error);
      }
    }
  }

  async #releaseKept(): Promise<void> {
    this.#hasRemoteDescription = true;
    const kept = this.#kept;
    this.#kept = [];
    await this.#addCandidates(kept);
  }

  #makePeer(): Peer {
    const connection = this.#connection;
    const { paths, local, startKbps, media } = this.#setup;
    const isCurrent = () => connection === this.#connection;
    return this.#env.makePeer(paths, local, { startKbps, dtx: media.dtx ?? true }, {
      onCandidate: (candidate) => isCurrent() && this.#collect(candidate),
      onStream: (stream) => isCurrent() && this.#onceBegun(() => this.#handlers.onStream(stream)),
      onConnected: (path, dtlsMs) => this.#onceBegun(() => this.#connected(path, dtlsMs)),
      onFirstFrame: () => connection === 0 && this.#onceBegun(() => this.#progress({ stage: "first_frame" })),
      // Later ones are tried again and again.
      onFailed: () => connection === 0 && this.#fail("media_failed"),
    });
  }

  #replacePeer(connection: number): void {
    this.#peer.close();
    this.#connection = connection;
    this.#unanswered = 0;
    this.#hasRemoteDescription = false;
    this.#kept = [];
    this.#batch = [];
    this.#recovery.handleNewPeer();
    this.#peer = this.#makePeer();
    this.#attach();
  }

  #attach(): void {
    this.#peer.attach();
    if (this.#watch) this.#peer.send(this.#watch.sending);
  }

  #connected(path: Path | null, dtlsMs: number | null): void {
    if (this.#wasConnected) return;
    this.#wasConnected = true;
    this.#stopConnectTimer();
    this.#progress({ stage: "connected", ...(path ? { path } : {}), ...(dtlsMs === null ? {} : { dtls_ms: Math.round(dtlsMs) }) });
    this.#handlers.onConnected();
    this.#recovery.start();
    void this.#startWatch();
  }

  async #startWatch(): Promise<void> {
    const { Watch } = await import("./watch.js");
    if (this.#isOver) return;
    this.#watch = new Watch(this.#env, this.#setup.media, this.#isSaving, {
      read: () => this.#peer.reading(),
      onSending: (sending) => this.#peer.send(sending),
      onQuality: (quality) => this.#handlers.onQuality(quality),
      onSample: (sample) => this.#send((call) => ({ type: "sample", call, ...sample })),
    });
    this.#peer.send(this.#watch.sending);
    this.#watch.start();
  }

  /** The first connection needs no number: so it stays the plain description that any client reads. */
  #numbered(description: SessionDescription): SessionDescription {
    return this.#connection === 0 ? description : { ...description, connection: this.#connection };
  }

  #collect(candidate: unknown): void {
    this.#batch.push(candidate);
    if (this.#batch.length > 1) return;
    this.#env.after(BATCH_MS, () => {
      // Behind our own description in the queue, which the other side needs first.
      this.#enqueue(async () => {
        const payload = this.#batch;
        this.#batch = [];
        if (payload.length === 0) return;
        this.#send((call) => ({ type: "candidates", call, payload }));
      });
    });
  }

  #enqueue(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#isOver) return;
      try {
        await step();
      } catch (error) {
        if (this.#isOver) return;
        this.#env.warn("the call could not be negotiated", error);
        this.#fail(this.#wasConnected ? "media_lost" : "media_failed");
      }
    });
  }

  /** Nothing is told of a call that is over, since another may have begun meanwhile. */
  #onceBegun(news: () => void): void {
    const tell = () => {
      if (!this.#isOver) news();
    };
    if (this.#untold === null) tell();
    else this.#untold.push(tell);
  }

  #progress(progress: Omit<Progress, "call">): void {
    this.#send((call) => ({ type: "progress", call, ...progress }));
  }

  #send(frame: (call: string) => ClientFrame): void {
    if (!this.#isOver && this.#match !== null) this.#handlers.send(frame(this.#match.call));
  }

  #fail(cause: LeaveCause): void {
    if (!this.#isOver && this.#match !== null) this.#handlers.onFailed(cause);
  }
}
