/**
 * Randomness from a seed: the same seed and the same questions give the same answers.
 *
 * Each concern has a fork of its own, so that a client which asks once more does not move the faults of a seed. It is
 * no cryptography, and nothing here reads the real one.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Another generator, named so that its answers depend on the seed and on nothing that was asked before. */
  static of(seed: number, name: string): Random {
    let hash = 2_166_136_261 ^ seed;
    // FNV-1a, 32 bits.
    for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619);
    const random = new Random(Math.imul(hash, 2_654_435_761) ^ (seed * 40_503));
    random.next();
    return random;
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Whole milliseconds, both ends included. */
  ms(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True so often, 0 to 1. */
  is(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(of: readonly T[]): T {
    const picked = of[Math.floor(this.next() * of.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  /** One of the names, each as often as its weight says. */
  weigh<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const all = Object.entries(weights) as [Name, number][];
    let left = this.next() * all.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of all) {
      left -= weight;
      if (left < 0) return name;
    }
    return all[0]![0];
  }
}
