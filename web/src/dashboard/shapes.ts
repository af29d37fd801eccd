/**
 * What the page reads of the answers that the SDK has no types of: errors by their groups, and one visit.
 *
 * Only the fields that are shown. Texts of errors are strangers': they are shown as text, never as markup.
 */
import type { LiveSample } from "@callbox/client";

/** One group of `GET /v1/errors`. */
export interface ErrorGroup {
  readonly fingerprint: string;
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  readonly first_at: number;
  readonly last_at: number;
  readonly count: number;
  readonly releases: readonly { readonly release: string }[];
  readonly hours: readonly { readonly at: number; readonly count: number }[];
  readonly sample: {
    readonly visit: string;
    readonly route: string;
    readonly frames: readonly { readonly function: string; readonly file: string; readonly line: number; readonly column: number }[];
  } | null;
}

/** `GET /v1/visits/{visit}`. */
export interface VisitStory {
  readonly visit: string;
  readonly started_at: number;
  readonly last_at: number;
  readonly views: readonly {
    readonly started_at: number;
    readonly visible_ms: number;
    readonly route: string;
    readonly release: string | null;
    readonly device: string;
    readonly vitals: { readonly lcp?: number | null; readonly inp?: number | null; readonly cls?: number | null };
    readonly errors: readonly { readonly name: string; readonly message: string; readonly count: number; readonly at_ms: number }[];
    readonly events: readonly { readonly name: string; readonly count?: number }[];
    readonly calls: readonly { readonly call?: string | null; readonly outcome?: string | null; readonly at_ms?: number }[];
  }[];
}

/** All counters of a family together; `null` before the first sample. */
export function family(sample: LiveSample | null, name: string): number | null {
  if (sample === null) return null;
  return Object.entries(sample.counters).reduce((sum, [key, count]) => (key === name || key.startsWith(`${name}_`) ? sum + count : sum), 0);
}
