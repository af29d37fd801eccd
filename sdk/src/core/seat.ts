/**
 * What this tab remembers of its call, so that a page that was loaded anew takes its seat again.
 *
 * Kept for the tab alone, and claimed by the page that is in the call: a tab that was duplicated has a copy, and never
 * uses it. Whether there is still a call to come back to is the server's to say.
 */
import type { Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { RELOAD_MS } from "./login.js";
import type { Counts } from "./offers.js";
import type { Match } from "./state.js";

export interface Seat {
  readonly match: Match;
  /** What proves the seat to the server. */
  readonly grant: string;
  readonly counts: Counts;
  /** Since when the two have seen each other; `null` where they had not yet. */
  readonly since: number | null;
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
}

/** A page that comes back may find a server that restarts just now, or its network a moment later. */
export const RETURN_MS = 10_000;

export class Seats {
  readonly #env: Pick<Environment<never>, "tabStore" | "claim">;
  readonly #key: string;
  #seat: Seat | null = null;
  /** The seat that this page comes back to, until the server has said whether the call still is. */
  #returning: Seat | null = null;
  #isLeaving = false;

  constructor(env: Pick<Environment<never>, "tabStore" | "claim">, origin: string) {
    this.#env = env;
    this.#key = `callbox.seat:${origin}`;
  }

  /** Whether there may be a call to come back to. */
  get isThere(): boolean {
    return (this.#returning !== null && !this.#isLeaving) || (this.#seat === null && this.#env.tabStore.get(this.#key) !== null);
  }

  /** Since when the two of the call have seen each other; `null` where they have not, or there is none. */
  get since(): number | null {
    return this.#seat?.since ?? null;
  }

  /** We sit here from now on. */
  take(seat: Seat): void {
    this.#keep(seat);
    void this.#env.claim(name(seat));
  }

  /** What has changed since. */
  update(news: Partial<Seat>): void {
    if (this.#seat !== null) this.#keep({ ...this.#seat, ...news });
  }

  /** What proves our seat to a server that forgot it, or to one that does not know this page yet. */
  get grant(): string | null {
    return (this.#returning ?? this.#seat)?.grant ?? null;
  }

  /** Whether we have confirmed this match. */
  isOf(match: Match | null): boolean {
    return match !== null && this.#seat?.match.call === match.call;
  }

  /** What a hello says of the seat that this page comes back to: it is there, it is not, or we have left it meanwhile. */
  handleHello(snapshot: Snapshot): { readonly seat: Seat; readonly is: "there" | "gone" | "left" } | null {
    const [seat, isLeaving] = [this.#returning, this.#isLeaving];
    this.#returning = null;
    this.#isLeaving = false;
    if (seat === null) return null;
    const isThere = snapshot.state === "call" && snapshot.call === seat.match.call;
    return { seat, is: !isThere ? "gone" : isLeaving ? "left" : "there" };
  }

  leave(): void {
    this.#isLeaving = this.#returning !== null;
    this.#seat = null;
    this.#env.tabStore.remove(this.#key);
  }

  /** The seat of the page before this one; `null` where there was none, or another tab has it. */
  async retake(): Promise<Seat | null> {
    // Claimed before, by an attempt that got no further.
    if (this.#returning !== null) return this.#returning;
    const text = this.isThere ? this.#env.tabStore.get(this.#key) : null;
    if (text === null) return null;
    const seat = JSON.parse(text) as Seat;
    if (!(await this.#env.claim(name(seat), RELOAD_MS))) {
      this.leave();
      return null;
    }
    this.#seat = this.#returning = seat;
    return seat;
  }

  #keep(seat: Seat): void {
    this.#seat = seat;
    this.#env.tabStore.set(this.#key, JSON.stringify(seat));
  }
}

/** A lock's name may be seen by other pages of the origin: calls are names, never secrets. */
const name = ({ match }: Seat) => `callbox.seat:${match.call}:${match.side}`;
