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
export declare function makeCourse(): (reading: Reading) => ConnectionQuality;
