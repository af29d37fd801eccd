/**
 * Time as a number: what is due runs in the order of its time, and promises are settled in between.
 *
 * Nothing here waits for real time. Two things due at the same instant run in the order in which they were asked for, so
 * a run can be repeated to the letter. A cancelled timer stays in the heap until its time, and does nothing then.
 */
interface Due {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

export class Clock {
  /** A date, since clients are sent one. */
  now = 1_700_000_000_000;
  #heap: Due[] = [];
  #orders = 0;
  /** Called after each step, when all promises have settled. */
  onStep: () => void = () => undefined;

  /** Runs it at this time, or at once if that is past; the result takes it back. */
  at(time: number, run: () => void): () => void {
    const due: Due = { at: Math.max(time, this.now), order: this.#orders++, run };
    this.#push(due);
    return () => {
      due.run = null;
    };
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.now + Math.max(0, ms), run);
  }

  /** Resolves after so much of this time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end) break;
      this.#pop();
      if (next.run === null) continue;
      this.now = next.at;
      const { run } = next;
      next.run = null;
      run();
      await settle();
      this.onStep();
    }
    this.now = end;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let place = heap.push(due) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

const isBefore = (one: Due, other: Due) => one.at < other.at || (one.at === other.at && one.order < other.order);

/**
 * Lets every promise that can continue do so. Node runs a tick that was asked for by a promise's reaction only when no other
 * reaction is left, which is far cheaper than a turn of its event loop.
 */
export function settle(): Promise<void> {
  return Promise.resolve().then(() => new Promise<void>((resolve) => process.nextTick(resolve)));
}
