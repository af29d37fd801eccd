/**
 * One call's media connection: offers, answers and candidates in the right order, whatever order they come in.
 *
 * It is made before there is a match, so that it knows its own addresses by then. At the match it is for that call,
 * once we have confirmed it negotiates, and once both have, camera and microphone are sent: by then there is a path.
 * Candidates of the other side are kept until its description is set; ours are sent in batches. The polite
 * side gives way when two offers cross (the perfect negotiation of the WebRTC specification, section 10.7).
 */
import type { ClientFrame, IceServer, LeaveCause, Path, ServerFrame, Stage } from "../generated/protocol.js";
import type { Environment, Peer, SessionDescription } from "./environment.js";
import { Recovery } from "./recovery.js";
import type { Match } from "./state.js";

export interface CallHandlers<Stream> {
  send(frame: ClientFrame): void;
  onStream(stream: Stream): void;
  onConnected(): void;
  /** Whether the other side's media comes, or was interrupted. */
  onMedia(media: MediaState): void;
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
  readonly #env: Pick<Environment<Stream>, "after" | "warn">;
  readonly #handlers: CallHandlers<Stream>;
  readonly #peer: Peer;
  readonly #recovery: Recovery;
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

  constructor(
    env: Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">,
    iceServers: IceServer[],
    local: Stream | null,
    handlers: CallHandlers<Stream>,
  ) {
    this.#env = env;
    this.#handlers = handlers;
    this.#queue = new Promise((resolve) => (this.#negotiate = resolve));
    this.#peer = env.makePeer(iceServers, local, {
      onCandidate: (candidate) => this.#collect(candidate),
      onStream: (stream) => this.#onceBegun(() => handlers.onStream(stream)),
      onConnected: (path) => {
        this.#onceBegun(() => {
          this.#stopConnectTimer();
          this.#progress("connected", path);
          handlers.onConnected();
          this.#recovery.start();
        });
      },
      onFirstFrame: () => this.#onceBegun(() => this.#progress("first_frame", null)),
      onFailed: () => this.#fail(),
    });
    this.#recovery = new Recovery(env, {
      flow: () => this.#peer.flow(),
      isPolite: () => this.#match?.polite === true,
      onInterrupted: () => handlers.onMedia("interrupted"),
      onFlowing: () => handlers.onMedia("flowing"),
      restart: () => this.#enqueue(() => this.#offer(true)),
      onGivenUp: () => this.#fail(),
    });
  }

  /** Whether it is the media of this call. */
  isOf(call: string): boolean {
    return this.#match?.call === call;
  }

  /** There is a match. Frames of the other side wait until we have confirmed it. */
  start(match: Match): void {
    this.#match = match;
    this.#stopConnectTimer = this.#env.after(CONNECT_MS, () => this.#fail());
    if (match.side === "caller") this.#enqueue(() => this.#offer());
  }

  /** We have confirmed. */
  negotiate(): void {
    this.#negotiate();
  }

  /** Both have. */
  begin(): void {
    this.#negotiate();
    this.#peer.attach();
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
          if (this.#unanswered === 0 || --this.#unanswered > 0) return;
          await this.#peer.acceptAnswer(frame.payload as SessionDescription);
          return await this.#releaseKept();
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

  /** Ends the media connection; nothing is sent after this. */
  close(): void {
    this.#isOver = true;
    this.#recovery.stop();
    this.#stopConnectTimer();
    this.#peer.close();
  }

  async #offer(restart = false): Promise<void> {
    this.#isMakingOffer = true;
    try {
      const payload = await this.#peer.createOffer(restart);
      this.#unanswered++;
      this.#send((call) => ({ type: "offer", call, payload }));
    } finally {
      this.#isMakingOffer = false;
    }
  }

  async #acceptOffer(offer: SessionDescription): Promise<void> {
    const isCrossing = this.#isMakingOffer || !this.#peer.isStable();
    this.#ignoresOffer = isCrossing && this.#match?.polite === false;
    if (this.#ignoresOffer) return;
    this.#recovery.handleOffer();
    // One of our own that crosses it is taken back, and not answered.
    this.#unanswered = 0;
    const payload = await this.#peer.acceptOffer(offer);
    this.#send((call) => ({ type: "answer", call, payload }));
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
        this.#fail();
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

  #progress(stage: Stage, path: Path | null): void {
    this.#send((call) => ({ type: "progress", call, stage, ...(path ? { path } : {}) }));
  }

  #send(frame: (call: string) => ClientFrame): void {
    if (!this.#isOver && this.#match !== null) this.#handlers.send(frame(this.#match.call));
  }

  #fail(): void {
    if (!this.#isOver && this.#match !== null) this.#handlers.onFailed("media_failed");
  }
}
