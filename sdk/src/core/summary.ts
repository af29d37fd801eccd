/**
 * A call's quality in one row of figures, for the record. Whole numbers, each within what the server takes.
 */
import type { Quality, QualityLevel } from "../generated/protocol.js";
import type { Second } from "./quality.js";

type Sums = Record<"score" | "roundTripMs" | "jitterMs" | "receivedKbps" | "sentKbps" | "expected" | "lost" | "freezes" | "freezeMs", number>;

export class Summary {
  readonly #at: Record<QualityLevel, number> = { excellent: 0, good: 0, poor: 0, frozen: 0, disconnected: 0 };
  readonly #sums: Sums = { score: 0, roundTripMs: 0, jitterMs: 0, receivedKbps: 0, sentKbps: 0, expected: 0, lost: 0, freezes: 0, freezeMs: 0 };
  #seconds = 0;
  #scoreMin = Infinity;
  #audioOnly = 0;

  add(second: Second, sendsPicture: boolean): void {
    this.#seconds++;
    this.#at[second.level]++;
    for (const name of Object.keys(this.#sums) as (keyof Sums)[]) this.#sums[name] += second[name];
    this.#scoreMin = Math.min(this.#scoreMin, second.score);
    if (!sendsPicture) this.#audioOnly++;
  }

  /** `null` if there was not a second of it. */
  of(call: string, interruptions: number, restarts: number): Quality | null {
    if (this.#seconds === 0) return null;
    const sums = this.#sums;
    const mean = (sum: number) => whole(sum / this.#seconds);
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
      loss_permille: whole((1_000 * sums.lost) / Math.max(1, sums.expected)),
      received_kbps: mean(sums.receivedKbps),
      sent_kbps: mean(sums.sentKbps),
      freezes: whole(sums.freezes),
      freeze_ms: whole(sums.freezeMs),
      interruptions,
      restarts,
      audio_only_s: this.#audioOnly,
    };
  }
}

/** A browser's figure as the wire takes it: whole, not below zero, and a number. */
export function whole(figure: number): number {
  return Number.isFinite(figure) ? Math.max(0, Math.round(figure)) : 0;
}
