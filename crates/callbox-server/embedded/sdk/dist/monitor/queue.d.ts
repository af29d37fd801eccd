/**
 * The beacons that have not arrived yet: so many, so large, and for so long.
 *
 * Pure. A later beacon of a page view replaces an earlier one, since it holds all that the earlier one did. The oldest go first.
 */
/** Beacons that wait at most. */
export declare const BEACONS_MAX = 32;
/** The characters of all of them: as many as a request that outlives its page may carry. */
export declare const CHARS_MAX: number;
/** The server believes no older times. */
export declare const AGE_MS_MAX: number;
/** One that waits. */
export interface Waiting {
    readonly view: string;
    readonly seq: number;
    /** When it was made, in milliseconds since the epoch. */
    readonly at: number;
    readonly body: string;
}
/** All that wait, with this one. */
export declare function add(queue: readonly Waiting[], one: Waiting): Waiting[];
/** All that wait, without this one; a later one of the same view stays. */
export declare function remove(queue: readonly Waiting[], { view, seq }: Pick<Waiting, "view" | "seq">): Waiting[];
/**
 * The queue as it was kept, without beacons that are too old. What is no beacon is left out: other scripts of the page may write there too.
 */
export declare function readQueue(text: string | null | undefined, now: number): Waiting[];
