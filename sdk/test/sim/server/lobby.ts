/**
 * Pairs those who wait, in the server's model: the two who have waited longest, once they may meet.
 *
 * A model of `crates/callbox-core/src/lobby.rs` for people without interests and blocks. Two who met lately meet again only
 * after both have waited for a while. Bound: pairs of the people there are.
 */
export interface Ticket {
  readonly login: string;
  readonly since: number;
  /** The offer that is parked with the server. */
  readonly parked: unknown;
}

export const RELAX_MS = 15_000;

export class Lobby {
  readonly #met = new Set<string>();

  handleMet(one: string, other: string): void {
    this.#met.add(pairOf(one, other));
  }

  /** The next pair, the caller first; `null` if nobody may meet. */
  pair<Waiting extends Ticket>(waiting: readonly Waiting[], now: number): { readonly caller: Waiting; readonly callee: Waiting; readonly metBefore: boolean } | null {
    const [first, second] = [...waiting].sort((one, other) => one.since - other.since);
    if (!first || !second) return null;
    const metBefore = this.#met.has(pairOf(first.login, second.login));
    const arePatient = [first, second].every(({ since }) => now - since >= RELAX_MS);
    if (metBefore && !arePatient) return null;
    // A side with a parked offer calls, the one who waited before the other; else the last to come, whose browser is in front.
    const isFirst = first.parked !== null;
    return { caller: isFirst ? first : second, callee: isFirst ? second : first, metBefore };
  }
}

const pairOf = (one: string, other: string) => [one, other].sort().join("+");
