/**
 * How much of our picture is sent, by what the network carries.
 *
 * The browser's own control keeps within the bandwidth by making the picture worse; here it is made smaller and slower
 * in good time, and left out if it would take the sound with it. Down after two seconds, up one step after five.
 */
import type { Reading, Sending } from "./environment.js";

export interface AdaptationOptions {
  /** The most that our picture may take, in kbit/s: 1,500 if left out. */
  maxKbps?: number;
  /** Below this the picture is left out, so that the sound stays whole: 60 if left out; 0 keeps it always. */
  audioOnlyBelowKbps?: number;
  /** `false` leaves the picture's size and rate to the browser. */
  adapt?: boolean;
}

/** Steps, best first: from how much on each is good, and how much it takes at most. */
const STEPS: readonly (readonly [needsKbps: number, maxKbps: number, scaleDownBy: number, maxFramerate: number])[] = [
  [700, 1_500, 1, 30],
  [350, 700, 1, 20],
  [150, 350, 2, 15],
  [0, 150, 4, 10],
];
const SAVING = 2;
const SMALLEST = 3;
const SOUND_ALONE = 4;
const AUDIO_ONLY_KBPS = 60;
/** A step up must be worth it: more than it needs, for a while. */
const UP_FACTOR = 1.2;
const UP_MS = 5_000;
const DOWN_SECONDS = 2;
/** The browser's estimate begins low and grows within seconds. */
const SETTLE_MS = 5_000;
/** Nothing came for so long: the path is dead. Shorter gaps are what a narrow network makes, and are learnt from. */
const OUTAGE_MS = 3_000;
/** More loss than this, and we send too much, whatever the estimate says. */
const LOSS_MAX = 0.1;
/**
 * Chromium's estimate falls no lower than what it takes for picture and sound at their worst, about 96; so near to it, what
 * arrives says more.
 */
const ESTIMATE_KBPS_MIN = 150;
/** Reports of losses are late: so long they may be of the step before. */
const STALE_MS = 4_000;
/** Without a picture little is sent and little is learnt, so it is tried again, ever more seldom. */
const RETRY_MS = 10_000;
const RETRY_MS_MAX = 60_000;

export class Adaptation {
  readonly #options: AdaptationOptions;
  #isSaving: boolean;
  #step = 0;
  #startedAt: number | null = null;
  #loweredAt = -Infinity;
  #sent: { readonly at: number; readonly bytes: number } | null = null;
  /** Since when nothing comes, and the step of then. */
  #dead: { readonly since: number; readonly step: number } | null = null;
  #bad = 0;
  #goodSince: number | null = null;
  #stoppedAt = 0;
  #retryMs = RETRY_MS;

  constructor(options: AdaptationOptions, isSaving: boolean) {
    this.#options = options;
    this.#isSaving = isSaving;
  }

  get sending(): Sending {
    const step = Math.max(this.#step, this.#best);
    const [, maxKbps, scaleDownBy, maxFramerate] = STEPS[Math.min(step, SMALLEST)]!;
    const picture = step !== SOUND_ALONE;
    return { picture, scaleDownBy, maxFramerate, maxKbps: Math.min(maxKbps, this.#options.maxKbps ?? Infinity) };
  }

  setSaving(on: boolean): void {
    this.#isSaving = on;
  }

  /** Another second, in which something came of the other side or nothing did (`isDead`). */
  handle(reading: Reading, isDead: boolean, now: number): void {
    if (this.#options.adapt === false) return;
    this.#dead = isDead ? (this.#dead ?? { since: now, step: this.#step }) : null;
    if (this.#dead !== null && now - this.#dead.since >= OUTAGE_MS) return this.#sitOut(this.#dead.step, now);
    if (reading.sentBytes < (this.#sent?.bytes ?? 0)) this.#settle(now);
    this.#startedAt ??= now;
    const isLossy = reading.lostThere > LOSS_MAX && now - this.#loweredAt >= STALE_MS;
    const kbps = this.#carried(reading, now);
    if (this.#step === SOUND_ALONE) return this.#retry(isLossy, now);
    const isLow = kbps < this.#floor(this.#step) && (now - this.#startedAt >= SETTLE_MS || isLossy);
    this.#bad = isLow || isLossy ? this.#bad + 1 : 0;
    if (this.#bad >= DOWN_SECONDS) return this.#down(isLow ? kbps : 0, now);
    if (this.#step <= this.#best || isLossy || kbps < UP_FACTOR * STEPS[this.#step - 1]![0]) {
      this.#goodSince = null;
      return;
    }
    this.#goodSince ??= now;
    if (now - this.#goodSince >= UP_MS) this.#go(this.#step - 1);
  }

  /**
   * A path is dead. The browser's estimate falls all the while, and says nothing of the next path: the picture returns with
   * it, one step below the one of before at most, in case that it was too much of it that made the silence.
   */
  #sitOut(stepBefore: number, now: number): void {
    this.#step = Math.min(this.#step, Math.max(stepBefore, Math.min(stepBefore + 1, SMALLEST)));
    this.#settle(now);
    // For a while, reports of losses are of the outage.
    this.#loweredAt = now;
  }

  /** A path begins anew: an estimate that fell meanwhile says nothing of what it carries. */
  #settle(now: number): void {
    this.#startedAt = now;
    this.#sent = null;
    this.#bad = 0;
    this.#goodSince = null;
  }

  /** The bandwidth that the network carries, as far as is known. */
  #carried({ availableKbps, lostThere, sentBytes }: Reading, now: number): number {
    const before = this.#sent;
    this.#sent = { at: now, bytes: sentBytes };
    const kbps = availableKbps ?? Infinity;
    if (before === null || lostThere <= LOSS_MAX || kbps > ESTIMATE_KBPS_MIN) return kbps;
    return Math.min(kbps, ((1 - lostThere) * Math.max(0, sentBytes - before.bytes) * 8) / (now - before.at));
  }

  get #best(): number {
    return this.#isSaving ? SAVING : 0;
  }

  /** The bandwidth that a step must have; for the smallest picture as much as the app says. */
  #floor(step: number): number {
    return step === SMALLEST ? (this.#options.audioOnlyBelowKbps ?? AUDIO_ONLY_KBPS) : STEPS[step]![0];
  }

  /** To the step that fits as well as one up must, and one at least; the picture goes only for want of bandwidth. */
  #down(kbps: number, now: number): void {
    let step = Math.max(this.#step, this.#best) + 1;
    while (step < SMALLEST && kbps > 0 && kbps < UP_FACTOR * this.#floor(step)) step++;
    if (step === SMALLEST && kbps > 0 && kbps < this.#floor(SMALLEST)) step = SOUND_ALONE;
    if (step >= SOUND_ALONE && (kbps === 0 || this.#floor(SMALLEST) === 0)) step = SMALLEST;
    if (step === SOUND_ALONE) this.#stoppedAt = now;
    this.#loweredAt = now;
    this.#go(step);
  }

  #retry(isLossy: boolean, now: number): void {
    if (isLossy || now - this.#stoppedAt < this.#retryMs) return;
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    // The estimate is given its time again.
    this.#startedAt = now;
    this.#go(SMALLEST);
  }

  #go(step: number): void {
    // A picture that has lasted is not on trial any more.
    if (step < SMALLEST) this.#retryMs = RETRY_MS;
    this.#step = step;
    this.#bad = 0;
    this.#goodSince = null;
  }
}
