/**
 * This tab's memory of its call, so that a page that was loaded anew continues it.
 *
 * Kept for the tab alone, and claimed by the page that is in the call: a tab that was duplicated has a copy, and never
 * uses it. The server says whether there is still a call to return to.
 */
import type { Snapshot } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import { RELOAD_MS } from "./login.js";
import type { Counts } from "./offers.js";
import type { SeekOptions } from "./options.js";
import type { Match } from "./state.js";

export interface KeptCall {
  readonly match: Match;
  /** The proof of the call for the server. */
  readonly grant: string;
  readonly counts: Counts;
  /** Since when the two have seen each other; `null` if they had not yet. */
  readonly since: number | null;
  /** The person's wishes for the next match. */
  readonly wishes: SeekOptions;
  readonly microphoneOn: boolean;
  readonly cameraOn: boolean;
}

/** A page that returns may find a server that restarts just now, or its network a moment later. */
export const RETURN_MS = 10_000;

export class KeptCalls {
  readonly #env: Pick<Environment<never>, "tabStore" | "claim">;
  readonly #key: string;
  #kept: KeptCall | null = null;
  /** The call that this page returns to, until the server has said whether the call still is. */
  #returning: KeptCall | null = null;
  #isLeaving = false;

  constructor(env: Pick<Environment<never>, "tabStore" | "claim">, origin: string) {
    this.#env = env;
    this.#key = `callbox.call:${origin}`;
  }

  /** Whether there may be a call to return to. */
  get isThere(): boolean {
    return (this.#returning !== null && !this.#isLeaving) || (this.#kept === null && this.#env.tabStore.get(this.#key) !== null);
  }

  /** Since when the two of the call have seen each other; `null` if they have not, or there is none. */
  get since(): number | null {
    return this.#kept?.since ?? null;
  }

  /** This page is in the call from now on. */
  take(kept: KeptCall): void {
    this.#keep(kept);
    void this.#env.claim(name(kept));
  }

  /** Keeps what has changed since. */
  update(change: Partial<KeptCall>): void {
    if (this.#kept !== null) this.#keep({ ...this.#kept, ...change });
  }

  /** The proof of our call for a server that forgot it, or for one that does not know this page yet. */
  get grant(): string | null {
    return (this.#returning ?? this.#kept)?.grant ?? null;
  }

  /** Whether we have confirmed this match. */
  isOf(match: Match | null): boolean {
    return match !== null && this.#kept?.match.call === match.call;
  }

  /** The hello's word on the call that this page returns to: it is there, it is not, or we have left it meanwhile. */
  handleHello(snapshot: Snapshot): { readonly kept: KeptCall; readonly is: "there" | "gone" | "left" } | null {
    const [kept, isLeaving] = [this.#returning, this.#isLeaving];
    this.#returning = null;
    this.#isLeaving = false;
    if (kept === null) return null;
    const isThere = snapshot.state === "call" && snapshot.call === kept.match.call;
    return { kept, is: !isThere ? "gone" : isLeaving ? "left" : "there" };
  }

  leave(): void {
    this.#isLeaving = this.#returning !== null;
    this.#kept = null;
    this.#env.tabStore.remove(this.#key);
  }

  /** The call of the page before this one; `null` if there was none, or another tab has it. */
  async retake(): Promise<KeptCall | null> {
    // Claimed before, by an attempt that got no further.
    if (this.#returning !== null) return this.#returning;
    const text = this.isThere ? this.#env.tabStore.get(this.#key) : null;
    if (text === null) return null;
    const kept = JSON.parse(text) as KeptCall;
    if (!(await this.#env.claim(name(kept), RELOAD_MS))) {
      this.leave();
      return null;
    }
    this.#kept = this.#returning = kept;
    return kept;
  }

  #keep(kept: KeptCall): void {
    this.#kept = kept;
    this.#env.tabStore.set(this.#key, JSON.stringify(kept));
  }
}

/** A lock's name may be seen by other pages of the origin: calls are names, never secrets. */
const name = ({ match }: KeptCall) => `callbox.call:${match.call}:${match.side}`;
