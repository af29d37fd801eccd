/**
 * Whether all is well, or what is not, and since when: the guide's limits over the figures of the last day. Pure.
 *
 * Missing data is never good, and neither is a share of fewer than 20. What cannot be so here, such as a pool of connections
 * with SQLite, is not judged at all.
 */

export type CheckName = "database" | "page_load" | "call_success" | "error_rate" | "availability" | "disk" | "certificate" | "ready";

/** `few`: too few to judge. `absent`: there is no such thing on this server. */
export type State = "good" | "bad" | "few" | "none" | "absent";

/** Values of 15 minutes each, and of how many each is. */
export interface Series {
  readonly start: number;
  readonly step_ms: number;
  readonly values: readonly (number | null)[];
  readonly counts: readonly number[];
}

export interface Check {
  readonly name: CheckName;
  readonly state: State;
  readonly value: number | null;
  /** Of how many it is; `null` for what is read and not counted. */
  readonly n: number | null;
  /** Of a bad one: since when. `null` if that is not known. */
  readonly since: number | null;
}

/** `most` or `least` is still within the limit. `n`: the fewest that can be judged. */
export const LIMITS: Readonly<Record<CheckName, { readonly most?: number; readonly least?: number; readonly n: number }>> = {
  // Writes that wait for a connection.
  database: { most: 0, n: 0 },
  page_load: { most: 3_000, n: 20 },
  call_success: { least: 0.9, n: 20 },
  error_rate: { most: 0.01, n: 20 },
  availability: { least: 0.995, n: 20 },
  // Free bytes; the server refuses guests below 200 MB.
  disk: { least: 2_000_000_000, n: 0 },
  // Days. Certificates are renewed weeks before their end, so this means that it fails.
  certificate: { least: 7, n: 0 },
  // 1 if the database takes writes.
  ready: { least: 1, n: 0 },
};

export function isWithin(name: CheckName, value: number): boolean {
  const { most = Infinity, least = -Infinity } = LIMITS[name];
  return value <= most && value >= least;
}

/** Judges one figure. Without `n` it was read, not counted; `series` says since when it is bad. */
export function judge(name: CheckName, figure: { value: number | null; n?: number }, series?: Series): Check {
  const { value, n = null } = figure;
  const check = (state: State, since: number | null = null): Check => ({ name, state, value, n, since });
  if (value === null || n === 0) return check("none");
  if (n !== null && n < LIMITS[name].n) return check("few");
  return isWithin(name, value) ? check("good") : check("bad", series ? badSince(name, series) : null);
}

export const absent = (name: CheckName): Check => ({ name, state: "absent", value: null, n: null, since: null });

/** When the run of bad values began that lasts until now; stretches without a value do not end it. */
function badSince(name: CheckName, { start, step_ms, values }: Series): number | null {
  let since: number | null = null;
  for (let index = values.length - 1; index >= 0; index--) {
    const value = values[index] ?? null;
    if (value === null) continue;
    if (isWithin(name, value)) break;
    since = start + index * step_ms;
  }
  return since;
}

export interface Verdict {
  /** `unsure`: nothing is bad, and not all could be judged. `waiting`: nothing is known yet. */
  readonly state: "good" | "bad" | "unsure" | "waiting";
  readonly bad: readonly Check[];
  readonly unsure: readonly Check[];
  readonly good: readonly Check[];
}

/** The worst first: what stops the server, then in the order of the page. */
export function verdict(checks: readonly Check[]): Verdict {
  const of = (...states: State[]) => checks.filter(({ state }) => states.includes(state));
  const [bad, unsure, good] = [of("bad"), of("few", "none"), of("good")];
  bad.sort((a, b) => Number(b.name === "ready") - Number(a.name === "ready"));
  const state = bad.length > 0 ? "bad" : good.length === 0 ? "waiting" : unsure.length > 0 ? "unsure" : "good";
  return { state, bad, unsure, good };
}

/** One series as a share of another, stretch by stretch. */
export function share(part: Series, whole: Series): Series {
  const counts = whole.values.map((value) => value ?? 0);
  const values = counts.map((count, index) => (count > 0 ? (part.values[index] ?? 0) / count : null));
  return { start: whole.start, step_ms: whole.step_ms, values, counts };
}

/** A share over the newest stretches: the last hour, or the last day where the hour has too few. */
export function recent(name: CheckName, { values, counts, step_ms }: Series): { value: number | null; n: number; hours: 1 | 24 } {
  const over = (stretches: number) => {
    const [last, of] = [values.slice(-stretches), counts.slice(-stretches)];
    const n = of.reduce((sum, count) => sum + count, 0);
    const part = last.reduce<number>((sum, value, index) => sum + (value ?? 0) * (of[index] ?? 0), 0);
    return { value: n > 0 ? part / n : null, n };
  };
  const hour = over(Math.ceil(3_600_000 / step_ms));
  return hour.n >= LIMITS[name].n ? { ...hour, hours: 1 } : { ...over(values.length), hours: 24 };
}
