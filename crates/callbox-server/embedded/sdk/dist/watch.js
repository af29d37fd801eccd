// src/core/adaptation.ts
var STEPS = [
  [700, 1500, 1, 30],
  [350, 700, 1, 20],
  [150, 350, 2, 15],
  [0, 150, 4, 10]
];
var SAVING = 2;
var SMALLEST = 3;
var SOUND_ALONE = 4;
var AUDIO_ONLY_KBPS = 60;
var UP_FACTOR = 1.2;
var UP_MS = 5e3;
var DOWN_SECONDS = 2;
var SETTLE_MS = 5e3;
var OUTAGE_MS = 3e3;
var LOSS_MAX = 0.1;
var ESTIMATE_KBPS_MIN = 150;
var STALE_MS = 4e3;
var RETRY_MS = 1e4;
var RETRY_MS_MAX = 6e4;
var Adaptation = class {
  #options;
  #isSaving;
  #step = 0;
  #startedAt = null;
  #loweredAt = -Infinity;
  #sent = null;
  /** Since when nothing comes, and the step of then. */
  #dead = null;
  #bad = 0;
  #goodSince = null;
  #stoppedAt = 0;
  #retryMs = RETRY_MS;
  constructor(options, isSaving) {
    this.#options = options;
    this.#isSaving = isSaving;
  }
  get sending() {
    const step = Math.max(this.#step, this.#best);
    const [, maxKbps, scaleDownBy, maxFramerate] = STEPS[Math.min(step, SMALLEST)];
    const picture = step !== SOUND_ALONE;
    return { picture, scaleDownBy, maxFramerate, maxKbps: Math.min(maxKbps, this.#options.maxKbps ?? Infinity) };
  }
  setSaving(on) {
    this.#isSaving = on;
  }
  /** Another second, in which something came of the other side or nothing did (`isDead`). */
  handle(reading, isDead, now) {
    if (this.#options.adapt === false) return;
    this.#dead = isDead ? this.#dead ?? { since: now, step: this.#step } : null;
    if (this.#dead !== null && now - this.#dead.since >= OUTAGE_MS) return this.#sitOut(this.#dead.step, now);
    if (reading.sentBytes < (this.#sent?.bytes ?? 0)) this.#settle(now);
    this.#startedAt ??= now;
    const isLossy = reading.lostThere > LOSS_MAX && now - this.#loweredAt >= STALE_MS;
    const kbps = this.#carried(reading, now);
    if (this.#step === SOUND_ALONE) return this.#retry(isLossy, now);
    const isLow = kbps < this.#floor(this.#step) && (now - this.#startedAt >= SETTLE_MS || isLossy);
    this.#bad = isLow || isLossy ? this.#bad + 1 : 0;
    if (this.#bad >= DOWN_SECONDS) return this.#down(isLow ? kbps : 0, now);
    if (this.#step <= this.#best || isLossy || kbps < UP_FACTOR * STEPS[this.#step - 1][0]) {
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
  #sitOut(stepBefore, now) {
    this.#step = Math.min(this.#step, Math.max(stepBefore, Math.min(stepBefore + 1, SMALLEST)));
    this.#settle(now);
    this.#loweredAt = now;
  }
  /** A path begins anew: an estimate that fell meanwhile says nothing of what it carries. */
  #settle(now) {
    this.#startedAt = now;
    this.#sent = null;
    this.#bad = 0;
    this.#goodSince = null;
  }
  /** The bandwidth that the network carries, as far as is known. */
  #carried({ availableKbps, lostThere, sentBytes }, now) {
    const before = this.#sent;
    this.#sent = { at: now, bytes: sentBytes };
    const kbps = availableKbps ?? Infinity;
    if (before === null || lostThere <= LOSS_MAX || kbps > ESTIMATE_KBPS_MIN) return kbps;
    return Math.min(kbps, (1 - lostThere) * Math.max(0, sentBytes - before.bytes) * 8 / (now - before.at));
  }
  get #best() {
    return this.#isSaving ? SAVING : 0;
  }
  /** The bandwidth that a step must have; for the smallest picture as much as the app says. */
  #floor(step) {
    return step === SMALLEST ? this.#options.audioOnlyBelowKbps ?? AUDIO_ONLY_KBPS : STEPS[step][0];
  }
  /** To the step that fits as well as one up must, and one at least; the picture goes only for want of bandwidth. */
  #down(kbps, now) {
    let step = Math.max(this.#step, this.#best) + 1;
    while (step < SMALLEST && kbps > 0 && kbps < UP_FACTOR * this.#floor(step)) step++;
    if (step === SMALLEST && kbps > 0 && kbps < this.#floor(SMALLEST)) step = SOUND_ALONE;
    if (step >= SOUND_ALONE && (kbps === 0 || this.#floor(SMALLEST) === 0)) step = SMALLEST;
    if (step === SOUND_ALONE) this.#stoppedAt = now;
    this.#loweredAt = now;
    this.#go(step);
  }
  #retry(isLossy, now) {
    if (isLossy || now - this.#stoppedAt < this.#retryMs) return;
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    this.#startedAt = now;
    this.#go(SMALLEST);
  }
  #go(step) {
    if (step < SMALLEST) this.#retryMs = RETRY_MS;
    this.#step = step;
    this.#bad = 0;
    this.#goodSince = null;
  }
};

// src/core/quality.ts
var BEST = 94.768;
var WORSE_WEIGHT = 0.8;
var BETTER_WEIGHT = 0.4;
var CLEAR_MS = 5e3;
var SILENT_MS = 2e3;
var FREEZE_SHARE = 0.02;
var EXPECTED_MIN = 10;
var LEVELS = ["disconnected", "frozen", "poor", "good", "excellent"];
var rank = (level) => LEVELS.indexOf(level);
var Meter = class {
  #before = null;
  #score = null;
  #level = null;
  #receivedAt = 0;
  #pictureAt = 0;
  #lastThree = [];
  /** Since when it has been better than its word, and the worst in that time. */
  #better = null;
  /** The second before this reading; `null` for the first, or if counters began anew. */
  handle(reading, media, now) {
    const before = this.#before;
    this.#before = { at: now, reading };
    if (before === null || reading.receivedBytes < before.reading.receivedBytes || now <= before.at) {
      this.#receivedAt = this.#pictureAt = now;
      return null;
    }
    const ms = now - before.at;
    const kbps = (name) => (reading[name] - before.reading[name]) * 8 / ms;
    const sound = since(before.reading.sound, reading.sound);
    const picture = since(before.reading.picture, reading.picture);
    if (reading.receivedBytes > before.reading.receivedBytes) this.#receivedAt = now;
    if (picture.packets > 0) this.#pictureAt = now;
    const roundTripMs = reading.roundTripMs ?? 0;
    const isFrozen = picture.freezeMs / ms >= FREEZE_SHARE;
    const level = this.#judge([sound, picture], roundTripMs, isFrozen, media, now);
    return {
      level,
      score: level === "disconnected" ? 0 : this.#score ?? BEST,
      roundTripMs,
      jitterMs: Math.max(sound.jitterMs, picture.jitterMs),
      lossPercent: Math.max(loss(sound), loss(picture)),
      receivedKbps: kbps("receivedBytes"),
      sentKbps: kbps("sentBytes"),
      receivesPicture: now - this.#pictureAt < SILENT_MS,
      expected: sound.packets + sound.lost + picture.packets + picture.lost,
      lost: sound.lost + picture.lost,
      freezes: picture.freezes,
      freezeMs: picture.freezeMs
    };
  }
  #judge(media, roundTripMs, isFrozen, state, now) {
    if (state === "interrupted" || now - this.#receivedAt >= SILENT_MS) return this.#take("disconnected");
    if (state === "frozen") return this.#take("frozen");
    const came = media.filter(({ packets, lost }) => packets + lost >= EXPECTED_MIN);
    if (came.length > 0) {
      const score2 = Math.min(...came.map((one) => scoreOf(one, roundTripMs)));
      const last = this.#score ?? score2;
      this.#score = last + (score2 < last ? WORSE_WEIGHT : BETTER_WEIGHT) * (score2 - last);
    }
    const score = this.#score ?? BEST;
    const seen = isFrozen || score <= 60 ? "poor" : score <= 80 ? "good" : "excellent";
    if (this.#level === null) return this.#take(seen);
    if (this.#level === "disconnected" || this.#level === "frozen") return this.#take("poor");
    return this.#settle(seen, this.#level, now);
  }
  #settle(seen, level, now) {
    this.#lastThree = [...this.#lastThree.slice(-2), seen];
    const worse = this.#lastThree.filter((one) => rank(one) < rank(level));
    if (worse.length >= 2) return this.#take(LEVELS[Math.max(...worse.map(rank))]);
    if (rank(seen) <= rank(level)) {
      this.#better = null;
      return level;
    }
    const { since: since2, worst } = this.#better ??= { since: now, worst: seen };
    this.#better = { since: since2, worst: rank(seen) < rank(worst) ? seen : worst };
    return now - since2 >= CLEAR_MS ? this.#take(this.#better.worst) : level;
  }
  #take(level) {
    if (level !== this.#level) {
      this.#lastThree = [];
      this.#better = null;
    }
    return this.#level = level;
  }
};
var NOTHING = { packets: 0, lost: 0, jitterMs: 0, freezes: 0, freezeMs: 0 };
function since(before, now) {
  if (now === null) return NOTHING;
  const { packets, lost, freezes, freezeMs } = before ?? NOTHING;
  return {
    packets: now.packets - packets,
    // Packets that come late are counted back.
    lost: Math.max(0, now.lost - lost),
    jitterMs: now.jitterMs,
    freezes: now.freezes - freezes,
    freezeMs: now.freezeMs - freezeMs
  };
}
function loss({ packets, lost }) {
  return lost === 0 ? 0 : 100 * lost / (packets + lost);
}
function scoreOf(inbound, roundTripMs) {
  const delay = roundTripMs + 2 * inbound.jitterMs + 10;
  const score = BEST - (delay < 160 ? delay / 40 : (delay - 120) / 10) - 2.5 * loss(inbound);
  return Math.max(0, score);
}

// src/core/summary.ts
var Summary = class {
  #at = { excellent: 0, good: 0, poor: 0, frozen: 0, disconnected: 0 };
  #sums = { score: 0, roundTripMs: 0, jitterMs: 0, receivedKbps: 0, sentKbps: 0, expected: 0, lost: 0, freezes: 0, freezeMs: 0 };
  #seconds = 0;
  #scoreMin = Infinity;
  #audioOnly = 0;
  add(second, sendsPicture) {
    this.#seconds++;
    this.#at[second.level]++;
    for (const name of Object.keys(this.#sums)) this.#sums[name] += second[name];
    this.#scoreMin = Math.min(this.#scoreMin, second.score);
    if (!sendsPicture) this.#audioOnly++;
  }
  /** `null` if there was not a second of it. */
  of(call, interruptions, restarts) {
    if (this.#seconds === 0) return null;
    const sums = this.#sums;
    const mean = (sum) => whole(sum / this.#seconds);
    return {
      call,
      excellent_s: this.#at.excellent,
      good_s: this.#at.good,
      poor_s: this.#at.poor,
      frozen_s: this.#at.frozen,
      disconnected_s: this.#at.disconnected,
      score: mean(sums.score),
      score_min: whole(this.#scoreMin),
      rtt_ms: mean(sums.roundTripMs),
      jitter_ms: mean(sums.jitterMs),
      loss_permille: whole(1e3 * sums.lost / Math.max(1, sums.expected)),
      received_kbps: mean(sums.receivedKbps),
      sent_kbps: mean(sums.sentKbps),
      freezes: whole(sums.freezes),
      freeze_ms: whole(sums.freezeMs),
      interruptions,
      restarts,
      audio_only_s: this.#audioOnly
    };
  }
};
function whole(figure) {
  return Number.isFinite(figure) ? Math.max(0, Math.round(figure)) : 0;
}

// src/core/watch.ts
var SECOND_MS = 1e3;
var SAMPLE_SECONDS = 10;
var SUMMARY_SECONDS = 30;
var Watch = class {
  #env;
  #handlers;
  #meter = new Meter();
  #adaptation;
  #summary = new Summary();
  #sending;
  #stop = () => void 0;
  #isOver = false;
  #seconds = 0;
  #wasBad = false;
  /** The last estimate of the network's bandwidth. */
  availableKbps = null;
  constructor(env, options, isSaving, handlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#adaptation = new Adaptation(options, isSaving);
    this.#sending = this.#adaptation.sending;
  }
  /** How much to send now. */
  get sending() {
    return this.#sending;
  }
  start() {
    if (!this.#isOver) this.#stop = this.#env.after(SECOND_MS, () => void this.#look());
  }
  setSaving(on) {
    this.#adaptation.setSaving(on);
    this.#adapt();
  }
  /** How the call was so far, if there was a second of it. */
  summary(call, interruptions, restarts) {
    return this.#summary.of(call, interruptions, restarts);
  }
  /** The call has ended. */
  end() {
    this.#isOver = true;
    this.#stop();
  }
  async #look() {
    const reading = await this.#handlers.read().catch(() => null);
    if (this.#isOver) return;
    if (reading !== null) this.#take(reading);
    this.start();
  }
  #take(reading) {
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
      sends_picture: sendsPicture
    });
  }
  #adapt() {
    const { sending } = this.#adaptation;
    if (JSON.stringify(sending) === JSON.stringify(this.#sending)) return;
    this.#sending = sending;
    this.#handlers.onSending(sending);
  }
};
export {
  Watch
};
