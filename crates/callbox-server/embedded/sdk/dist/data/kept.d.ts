/**
 * Answers in IndexedDB, by account: shown at once when a page comes back, and asked for again with their `ETag`.
 *
 * A few lines of our own instead of idb-keyval: one table with two operations, emptied by account in one step. Bounds: 128
 * answers an account, 64 KB each, a week old at most; what is beyond is dropped as it is read. A browser that forbids it keeps nothing.
 */
/** An answer as it is kept: what was asked for, what came, and when. */
export interface KeptAnswer {
    readonly path: string;
    readonly body: unknown;
    readonly etag: string | null;
    readonly at: number;
}
/** The answers of each account, kept beyond the page. Errors are survived: then nothing was kept. */
export interface AnswerStore {
    read(user: string): Promise<readonly KeptAnswer[]>;
    write(user: string, answer: KeptAnswer): void;
    /** Empties an account's, or with `path` forgets one. */
    remove(user: string, path?: string): void;
}
export declare const KEPT_MAX = 128;
/** Those that are kept on, the newest first, and those that are not. */
export declare function sift(rows: readonly KeptAnswer[], now: number): [kept: KeptAnswer[], dropped: KeptAnswer[]];
export declare function keepAnswers(): AnswerStore;
