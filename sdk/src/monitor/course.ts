/**
 * How a call went so far: means over its readings, and the level of most of them.
 *
 * Pure.
 */
import type { CallQuality } from "../core/quality.js";
import type { ConnectionQuality } from "../generated/beacon.js";

/** How it went for a while. */
export type Reading = Pick<CallQuality, "level" | "score" | "roundTripMs" | "jitterMs" | "lost" | "expected">;

/** Takes a reading, and says how it went so far. */
export function makeCourse(): (reading: Reading) => ConnectionQuality {
  const levels: { [Level in CallQuality["level"]]?: number } = {};
  const sums = { score: 0, roundTripMs: 0, jitterMs: 0, lost: 0, expected: 0 };
  let readings = 0;
  const mean = (sum: number) => Math.round(sum / readings);
  return (reading) => {
    readings++;
    for (const name in sums) sums[name as keyof typeof sums] += reading[name as keyof typeof sums];
    levels[reading.level] = (levels[reading.level] ?? 0) + 1;
    const [[level]] = Object.entries(levels).sort(([, a], [, b]) => b - a) as [[CallQuality["level"], number]];
    return {
      level,
      score: mean(sums.score),
      rtt_ms: mean(sums.roundTripMs),
      jitter_ms: mean(sums.jitterMs),
      loss_permille: Math.round((1_000 * sums.lost) / (sums.expected || 1)),
    };
  };
}
