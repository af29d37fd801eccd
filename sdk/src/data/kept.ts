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

const NAME = "callbox.data";
const TABLE = "answers";
export const KEPT_MAX = 128;
const KEPT_CHARS_MAX = 65_536;
const KEPT_MS_MAX = 7 * 86_400_000;

type Row = KeptAnswer & { readonly key: [user: string, path: string] };

const done = <Result>(request: IDBRequest<Result>) =>
  new Promise<Result>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });

/** Those that are kept on, the newest first, and those that are not. */
export function sift(rows: readonly KeptAnswer[], now: number): [kept: KeptAnswer[], dropped: KeptAnswer[]] {
  const sorted = [...rows].sort((a, b) => b.at - a.at);
  const isKept = (row: KeptAnswer, place: number) => place < KEPT_MAX && now - row.at < KEPT_MS_MAX;
  return [sorted.filter(isKept), sorted.filter((row, place) => !isKept(row, place))];
}

export function keepAnswers(): AnswerStore {
  let opened: Promise<IDBDatabase> | null = null;
  const open = () =>
    (opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error as Error);
    }));
  const table = async (mode: IDBTransactionMode) => (await open()).transaction(TABLE, mode).objectStore(TABLE);
  // An array sorts after any text.
  const all = (user: string) => IDBKeyRange.bound([user], [user, []]);
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined);
  const remove = async (user: string, path?: string) => done((await table("readwrite")).delete(path === undefined ? all(user) : [user, path]));
  return {
    async read(user) {
      try {
        const [kept, dropped] = sift((await done((await table("readonly")).getAll(all(user)))) as Row[], Date.now());
        for (const { path } of dropped) quietly(remove(user, path));
        return kept;
      } catch {
        return [];
      }
    },
    write: (user, answer) =>
      quietly(
        (async () => {
          if (JSON.stringify(answer.body).length > KEPT_CHARS_MAX) return remove(user, answer.path);
          return done((await table("readwrite")).put({ ...answer, key: [user, answer.path] } satisfies Row));
        })(),
      ),
    remove: (user, path) => quietly(remove(user, path)),
  };
}
