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
/** Whether `one` is at least as late as `other`; `null` if nobody can tell. */
export declare function isAsLate(one: Commit | null, other: Commit | null): boolean | null;
/** The later of two; the new one if nobody can tell. */
export declare const laterOf: (old: Commit | null, fresh: Commit | null) => Commit | null;
/** A need that arose now. */
export declare const needOf: (commit: Commit | null, now: number) => Need;
/** Both in one. */
export declare const both: (one: Need | null, other: Need) => Need;
/** Whether an answer that was asked for as the `asked`th thing, and has this commit, meets it. */
export declare const meets: (need: Need | null, asked: number, commit: Commit | null) => boolean;
