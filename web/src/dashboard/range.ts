/**
 * The stretches of time that the page shows, and how the server is asked about them. Pure: `now` is given.
 */

export type RangeName = "1h" | "24h" | "7d" | "30d";

/** A chart has 60 to 170 points. Minutes are kept for 48 hours, hours for 35 days. */
const RANGES = {
  "1h": { units: 60, unit: "m", step: "1m" },
  "24h": { units: 24, unit: "h", step: "15m" },
  "7d": { units: 168, unit: "h", step: "1h" },
  "30d": { units: 720, unit: "h", step: "6h" },
} as const;

export const RANGE_NAMES = Object.keys(RANGES) as RangeName[];
const UNIT_MS = { m: 60_000, h: 3_600_000 };
/** The server takes steps of 366 days at most; so many hours are less, and so many minutes too. */
const STEP_MAX = 8_000;

/** The points of a chart. */
export const points = (range: RangeName): string => `&from=${range}&step=${RANGES[range].step}`;

/**
 * All of a range as one point, so that its percentiles come from merged sketches and not from other percentiles.
 *
 * A stretch begins at a multiple of its own length. We look for a length that holds the range, and of which a multiple lies
 * just before the range's start: among thousands of lengths one is next to it.
 */
export function whole(range: RangeName, now: number): string {
  const { units, unit } = RANGES[range];
  const start = Math.floor(now / UNIT_MS[unit]) - units;
  // A length of whole hours or days would be made of longer rows, which begin elsewhere.
  const coarser = unit === "m" ? 60 : 24;
  let best = { step: 0, excess: Infinity };
  for (let step = units + 1; step <= STEP_MAX && best.excess > 0; step++) {
    const excess = start % step;
    if (step % coarser !== 0 && excess < best.excess && excess + units < step) best = { step, excess };
  }
  return `&from=${(start - best.excess) * UNIT_MS[unit]}&step=${best.step}${unit}`;
}
