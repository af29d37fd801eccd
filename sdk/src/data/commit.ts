/**
 * `Callbox-Commit`: which of two answers is later, as far as anybody can tell.
 */

/** `node.n`. Within a node `n` counts up; of two nodes nobody can tell. */
export type Commit = string;

/** What an answer must meet. Times are counts of what was asked and told, in order. */
export interface Need {
  /** Asked for after this, whatever its commit is. */
  readonly after: number;
  /** As late as this commit; where nobody can tell, asked for after `since`. */
  readonly commit: Commit | null;
  readonly since: number;
}

function parts(commit: Commit): { node: string; n: number } {
  const dot = commit.lastIndexOf(".");
  return { node: commit.slice(0, dot), n: Number(commit.slice(dot + 1)) };
}

/** Whether `one` is at least as late as `other`; `null` if nobody can tell. */
export function isAsLate(one: Commit | null, other: Commit | null): boolean | null {
  if (one === null || other === null) return null;
  const [a, b] = [parts(one), parts(other)];
  return a.node === b.node && !Number.isNaN(a.n - b.n) ? a.n >= b.n : null;
}

/** The later of two; the new one if nobody can tell. */
export const laterOf = (old: Commit | null, fresh: Commit | null): Commit | null => (isAsLate(old, fresh) ? old : (fresh ?? old));

/** A need that arose now. */
export const needOf = (commit: Commit | null, now: number): Need => (commit === null ? { after: now, commit, since: 0 } : { after: 0, commit, since: now });

/** Both in one. */
export const both = (one: Need | null, other: Need): Need =>
  one === null ? other : { after: Math.max(one.after, other.after), commit: laterOf(one.commit, other.commit), since: Math.max(one.since, other.since) };

/** Whether an answer that was asked for as the `asked`th thing, and has this commit, meets it. */
export const meets = (need: Need | null, asked: number, commit: Commit | null): boolean =>
  need === null || (asked > need.after && (isAsLate(commit, need.commit) ?? asked > need.since));
