/**
 * The beacons that have not arrived yet: so many, so large, and for so long.
 *
 * Pure. A later beacon of a page view replaces an earlier one, since it holds all that the earlier one did. The oldest go first.
 */

/** Beacons that wait at most. */
export const BEACONS_MAX = 32;
/** The characters of all of them: as many as a request that outlives its page may carry. */
export const CHARS_MAX = 64 * 1024;
/** The server believes no older times. */
export const AGE_MS_MAX = 24 * 3_600_000;

/** One that waits. */
export interface Waiting {
  readonly view: string;
  readonly seq: number;
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  readonly body: string;
}

/** All that wait, with this one. */
export function add(queue: readonly Waiting[], one: Waiting): Waiting[] {
  const all = [...queue.filter(({ view }) => view !== one.view), one].slice(-BEACONS_MAX);
  let chars = all.reduce((sum, { body }) => sum + body.length, 0);
  while (chars > CHARS_MAX) chars -= all.shift()!.body.length;
  return all;
}

/** All that wait, without this one; a later one of the same view stays. */
export function remove(queue: readonly Waiting[], { view, seq }: Pick<Waiting, "view" | "seq">): Waiting[] {
  return queue.filter((one) => one.view !== view || one.seq > seq);
}

/**
 * The queue as it was kept, without beacons that are too old. What is no beacon is left out: other scripts of the page may write there too.
 */
export function readQueue(text: string | null | undefined, now: number): Waiting[] {
  try {
    const kept: Waiting[] = JSON.parse(text ?? "");
    return kept.filter(({ seq, at, body }) => seq > 0 && Math.abs(now - at) < AGE_MS_MAX && typeof body === "string");
  } catch {
    return [];
  }
}
