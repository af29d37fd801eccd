/**
 * One direction of a TCP connection: what is sent arrives in order, once, or not at all.
 *
 * While a gate on the way is closed everything waits; after it, the sender's next retransmission brings it on, which comes
 * the later the longer it was closed (RFC 6298: the timeout doubles). So a connection that was dead for ten seconds may
 * speak again seconds later, with bytes that are old by then.
 */
import type { Clock } from "./clock.js";
import type { Gate } from "./machine.js";

/** The least retransmission timeout of Linux, beside the round trip. */
const RETRANSMIT_MS = 200;

interface Item<Message> {
  readonly message: Message;
  readonly sentAt: number;
  readonly due: number;
}

export class Wire<Message> {
  readonly #queue: Item<Message>[] = [];
  #isBusy = false;
  #isCut = false;
  #lastDue = 0;

  constructor(
    readonly clock: Clock,
    readonly gates: readonly Gate[],
    readonly latencyMs: () => number,
    readonly deliver: (message: Message) => void,
  ) {}

  send(message: Message): void {
    if (this.#isCut) return;
    const sentAt = this.clock.now;
    const due = Math.max(this.#lastDue, sentAt + this.latencyMs());
    this.#lastDue = due;
    this.#queue.push({ message, sentAt, due });
    if (!this.#isBusy) this.#next();
  }

  /** Nothing that is under way arrives. */
  cut(): void {
    this.#isCut = true;
    this.#queue.length = 0;
  }

  #next(): void {
    const first = this.#queue[0];
    this.#isBusy = first !== undefined;
    if (first) this.clock.at(first.due, () => this.#arrive(first));
  }

  #arrive(item: Item<Message>): void {
    if (this.#isCut) return;
    const closed = this.gates.find((gate) => !gate.isOpen);
    if (closed) {
      closed.whenOpen(() => {
        if (this.#isCut) return;
        this.clock.at(nextTry(item.sentAt, this.clock.now, RETRANSMIT_MS + 2 * this.latencyMs()), () => this.#arrive(item));
      });
      return;
    }
    this.#queue.shift();
    this.deliver(item.message);
    this.#next();
  }
}

/** When something is tried again that was first tried at `since`, with waits that double from `firstMs`. */
export function nextTry(since: number, now: number, firstMs: number): number {
  let [at, wait] = [since, firstMs];
  while (at < now) {
    at += wait;
    wait *= 2;
  }
  return at;
}
