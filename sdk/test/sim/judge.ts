/**
 * The rules that must hold in every run, looked at after each step, and the figures of a run.
 *
 * It compares what clients say to their apps with what a person would see, and knows what the network did. A rule that is
 * broken is noted once, with the time and the reason; nothing stops. Each wait that is allowed for is here with its reason.
 */
import type { ClientFrame, Numbers } from "../../src/generated/protocol.js";
import { matchOf } from "../../src/core/state.js";
import type { CallState } from "../../src/core/state.js";
import { allowances } from "./allowances.js";
import type { Fault } from "./faults.js";
import type { Page } from "./page.js";
import type { Person } from "./person.js";
import type { World } from "./world.js";

/** All is well for so long: the run may end. */
const HOLD_MS = 3_000;
/** A silence is noticed after 2.5 s at the latest, if little comes; and bytes of a dead path may come up to 1.5 s late. */
const FALSE_FLOW_MS = 4_500;
/** The browser alone knows that the path to somebody is gone who sends nothing; it takes 7 s to say so. */
const FALSE_FLOW_NOTHING_MS = 10_500;
/** A still screen sends a frame once a second: that none is presented takes a while to notice. */
const SCREEN_MS = 8_000;
/** Timers of a hidden page ring once a second. */
const HIDDEN_MS = 3_500;
const MISSED_FLOW_MS = 3_500;
/** A call without media ends by itself. */
const INTERRUPTED_MS_MAX = 45_000;
const OFFERS_WINDOW_MS = 10_000;
export const OFFERS_MAX = 6;
const CONNECTIONS_MAX = 2;

/** Since when something has been so. */
class Since {
  at: number | null = null;

  /** How long it has been so, with this look. */
  ms(is: boolean, now: number): number {
    if (!is) this.at = null;
    else this.at ??= now;
    return this.at === null ? 0 : now - this.at;
  }
}

interface Watched {
  readonly falseFlow: Since;
  readonly missedFlow: Since;
  readonly interrupted: Since;
}

export class Judge {
  readonly violations: string[] = [];
  readonly faults: { readonly at: number; readonly fault: Fault }[] = [];
  /** When each offer and each question for one was made. */
  readonly offersAt: number[] = [];
  readonly asksAt: number[] = [];
  /** How long after the last fault all was well. */
  settledMs: number | null = null;
  outcome: "together" | "apart" | null = null;
  #settledSince: number | null = null;
  #isDone = false;
  #isHealthy = false;
  #hungUp = false;
  #wasHidden = false;
  #wasNothingSent = false;
  #wasScreen = false;
  #wasOpening = false;
  #wasWaiting = false;
  readonly #watched = new Map<Person, Watched>();
  readonly #seen = new Set<string>();

  constructor(readonly world: World) {
    for (const person of world.people) {
      this.#watched.set(person, { falseFlow: new Since(), missedFlow: new Since(), interrupted: new Since() });
      person.onTold = (state) => this.#hearState(person, state);
    }
  }

