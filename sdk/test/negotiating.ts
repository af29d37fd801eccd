/**
 * A run of the negotiation machine alone, with time as a number: the events, and the actions that the machine wants.
 *
 * An action is put into a few words; one that comes of time alone has its milliseconds before it.
 */
import { Negotiation } from "../src/core/negotiation.js";
import type { Ask, Counts, NegotiationAction, Numbered } from "../src/core/offers.js";

const LOOK_MS = 200;

export class Run {
  now = 0;
  readonly machine: Negotiation;

  /** The order of steps is the same with a wait before the first, so there is none here unless it is asked for. */
  constructor(side: "caller" | "callee", counts?: Counts, wordMs = 0) {
    this.machine = new Negotiation(side, 0, counts, wordMs);
  }

  /** The actions that follow at once from an event. */
  when(happens: (machine: Negotiation, now: number) => void): string[] {
    happens(this.machine, this.now);
    const all: string[] = [];
    for (let action = this.machine.nextAction(); action; action = this.machine.nextAction()) all.push(inWords(action));
    return all;
  }

  /** The actions that follow from time alone; `answered`: each offer is, at once. */
  pass(ms: number, { answered = false } = {}): string[] {
    const all: string[] = [];
    for (const end = this.now + ms; this.now < end;) {
      this.now += LOOK_MS;
      const news = this.when((machine) => machine.handleTime(this.now));
      all.push(...news.map((word) => `${this.now}: ${word}`));
      if (answered && news.some((word) => word.startsWith("offer"))) this.answer();
    }
    return all;
  }

  offer(offer?: number, connection?: number): string[] {
    return this.when((machine) => machine.handleOffer(described("offer", offer, connection)));
  }

  /** The answer to the last offer, if no other is named. */
  answer(offer = this.machine.counts.offer, connection = this.machine.counts.connection): string[] {
    return this.when((machine, now) => machine.handleAnswer(described("answer", offer, connection), now));
  }

  ask(after: number, more: Partial<Ask> = {}): string[] {
    return this.when((machine, now) => machine.handleAsk({ after, replace: false, lost: false, ...more }, now));
  }

  media(state: "flowing" | "frozen" | "interrupted"): string[] {
    return this.when((machine, now) => machine.handleMedia(state, now));
  }

  peer(isHere: boolean): string[] {
    return this.when((machine, now) => machine.handlePeer(isHere, now));
  }

  sure(isSure: boolean): string[] {
    return this.when((machine, now) => machine.handleSure(isSure, now));
  }

  /** The answer to the last offer was made. */
  answered(): string[] {
    return this.when((machine, now) => machine.handleAnswered(machine.counts.offer, now));
  }

  connected(): string[] {
    return this.when((machine, now) => machine.handleConnected(now));
  }

  lost(): string[] {
    return this.when((machine, now) => machine.handleLost(now));
  }

  candidates(...payload: unknown[]): string[] {
    return this.when((machine) => machine.handleCandidates(payload));
  }
}

const described = (type: string, offer?: number, connection?: number): Numbered => ({
  type,
  ...(offer === undefined ? {} : { offer }),
  ...(connection ? { connection } : {}),
});

function inWords(action: NegotiationAction): string {
  switch (action.do) {
    case "connect":
      return `connect ${action.connection}`;
    case "offer":
      return `offer ${action.offer}${action.restart ? " restart" : ""}`;
    case "ask":
      return `ask after ${action.ask.after}${action.ask.replace ? " replace" : ""}${action.ask.lost ? " lost" : ""}`;
    case "add":
      return `add ${action.candidates.map((one) => (typeof one === "string" ? one : (one as { name: string }).name)).join(" ")}`;
    case "fail":
      return `fail ${action.cause}`;
    default:
      return `${action.do} ${action.offer}`;
  }
}

/** A call that flows, after its first offer. */
export function flowing(side: "caller" | "callee", wordMs?: number): Run {
  const run = new Run(side, undefined, wordMs);
  if (side === "caller") {
    run.when((machine, now) => machine.handleStart(now));
    run.answer();
  } else {
    run.offer(1);
    run.answered();
  }
  run.connected();
  run.pass(10_000);
  return run;
}
