/**
 * How much work the other side may make us do in a call: offers, questions for one, addresses.
 *
 * A new peer connection costs most. A frame beyond the budget counts as lost on its way, which a negotiation is made for:
 * a side that lacks an answer asks again, ever more seldom.
 */
import type { RelayedFrame } from "./call-setup.js";

/** In a row, and then a second. A call in trouble on both sides takes one step a second at most, and half as many connections. */
const STEPS = { most: 60, perSecond: 1 };
const CONNECTION_COST = 5;
/** Two whole rounds of addresses in a row. */
const ADDRESSES = { most: 256, perSecond: 16 };

class Bucket {
  #left: number;
  #at = 0;

  constructor(readonly rate: { readonly most: number; readonly perSecond: number }) {
    this.#left = rate.most;
  }

  takes(cost: number, now: number): boolean {
    this.#left = Math.min(this.rate.most, this.#left + (Math.max(0, now - this.#at) / 1_000) * this.rate.perSecond);
    this.#at = now;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}

export class Budget {
  readonly #steps = new Bucket(STEPS);
  readonly #addresses = new Bucket(ADDRESSES);
  #connection = 0;

  /** Whether there is room for what this frame makes us do. */
  admits(frame: RelayedFrame, now: number): boolean {
    if (frame.type === "candidates") return this.#addresses.takes(frame.payload.length, now);
    if (frame.type === "restart") return this.#steps.takes(frame.replace ? CONNECTION_COST : 1, now);
    if (frame.type !== "offer") return true;
    const { connection = 0 } = (frame.payload ?? {}) as { connection?: number };
    const isNew = connection > this.#connection;
    if (!this.#steps.takes(isNew ? CONNECTION_COST : 1, now)) return false;
    if (isNew) this.#connection = connection;
    return true;
  }
}