  /** Whether an offer was made so lately that its outcome is not seen yet, or one waits for its answer still. */
  get isInTheMidst(): boolean {
    const last = this.offersAt.at(-1);
    const isReplacing = this.world.people.some(({ page }) => (page?.openConnections.length ?? 0) > 1);
    return isReplacing || (last !== undefined && this.world.clock.now - last < HOLD_MS + FALSE_FLOW_MS);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Both say that they are in one call and see the other, and it is true. */
  get areTogether(): boolean {
    const [one, other] = this.world.people;
    const call = callOf(one);
    return call !== null && call === callOf(other) && this.world.people.every((person) => person.saysFlowing && this.sees(person));
  }

  /** Neither is in a call, and nothing brings them into one by itself. */
  get areApart(): boolean {
    const { people } = this.world;
    const isWaited = people.every((person) => person.state === "queued");
    return !isWaited && people.every((person) => !person.isInCall && !person.isOpening);
  }

  /** Whether the other's media is before this person's eyes and ears, as far as the other sends any. */
  sees({ page }: Person): boolean {
    const connection = page?.shown?.of;
    if (!page || !connection) return false;
    const path = this.world.ether.living(connection);
    const { rates, presentingSince } = connection.arriving;
    if (!path || rates.packets === 0) return false;
    if (rates.frames === 0 || page.isHidden()) return true;
    return presentingSince !== null && presentingSince <= this.world.clock.now;
  }

  noteFault(fault: Fault): void {
    this.faults.push({ at: this.world.clock.now, fault });
    this.#wasOpening ||= this.world.people.some((person) => person.isOpening);
    this.#wasWaiting ||= this.world.people.some((person) => person.state === "queued");
  }

  hearSent(page: Page, frame: ClientFrame & Numbers): void {
    const { now } = this.world.clock;
    const person = this.world.people.find((one) => one.page === page);
    if (!person) return;
    if (frame.type === "seek" && !person.mayWait) this.#blame(`${person.name} searches for a stranger without having asked`);
    if (frame.type !== "offer" && frame.type !== "restart") return;
    // The same frame may go over several sockets.
    const key = `${page.browser.name}${page.number} ${JSON.stringify({ ...frame, seq: 0, ack: 0 })}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (this.#isHealthy) this.#blame(`${person.name} sends ${frame.type} though all is well`);
    if (frame.type === "restart") return void this.asksAt.push(now);
    this.offersAt.push(now);
    const inWindow = this.offersAt.filter((at) => now - at < OFFERS_WINDOW_MS).length;
    if (inWindow > OFFERS_MAX) this.#blame(`${inWindow} offers within ten seconds`);
  }

  /** One step was done. */
  look(): void {
    const { now } = this.world.clock;
    for (const person of this.world.people) this.#lookAt(person, now);
    if (now < this.world.lastFaultAt || this.#isDone) return;
    const isTogether = this.areTogether;
    const isSettled = isTogether || this.areApart;
    if (isSettled) {
      this.#settledSince ??= now;
      this.outcome = isTogether ? "together" : "apart";
      if (now - this.#settledSince < HOLD_MS) return;
      this.settledMs = Math.max(0, this.#settledSince - this.world.lastFaultAt);
      if (this.settledMs > this.limitMs()) this.#blame(`all is well ${this.settledMs} ms after the last fault, more than ${this.limitMs()}`);
      this.#isDone = true;
      return;
    }
    this.#settledSince = null;
    if (now - this.world.lastFaultAt < 120_000) return;
    this.#blame(`nothing is well two minutes after the last fault: ${this.#words()}`);
    this.#isDone = true;
  }

  /** How long after the last fault all must be well. */
  limitMs(): number {
    const [one, other] = this.world.people;
    const all = allowances({
      faults: this.faults,
      slowIceMs: this.world.ether.slowMs,
      wasOpening: this.#wasOpening,
      wasWaiting: this.#wasWaiting,
      wasHungUp: typeof this.world.plan.hangsUp?.atMs === "number",
      wasStuck: this.world.people.some(({ page }) => page?.connections.some((connection) => connection.isStuck)),
      wasHidden: this.#wasHidden,
      wasNothingSent: this.#wasNothingSent,
      wasScreen: this.#wasScreen,
      roundTripMs: 2 * (one.machine.latencyMs + other.machine.latencyMs),
    });
    return Object.values(all).reduce((sum, ms) => sum + ms, 0);
  }

  beginHealthy(): void {
    this.#isHealthy = true;
  }

  beginHangUp(): void {
    this.#hungUp = true;
  }

  finish(): void {
    if (!this.#isDone) this.#blame("the run had no end");
    if (this.outcome === "together" && !this.#hungUp && !this.areTogether) this.#blame(`all was well and is not any more: ${this.#words()}`);
    if (this.#hungUp && this.world.people.some((person) => person.isInCall)) this.#blame("one hung up, and the other is still in the call");
    for (const { name, page, state } of this.world.people) {
      const open = page?.openConnections.length ?? 0;
      if (open > 1) this.#blame(`${name} ends ${state} with ${open} peer connections open`);
      if (page?.connections.some((connection) => connection.steps.join().includes("offer,accept"))) this.#blame(`${name} rolled an offer back`);
    }
  }

  #lookAt(person: Person, now: number): void {
    const watched = this.#watched.get(person)!;
    const { page, machine, client } = person;
    const isAwake = page !== null && !machine.isAsleep;
    const sees = isAwake && this.sees(person);
    this.#wasHidden ||= machine.isHidden;
    this.#wasScreen ||= page?.picture === "screen";
    this.#wasNothingSent ||= page !== null && !page.sendsAnything;
    // A clock that was set makes the noticing begin anew.
    const wasSet = this.faults.some(({ fault }) => fault.kind === "clock");
    const patienceMs = (wasSet ? FALSE_FLOW_MS : 0) + (machine.isHidden ? HIDDEN_MS : 0) + (client?.peer.picture === "screen" ? SCREEN_MS : 0);
    const says = person.saysFlowing;
    const peer = client?.peer;
    // The other side's picture may have changed while its word of it could not come.
    const isNews = peer?.picture !== this.#otherThan(person).page?.picture;
    const falseMs = watched.falseFlow.ms(isAwake && says && !sees && !isNews, now);
    const sendsNothing = peer?.picture === "none" && !peer.sound;
    if (falseMs > (sendsNothing ? FALSE_FLOW_NOTHING_MS : FALSE_FLOW_MS) + patienceMs) this.#blame(`${person.name} says that it sees the other for ${falseMs} ms, and does not`);
    const missedMs = watched.missedFlow.ms(isAwake && sees && !says && person.isInCall && !isNews, now);
    if (missedMs > MISSED_FLOW_MS + patienceMs) this.#blame(`${person.name} sees the other for ${missedMs} ms, and says ${person.state}, ${client?.mediaState}`);
    const interruptedMs = watched.interrupted.ms(isAwake && person.state === "connected" && client?.mediaState === "interrupted", now);
    if (interruptedMs > INTERRUPTED_MS_MAX) this.#blame(`${person.name} is interrupted for ${interruptedMs} ms, and the call does not end`);
    if ((page?.openConnections.length ?? 0) > CONNECTIONS_MAX) this.#blame(`${person.name} has ${page?.openConnections.length} peer connections open`);
    if (this.#isHealthy && isAwake && person.isInCall && !says) this.#blame(`${person.name} says ${person.state}, ${client?.mediaState} though all is well`);
    const level = client?.quality?.level;
    if ((level === "excellent" || level === "good") && falseMs > FALSE_FLOW_MS + 2_000 + patienceMs) this.#blame(`${person.name} says "${level}" of what it does not see`);
  }

  #hearState(person: Person, state: CallState): void {
    if (state.name === "queued" && !person.mayWait) this.#blame(`${person.name} waits for a stranger without having asked`);
  }

  #otherThan(person: Person): Person {
    const [one, other] = this.world.people;
    return person === one ? other : one;
  }

  #words(): string {
    return this.world.people.map((person) => `${person.name} ${person.state} ${person.client?.mediaState ?? ""}`).join(", ");
  }

  #blame(what: string): void {
    const kind = what.replaceAll(/\d+/g, "N");
    if (this.#seen.has(kind)) return;
    this.#seen.add(kind);
    this.violations.push(`at ${this.world.ms} ms: ${what}`);
    this.world.note("judge", what);
  }
}

function callOf(person: Person): string | null {
  const state = person.client?.state;
  return state ? (matchOf(state)?.call ?? null) : null;
}
