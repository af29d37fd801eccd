/**
 * Looks at a call from its match to its end: five times a second whether the other side is seen and heard, once a second how it
 * goes. It notices when the machine slept. It reads and reports, and decides nothing.
 */
import type { Quality, Sample } from "../generated/protocol.js";
import type { CallSetup } from "./call-setup.js";
import type { Environment, Flow, Peer, Sending } from "./environment.js";
import { Judge, LOOK_MS } from "./flow.js";
import type { Expected, MediaState } from "./flow.js";
import { ARRIVING_MS } from "./patience.js";
import type { CallQuality } from "./quality.js";
import type { Watch } from "./watch.js";

export interface ObserverHandlers {
  /** The peer connection that is shown. */
  shown(): Peer;
  /** Nothing comes, though it always did, and it is too early to say that it is interrupted. */
  onSilence(): void;
  /** The state of the other side's media has changed. */
  onMedia(media: MediaState, now: number): void;
  /** Another look is done. */
  onTime(now: number): void;
  /** Time stopped: the machine slept. */
  onSlept(): void;
  onSending(sending: Sending): void;
  onQuality(quality: CallQuality): void;
  onSample(sample: Omit<Sample, "call">): void;
  /** A summary is due. */
  onSummary(): void;
}

/** A timer that rings so late stopped with the machine: pages in a call have theirs slowed to one a second at most. */
const SLEPT_MS = 10_000;

export class Observer {
  readonly #env: Pick<Environment<never>, "after" | "now">;
  readonly #setup: Pick<CallSetup<unknown>, "media">;
  readonly #handlers: ObserverHandlers;
  #judge: Judge | null = null;
  /** Loaded once there is something to watch. */
  #watch: Watch | null = null;
  #isSaving: boolean;
  #expected: Expected = null;
  #interruptions = 0;
  #lookedAt = 0;
  #isOver = false;
  #isLooking = false;
  #stop: () => void = () => undefined;

  constructor(env: Pick<Environment<never>, "after" | "now">, setup: Pick<CallSetup<unknown>, "media" | "isSaving">, handlers: ObserverHandlers) {
    this.#env = env;
    this.#setup = setup;
    this.#isSaving = setup.isSaving;
    this.#handlers = handlers;
  }

  /** Whether the other side's camera is to be seen, as far as is known. */
  get missesPicture(): boolean {
    return this.#expected === null || this.#expected.picture === "camera";
  }
  /** The settings for our picture, once they were decided. */
  get sending(): Sending | null {
    return this.#watch?.sending ?? null;
  }
  /** The last estimate of the network's bandwidth. */
  get availableKbps(): number | null {
    return this.#watch?.availableKbps ?? null;
  }

  /** There is a match. */
  start(): void {
    this.#lookedAt = this.#env.now();
    this.#look(LOOK_MS);
  }

  /** There is something to see and hear from now on. */
  handleConnected(): void {
    this.#judge = new Judge(this.#env.now());
    void this.#startWatch();
  }

  /** Another peer connection is shown, which counts from zero. */
  handleShown(): void {
    this.#judge?.handleNewPeer(this.#env.now());
  }

  /** Another network, perhaps. */
  handleNetwork(): void {
    this.#judge?.handleNetwork(false, this.#env.now());
  }

  /** What is sent arrives again; `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
  handleSure(hasMoved: boolean): void {
    if (hasMoved) {
      this.#judge?.handleNetwork(true, this.#env.now());
      this.#hurry();
    }
    this.#env.after(ARRIVING_MS, () => this.#isOver || this.#handlers.onTime(this.#env.now()));
  }

  /** Sets the media that the other side says it sends. */
  setExpected(expected: Expected): void {
    this.#expected = expected;
  }

  setSaving(on: boolean): void {
    this.#isSaving = on;
    this.#watch?.setSaving(on);
  }

  /** How the call was so far, if there was a second of it. */
  summary(call: string, restarts: number): Quality | null {
    return this.#watch?.summary(call, this.#interruptions, restarts) ?? null;
  }

  /** The call has ended. */
  end(): void {
    this.#isOver = true;
    this.#stop();
    this.#watch?.end();
  }

  /** The next look is due now. */
  #hurry(): void {
    if (this.#isLooking || this.#isOver) return;
    this.#stop();
    this.#look(0);
  }

  #look(ms: number): void {
    this.#stop = this.#env.after(ms, () => void this.#lookNow());
  }

  async #lookNow(): Promise<void> {
    this.#isLooking = true;
    const shown = this.#handlers.shown();
    const flow = this.#judge === null ? null : await shown.flow().catch(() => null);
    if (this.#isOver) return;
    const now = this.#env.now();
    if (now - this.#lookedAt >= SLEPT_MS) this.#handlers.onSlept();
    this.#lookedAt = now;
    // Another may be shown by now.
    if (shown === this.#handlers.shown()) this.#consider(flow, now);
    this.#isLooking = false;
    this.#handlers.onTime(now);
    if (!this.#isOver) this.#look(LOOK_MS);
  }

  #consider(flow: Flow | null, now: number): void {
    const before = this.#judge?.state;
    const wasSilent = this.#judge?.isSilent;
    const media = this.#judge?.handle(flow, this.#expected, now);
    if (this.#judge?.isSilent && !wasSilent) this.#handlers.onSilence();
    if (media === undefined || media === before) return;
    if (media === "interrupted") this.#interruptions++;
    this.#handlers.onMedia(media, now);
  }

  async #startWatch(): Promise<void> {
    const { Watch } = await import("./watch.js");
    if (this.#isOver) return;
    this.#watch = new Watch(this.#env, this.#setup.media, this.#isSaving, {
      read: () => this.#handlers.shown().reading(),
      media: () => this.#judge?.state ?? "flowing",
      onSending: (sending) => this.#handlers.onSending(sending),
      onQuality: (quality) => this.#handlers.onQuality(quality),
      onSample: (sample) => this.#handlers.onSample(sample),
      onSummary: () => this.#handlers.onSummary(),
    });
    this.#handlers.onSending(this.#watch.sending);
    this.#watch.start();
  }
}
