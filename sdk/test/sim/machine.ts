/**
 * A person's computer: its timers, its network and its sleep.
 *
 * A network is a gate: closed while nothing passes it, gone for good once the computer has moved to another. Of an outage
 * nobody is notified; a change is reported once or several times, sometimes late. While the computer sleeps its timers
 * and everything that comes in wait. Bounds: what a run of a few minutes asks for.
 */
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";

/** Something that is open, or closed for one or more reasons. */
export class Gate {
  #reasons = 0;
  #waiting: (() => void)[] = [];
  constructor(readonly onChange: () => void = () => undefined) {}

  get isOpen(): boolean {
    return this.#reasons === 0;
  }

  close(): void {
    if (this.#reasons++ === 0) this.onChange();
  }

  open(): void {
    if (--this.#reasons > 0) return;
    this.onChange();
    for (const run of this.#waiting.splice(0)) run();
  }

  /** Runs it when the gate is open, which may be now. */
  whenOpen(run: () => void): void {
    if (this.isOpen) run();
    else this.#waiting.push(run);
  }
}

/** A network that a computer is, or was, connected to. */
export class Network {
  readonly gate: Gate;
  /** The computer has left it: nothing that was sent by it arrives any more. */
  isGone = false;
  #detached = 0;
  readonly #onGone: (() => void)[] = [];

  constructor(
    readonly name: string,
    onChange: () => void,
  ) {
    this.gate = new Gate(onChange);
  }

  get isUp(): boolean {
    return !this.isGone && this.gate.isOpen;
  }
  /** The system has it: what is opened is tried, even if nothing passes. */
  get isAttached(): boolean {
    return !this.isGone && this.#detached === 0;
  }

  /** The interface goes down, for one more reason. */
  detach(): void {
    this.#detached++;
  }

  attach(): void {
    this.#detached--;
  }

  onGone(run: () => void): void {
    this.#onGone.push(run);
  }

  leave(): void {
    this.isGone = true;
    this.gate.close();
    for (const run of this.#onGone.splice(0)) run();
  }
}

/** The timers of a computer that slept: they are due at once, or had stopped and continue. */
export type Sleep = "late" | "still";

interface Timer {
  due: number;
  run: () => void;
  cancel: () => void;
}

export class Machine {
  #network: Network;
  isAsleep = false;
  /** Whether the page is hidden: timers of such a page are slowed to one a second. */
  isHidden = false;
  /** The difference of its clock from the true time. */
  clockOffMs = 0;
  readonly #timers = new Set<Timer>();
  /** The events that came in during the sleep. */
  #held: (() => void)[] = [];
  #sleptAt = 0;
  #sleep: Sleep = "late";
  readonly #listeners = new Set<(isBack: boolean) => void>();
  #networks = 0;

  constructor(
    readonly name: string,
    readonly clock: Clock,
    readonly random: Random,
    /** One way to the server. */
    readonly latencyMs: number,
    /** Paths may have come or gone. */
    readonly onChange: () => void,
  ) {
    this.#network = this.#join();
  }

  get network(): Network {
    return this.#network;
  }
  get isConnected(): boolean {
    return !this.isAsleep && this.#network.isUp;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { due: this.clock.now + Math.max(0, ms), run, cancel: () => undefined };
    this.#timers.add(timer);
    if (!this.isAsleep) this.#start(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  /** The timer of a page. */
  pageAfter(ms: number, run: () => void): () => void {
    const due = this.clock.now + Math.ceil(ms);
    return this.after((this.isHidden ? Math.ceil(due / 1_000) * 1_000 : due) - this.clock.now, run);
  }

  /** Something comes in from outside. */
  deliver(run: () => void): void {
    if (this.isAsleep) this.#held.push(run);
    else run();
  }

  onNetwork(callback: (isBack: boolean) => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  /** The system notifies pages of a change. */
  tell(isBack: boolean): void {
    this.deliver(() => {
      for (const listener of Array.from(this.#listeners)) listener(isBack);
    });
  }

  /** The page is gone, and what it had asked for. */
  forgetPage(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#listeners.clear();
    this.#held = [];
  }

  /** Moves to another network, after a time without any; the result is when its last event is reported. */
  moveToAnother(gapMs: number): number {
    this.#network.leave();
    const joined = this.#join();
    if (gapMs > 0) {
      joined.gate.close();
      joined.detach();
      this.clock.after(gapMs, () => {
        joined.attach();
        joined.gate.open();
      });
    }
    const times = this.random.ms(1, 5);
    const lateMs = this.random.is(0.2) ? this.random.ms(500, 3_000) : 0;
    let last = gapMs;
    for (let time = 0; time < times; time++) {
      const ms = gapMs + lateMs + (time === 0 ? this.random.ms(0, 50) : this.random.ms(0, 1_000));
      last = Math.max(last, ms);
      const isBack = gapMs > 0 && time === 0;
      this.clock.after(ms, () => this.tell(isBack));
    }
    this.onChange();
    return this.clock.now + last;
  }

  fallAsleep(sleep: Sleep): void {
    if (this.isAsleep) return;
    this.isAsleep = true;
    this.#sleep = sleep;
    this.#sleptAt = this.clock.now;
    for (const timer of this.#timers) timer.cancel();
    this.onChange();
  }

  wakeUp(): void {
    if (!this.isAsleep) return;
    this.isAsleep = false;
    const slept = this.clock.now - this.#sleptAt;
    const timers = [...this.#timers].sort((one, other) => one.due - other.due);
    for (const timer of timers) {
      if (this.#sleep === "still") timer.due += slept;
      this.#start(timer);
    }
    // A browser that wakes takes what came in piece by piece, between its timers.
    for (const run of this.#held.splice(0)) this.clock.after(this.random.ms(0, 20), () => this.deliver(run));
    this.onChange();
  }

  #start(timer: Timer): void {
    timer.cancel = this.clock.at(timer.due, () => {
      this.#timers.delete(timer);
      timer.run();
    });
  }

  #join(): Network {
    this.#network = new Network(`${this.name}${++this.#networks}`, () => this.onChange());
    return this.#network;
  }
}
