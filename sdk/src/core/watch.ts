/**
 * Watches a call once a second: how it goes, for the person; how much to send; what to report to the server.
 *
 * If a reading fails, as it does while a connection closes, the last good one stays. A sample goes to the server
 * every ten seconds in which the call was bad, the summary every half minute and when it has ended. A file of its own, since it is loaded only
 * when a call is there.
 */
import type { Quality, Sample } from "../generated/protocol.js";
import { Adaptation } from "./adaptation.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Environment, Reading, Sending } from "./environment.js";
import type { MediaState } from "./flow.js";
import { Meter } from "./quality.js";
import type { CallQuality } from "./quality.js";
import { Summary, whole } from "./summary.js";

export interface WatchHandlers {
  read(): Promise<Reading>;
  /** The state of the other side's media. */
  media(): MediaState;
  /** How much to send from now on. */
  onSending(sending: Sending): void;
  onQuality(quality: CallQuality): void;
  onSample(sample: Omit<Sample, "call">): void;
  /** Another half minute is over. */
  onSummary(): void;
}

const SECOND_MS = 1_000;
const SAMPLE_SECONDS = 10;
/** So that a tab that is killed leaves a summary. */
const SUMMARY_SECONDS = 30;

export class Watch {
  readonly #env: Pick<Environment<never>, "after" | "now">;
  readonly #handlers: WatchHandlers;
  readonly #meter = new Meter();
  readonly #adaptation: Adaptation;
  readonly #summary = new Summary();
  #sending: Sending;
  #stop: () => void = () => undefined;
  #isOver = false;
  #seconds = 0;
  #wasBad = false;
  /** The last estimate of the network's bandwidth. */
  availableKbps: number | null = null;

  constructor(env: Pick<Environment<never>, "after" | "now">, options: AdaptationOptions, isSaving: boolean, handlers: WatchHandlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#adaptation = new Adaptation(options, isSaving);
    this.#sending = this.#adaptation.sending;
  }

  /** How much to send now. */
  get sending(): Sending {
    return this.#sending;
  }

  start(): void {
    if (!this.#isOver) this.#stop = this.#env.after(SECOND_MS, () => void this.#look());
  }

  setSaving(on: boolean): void {
    this.#adaptation.setSaving(on);
    this.#adapt();
  }

  /** How the call was so far, if there was a second of it. */
  summary(call: string, interruptions: number, restarts: number): Quality | null {
    return this.#summary.of(call, interruptions, restarts);
  }

  /** The call has ended. */
  end(): void {
    this.#isOver = true;
    this.#stop();
  }

  async #look(): Promise<void> {
    const reading = await this.#handlers.read().catch(() => null);
    if (this.#isOver) return;
    if (reading !== null) this.#take(reading);
    this.start();
  }

  #take(reading: Reading): void {
    const now = this.#env.now();
    const media = this.#handlers.media();
    const isDead = media === "interrupted";
    this.#adaptation.handle(reading, isDead, now);
    this.#adapt();
    if (!isDead) this.availableKbps = reading.availableKbps ?? this.availableKbps;
    const second = this.#meter.handle(reading, media, now);
    if (second === null) return;
    const sendsPicture = this.#sending.picture;
    this.#summary.add(second, sendsPicture);
    this.#handlers.onQuality({ ...second, sendsPicture });
    const { level } = second;
    this.#wasBad ||= level === "poor" || level === "frozen" || level === "disconnected";
    if (++this.#seconds % SUMMARY_SECONDS === 0) this.#handlers.onSummary();
    if (this.#seconds % SAMPLE_SECONDS !== 0 || !this.#wasBad) return;
    this.#wasBad = false;
    this.#handlers.onSample({
      level,
      score: whole(second.score),
      rtt_ms: whole(second.roundTripMs),
      jitter_ms: whole(second.jitterMs),
      loss_permille: whole(10 * second.lossPercent),
      received_kbps: whole(second.receivedKbps),
      sent_kbps: whole(second.sentKbps),
      sends_picture: sendsPicture,
    });
  }

  #adapt(): void {
    const { sending } = this.#adaptation;
    if (JSON.stringify(sending) === JSON.stringify(this.#sending)) return;
    this.#sending = sending;
    this.#handlers.onSending(sending);
  }
}
