/**
 * `performanceMonitor.getPerformanceSummary()`: the figures of this page and this visit, as far as they are known.
 *
 * Pure. Its keys are always there; a vital is `null` until it is known.
 */
import type { Vitals } from "../generated/beacon.js";
import type { QualityLevel } from "../generated/protocol.js";
import type { Visit } from "./visit.js";

export interface PerformanceSummary {
  /** Of the page that was loaded, in milliseconds; `cls` is a score. Browsers judge by INP now; FID is kept for comparison. */
  readonly coreWebVitals: { readonly [Name in "fcp" | "lcp" | "cls" | "fid" | "inp" | "ttfb"]: number | null };
  readonly sessionMetrics: {
    /** Of the visit. */
    readonly pageViews: number;
    readonly errors: number;
    /** How long the visit has lasted, in milliseconds. */
    readonly duration: number;
    /** Until the page's `load` event was over, in milliseconds. */
    readonly loadTime: number | null;
    /** Of the call that goes on, or of the last one. */
    readonly connectionQuality: "excellent" | "good" | "poor" | "lost" | "unknown";
  };
}

export interface Known {
  readonly vitals: Vitals;
  readonly visit: Visit | undefined;
  readonly level: QualityLevel | undefined;
}

export function summaryOf({ vitals, visit, level = undefined }: Partial<Known> = {}, now: number): PerformanceSummary {
  const { fcp = null, lcp = null, cls = null, fid = null, inp = null, ttfb = null, load: loadTime = null } = vitals ?? {};
  const { views: pageViews = 0, errors = 0, began = now } = visit ?? {};
  const connectionQuality = level === "frozen" || level === "disconnected" ? "lost" : (level ?? "unknown");
  return { coreWebVitals: { fcp, lcp, cls, fid, inp, ttfb }, sessionMetrics: { pageViews, errors, duration: now - began, loadTime, connectionQuality } };
}
