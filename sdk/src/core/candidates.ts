/**
 * Addresses of the other side that came before the description that they belong to, or after it was superseded.
 *
 * Each names its offer, and its connection if that is not the first. Those of older ones are thrown away; 64 are kept.
 */

/** More than a side may send. */
const KEPT_MAX = 64;

export class KeptCandidates {
  /** The offer whose remote description is set, or about to be; 0 for none. */
  #remote = 0;
  #connection = 0;
  #kept: { readonly offer: number; readonly candidate: unknown }[] = [];

  /** Some came. */
  handle(candidates: readonly unknown[]): void {
    for (const candidate of candidates) {
      const { offer = this.#remote, connection = 0 } = (candidate ?? {}) as { offer?: number; connection?: number };
      const isOld = offer < this.#remote || connection < this.#connection;
      if (!isOld && this.#kept.length < KEPT_MAX) this.#kept.push({ offer, candidate });
    }
  }

  /** The remote description of this offer is set. */
  handleDescription(offer: number): void {
    this.#remote = offer;
  }

  /** A new connection begins without one. */
  handleConnection(connection: number): void {
    this.#connection = connection;
    this.#remote = 0;
    this.#kept = [];
  }

  /** Those that may be added now. */
  release(): unknown[] {
    if (this.#remote === 0) return [];
    const due = this.#kept.filter(({ offer }) => offer === this.#remote);
    this.#kept = this.#kept.filter(({ offer }) => offer > this.#remote);
    return due.map(({ candidate }) => candidate);
  }
}
