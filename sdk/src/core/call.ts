/**
 * One call's media connection: offers, answers and candidates in the right order, whatever order they come in.
 *
 * Candidates of the other side are kept until its description is set; ours are sent in batches. The polite
 * side gives way when two offers cross (the perfect negotiation of the WebRTC specification, section 10.7).
 */
import type { ClientFrame, IceServer, LeaveCause, ServerFrame } from "../generated/protocol.js";
import type { Environment, Peer, SessionDescription } from "./environment.js";
import type { Match } from "./state.js";

export interface CallHandlers<Stream> {
  send(frame: ClientFrame): void;
  onStream(stream: Stream): void;
  onConnected(): void;
  /** The call cannot go on. */
  onFailed(cause: LeaveCause): void;
}

/** Own addresses come within some milliseconds of the first and those from STUN a round trip later; one frame then
 * carries them all. */
const BATCH_MS = 50;
/** A connection that is not there after this long never comes. */
const CONNECT_MS = 15_000;
/** More than a side may send: kept candidates have a bound like everything. */
const KEPT_MAX = 64;

type RelayedFrame = Extract<ServerFrame, { type: "offer" | "answer" | "candidates" }>;

export class Call<Stream> {
  readonly match: Match;
  readonly #env: Pick<Environment<Stream>, "after" | "warn">;
  readonly #handlers: CallHandlers<Stream>;
  readonly #peer: Peer;
  #isMakingOffer = false;
  #ignoresOffer = false;
  #hasRemoteDescription = false;
  #isOver = false;
  #kept: unknown[] = [];
  #batch: unknown[] = [];
  #stopConnectTimer: () => void;
  /** Frames are handled one after another, since each step of the browser takes its time. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    env: Pick<Environment<Stream>, "after" | "makePeer" | "warn">,
    match: Match,
    iceServers: IceServer[],
    local: Stream | null,
    handlers: CallHandlers<Stream>,
  ) {
    this.#env = env;
    this.match = match;
    this.#handlers = handlers;
    this.#stopConnectTimer = env.after(CONNECT_MS, () => this.#fail());
    this.#peer = env.makePeer(iceServers, local, {
      onCandidate: (candidate) => this.#collect(candidate),
      onStream: (stream) => {
        if (!this.#isOver) handlers.onStream(stream);
      },
      onConnected: (path) => {
        // Reading the path takes a moment, in which another call may have begun.
        if (this.#isOver) return;
        this.#stopConnectTimer();
        this.#send({ type: "progress", call: match.call, stage: "connected", ...(path ? { path } : {}) });
        handlers.onConnected();
      },
      onFirstFrame: () => this.#send({ type: "progress", call: match.call, stage: "first_frame" }),
      onFailed: () => this.#fail(),
    });
    if (match.side === "caller") this.#enqueue(() => this.#offer());
  }

  /** A frame of the other side. */
  handle(frame: RelayedFrame): void {
    this.#enqueue(async () => {
      switch (frame.type) {
        case "offer":
          return await this.#acceptOffer(frame.payload as SessionDescription);
        case "answer":
          await this.#peer.acceptAnswer(frame.payload as SessionDescription);
          return await this.#releaseKept();
        case "candidates":
          return await this.#addCandidates(frame.payload);
      }
    });
  }

  /** The server forgot how far we were. Whoever made the first offer makes another; the other side just answers. */
  negotiateAnew(): void {
    if (this.match.side === "caller") this.#enqueue(() => this.#offer(true));
  }

  /** Ends the media connection; nothing is sent after this. */
  close(): void {
    this.#isOver = true;
    this.#stopConnectTimer();
    this.#peer.close();
  }

  async #offer(restart = false): Promise<void> {
    this.#isMakingOffer = true;
    try {
      const payload = await this.#peer.createOffer(restart);
      this.#send({ type: "offer", call: this.match.call, payload });
    } finally {
      this.#isMakingOffer = false;
    }
  }

  async #acceptOffer(offer: SessionDescription): Promise<void> {
    const isCrossing = this.#isMakingOffer || !this.#peer.isStable();
    this.#ignoresOffer = isCrossing && !this.match.polite;
    if (this.#ignoresOffer) return;
    const payload = await this.#peer.acceptOffer(offer);
    this.#send({ type: "answer", call: this.match.call, payload });
    await this.#releaseKept();
  }

  async #addCandidates(candidates: unknown[]): Promise<void> {
    if (!this.#hasRemoteDescription) {
      this.#kept.push(...candidates.slice(0, KEPT_MAX - this.#kept.length));
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

  #collect(candidate: unknown): void {
    this.#batch.push(candidate);
    if (this.#batch.length > 1) return;
    this.#env.after(BATCH_MS, () => {
      // Behind our own description in the queue, which the other side needs first.
      this.#enqueue(async () => {
        const payload = this.#batch;
        this.#batch = [];
        this.#send({ type: "candidates", call: this.match.call, payload });
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
        this.#fail();
      }
    });
  }

  #send(frame: ClientFrame): void {
    if (!this.#isOver) this.#handlers.send(frame);
  }

  #fail(): void {
    if (!this.#isOver) this.#handlers.onFailed("media_failed");
  }
}
