/**
 * How a call is going, once a second: a score from delay, jitter and loss, and a word for it.
 *
 * The score is a simplified E-model (ITU-T G.107). The word changes late, so that it does not flicker: for the worse
 * after two of three seconds, for the better after five. A picture that freezes now and then is poor, whatever the score; one
 * that does not move is frozen, and said so at once.
 */
import type { QualityLevel } from "../generated/protocol.js";
import type { Inbound, Reading } from "./environment.js";
import type { MediaState } from "./flow.js";

/** How a call is going. */
export interface CallQuality {
  readonly level: QualityLevel;
  /** 0 to 95. */
  readonly score: number;
  /** There and back between the two browsers. */
  readonly roundTripMs: number;
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly receivedKbps: number;
  readonly sentKbps: number;
  /** Whether our picture is sent; `false` while the network can carry sound alone. */
  readonly sendsPicture: boolean;
  /** Whether the other side's picture comes. */
  readonly receivesPicture: boolean;
  /** Packets of this second that should have come, and those of them that did not. */
  readonly expected: number;
  readonly lost: number;
  /** How often the picture froze in this second, and for how long. */
  readonly freezes: number;
  readonly freezeMs: number;
}

/** One second of a call, without what the meter cannot see. */
export type Second = Omit<CallQuality, "sendsPicture">;

const BEST = 94.768;
const WORSE_WEIGHT = 0.8;
const BETTER_WEIGHT = 0.4;
const CLEAR_MS = 5_000;
const SILENT_MS = 2_000;
/** A picture may stand still so much of the time. */
const FREEZE_SHARE = 0.02;
/** One lost packet of fewer than this says little. */
const EXPECTED_MIN = 10;

const LEVELS: readonly QualityLevel[] = ["disconnected", "frozen", "poor", "good", "excellent"];
const rank = (level: QualityLevel) => LEVELS.indexOf(level);

export class Meter {
  #before: { readonly at: number; readonly reading: Reading } | null = null;
  #score: number | null = null;
  #level: QualityLevel | null = null;
  #receivedAt = 0;
  #pictureAt = 0;
  #lastThree: QualityLevel[] = [];
  /** Since when it has been better than its word, and the worst in that time. */
  #better: { readonly since: number; readonly worst: QualityLevel } | null = null;

  /** The second before this reading; `null` for the first, or if counters began anew. */
  handle(reading: Reading, media: MediaState, now: number): Second | null {
    const before = this.#before;
    this.#before = { at: now, reading };
    if (before === null || reading.receivedBytes < before.reading.receivedBytes || now <= before.at) {
      this.#receivedAt = this.#pictureAt = now;
      return null;
    }
    const ms = now - before.at;
    const kbps = (name: "receivedBytes" | "sentBytes") => ((reading[name] - before.reading[name]) * 8) / ms;
    const sound = since(before.reading.sound, reading.sound);
    const picture = since(before.reading.picture, reading.picture);
    if (reading.receivedBytes > before.reading.receivedBytes) this.#receivedAt = now;
    if (picture.packets > 0) this.#pictureAt = now;
    const roundTripMs = reading.roundTripMs ?? 0;
    const isFrozen = picture.freezeMs / ms >= FREEZE_SHARE;
    const level = this.#judge([sound, picture], roundTripMs, isFrozen, media, now);
    return {
      level,
      score: level === "disconnected" ? 0 : (this.#score ?? BEST),
      roundTripMs,
      jitterMs: Math.max(sound.jitterMs, picture.jitterMs),
      lossPercent: Math.max(loss(sound), loss(picture)),
      receivedKbps: kbps("receivedBytes"),
      sentKbps: kbps("sentBytes"),
      receivesPicture: now - this.#pictureAt < SILENT_MS,
      expected: sound.packets + sound.lost + picture.packets + picture.lost,
      lost: sound.lost + picture.lost,
      freezes: picture.freezes,
      freezeMs: picture.freezeMs,
    };
  }

  #judge(media: Inbound[], roundTripMs: number, isFrozen: boolean, state: MediaState, now: number): QualityLevel {
    if (state === "interrupted" || now - this.#receivedAt >= SILENT_MS) return this.#take("disconnected");
    if (state === "frozen") return this.#take("frozen");
    const came = media.filter(({ packets, lost }) => packets + lost >= EXPECTED_MIN);
    if (came.length > 0) {
      const score = Math.min(...came.map((one) => scoreOf(one, roundTripMs)));
      const last = this.#score ?? score;
      this.#score = last + (score < last ? WORSE_WEIGHT : BETTER_WEIGHT) * (score - last);
    }
    const score = this.#score ?? BEST;
    const seen: QualityLevel = isFrozen || score <= 60 ? "poor" : score <= 80 ? "good" : "excellent";
    if (this.#level === null) return this.#take(seen);
    // Silent media come again: how well shows in the next seconds.
    if (this.#level === "disconnected" || this.#level === "frozen") return this.#take("poor");
    return this.#settle(seen, this.#level, now);
  }

  #settle(seen: QualityLevel, level: QualityLevel, now: number): QualityLevel {
    this.#lastThree = [...this.#lastThree.slice(-2), seen];
    const worse = this.#lastThree.filter((one) => rank(one) < rank(level));
    if (worse.length >= 2) return this.#take(LEVELS[Math.max(...worse.map(rank))]!);
    if (rank(seen) <= rank(level)) {
      this.#better = null;
      return level;
    }
    const { since, worst } = (this.#better ??= { since: now, worst: seen });
    this.#better = { since, worst: rank(seen) < rank(worst) ? seen : worst };
    return now - since >= CLEAR_MS ? this.#take(this.#better.worst) : level;
  }

  #take(level: QualityLevel): QualityLevel {
    if (level !== this.#level) {
      this.#lastThree = [];
      this.#better = null;
    }
    return (this.#level = level);
  }
}

const NOTHING: Inbound = { packets: 0, lost: 0, jitterMs: 0, freezes: 0, freezeMs: 0 };

function since(before: Inbound | null, now: Inbound | null): Inbound {
  if (now === null) return NOTHING;
  const { packets, lost, freezes, freezeMs } = before ?? NOTHING;
  return {
    packets: now.packets - packets,
    // Packets that come late are counted back.
    lost: Math.max(0, now.lost - lost),
    jitterMs: now.jitterMs,
    freezes: now.freezes - freezes,
    freezeMs: now.freezeMs - freezeMs,
  };
}

function loss({ packets, lost }: Pick<Inbound, "packets" | "lost">): number {
  return lost === 0 ? 0 : (100 * lost) / (packets + lost);
}

/** The score of one medium that came, 0 to 95. */
export function scoreOf(inbound: Pick<Inbound, "packets" | "lost" | "jitterMs">, roundTripMs: number): number {
  const delay = roundTripMs + 2 * inbound.jitterMs + 10;
  const score = BEST - (delay < 160 ? delay / 40 : (delay - 120) / 10) - 2.5 * loss(inbound);
  return Math.max(0, score);
}
