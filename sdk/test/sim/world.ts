/**
 * One run: two people, a server, networks and whatever goes wrong, from a seed.
 *
 * It ends when all is well for a while after the last fault, or when the judge's patience has ended. Same seed and same
 * client, same run, to the letter. Bounds: four faults, three minutes of its time.
 */
import type { ClientFrame, Numbers } from "../../src/generated/protocol.js";
import type { RelayPolicy } from "../../src/generated/protocol.js";
import { QUIRKS } from "./browser.js";
import type { Quirks } from "./browser.js";
import { Clock, settle } from "./clock.js";
import { plan, words } from "./faults.js";
import type { Change, Fault, Plan, Who } from "./faults.js";
import { Ether } from "./ice.js";
import { Judge } from "./judge.js";
import { Random } from "./random.js";
import { Machine } from "./machine.js";
import type { Page, PageWorld } from "./page.js";
import { Person } from "./person.js";
import { Server } from "./server/process.js";

export interface Options {
  readonly seed: number;
  /** Told of each thing that happens, with the time since the start. */
  readonly onNote?: (ms: number, who: string, what: string) => void;
  /** Another plan than the seed's. */
  readonly plan?: Plan;
  /** How long it continues after all is well. */
  readonly healthyMs?: number;
  /** The circumstances that are to differ from the seed's. */
  readonly terms?: Partial<Circumstances>;
  readonly quirks?: Partial<Quirks>;
}

/** The circumstances of a whole run. */
export interface Circumstances {
  readonly latenciesMs: readonly [number, number];
  readonly isDirect: boolean;
  readonly relayPolicy: RelayPolicy;
  readonly hasOwnRelay: boolean;
  readonly keptBytesMax: number;
  readonly credentialMs: number;
  /** How long after the first the second begins to look. */
  readonly secondMs: number;
  readonly prepares: boolean;
  readonly isHidden: boolean;
  readonly slowIceShare: number;
}

function circumstances(random: Random): Circumstances {
  const latency = () => random.pick([random.ms(2, 20), random.ms(20, 60), random.ms(60, 120)]);
  return {
    latenciesMs: [latency(), latency()],
    isDirect: random.is(0.75),
    relayPolicy: random.is(0.15) ? "always" : "auto",
    hasOwnRelay: random.is(0.5),
    keptBytesMax: random.is(0.05) ? 8_000 : 65_536,
    credentialMs: random.is(0.1) ? 12_000 : Infinity,
    secondMs: random.pick([0, random.ms(0, 400), random.ms(400, 5_000)]),
    prepares: random.is(0.5),
    isHidden: random.is(0.06),
    slowIceShare: 0.04,
  };
}

/** The first of the two has had time to sign in. */
const START_MS = 4_000;
const STEP_MS = 250;
const RUN_MS_MAX = 200_000;
/** A step that was taken when all was well again has its time to end; an offer that was lost is made again after 16 s at the latest. */
const TAIL_MS = 10_000;
const TAILS_MAX = 3;

export class World implements PageWorld {
  readonly clock = new Clock();
  readonly random: Random;
  readonly terms: Circumstances;
  readonly plan: Plan;
  readonly quirks: Quirks;
  readonly server: Server;
  readonly ether: Ether;
  readonly people: readonly [Person, Person];
  readonly judge: Judge;
  /** When the last fault has ended, as far as is known now. */
  lastFaultAt: number;
  readonly #startedAt: number;
  #isRefreshing = false;
  #isReady = false;

  constructor(readonly options: Options) {
    const { seed } = options;
    this.random = Random.of(seed, "world");
    this.terms = { ...circumstances(Random.of(seed, "terms")), ...options.terms };
    this.quirks = { ...QUIRKS, ...options.quirks };
    this.plan = options.plan ?? plan(Random.of(seed, "plan"));
    this.#startedAt = this.lastFaultAt = this.clock.now;
    const { relayPolicy, keptBytesMax, credentialMs, hasOwnRelay, isDirect, slowIceShare } = this.terms;
    this.server = new Server(this.clock, { relayPolicy, keptBytesMax, credentialMs }, hasOwnRelay, () => this.onChange());
    this.ether = new Ether(this.clock, Random.of(seed, "ice"), () => this.server, { isDirect, slowShare: slowIceShare });
    const person = (name: "a" | "b", place: 0 | 1) => {
      const machine = new Machine(name, this.clock, Random.of(seed, `machine ${name}`), this.terms.latenciesMs[place], () => this.onChange());
      return new Person(name, machine, this, (what) => Random.of(seed, `${name} ${what}`));
    };
    this.people = [person("a", 0), person("b", 1)];
    this.people[1].machine.isHidden = this.terms.isHidden;
    this.judge = new Judge(this);
    this.server.onEnd = (call, cause) => this.note("server", `${call} ends: ${cause}`);
    this.#isReady = true;
    this.clock.onStep = () => this.judge.look();
  }

  /** Milliseconds since the start. */
  get ms(): number {
    return this.clock.now - this.#startedAt;
  }

  async run(): Promise<Judge> {
    const [first, second] = this.people;
    const { clock } = this;
    void first.come(this.terms.prepares);
    const secondAt = clock.now + START_MS + this.terms.secondMs;
    this.lastFaultAt = secondAt;
    clock.at(secondAt - (this.terms.prepares ? 2_000 : 0), () => void second.come(this.terms.prepares));
    for (const { atMs, what } of this.plan.faults) {
      this.lastFaultAt = Math.max(this.lastFaultAt, secondAt + atMs);
      clock.at(secondAt + atMs, () => this.#do(what));
    }
    for (const { atMs, what } of this.plan.changes) clock.at(secondAt + atMs, () => this.#change(what));
    const { hangsUp } = this.plan;
    if (hangsUp && hangsUp.atMs !== "well") {
      this.lastFaultAt = Math.max(this.lastFaultAt, secondAt + hangsUp.atMs);
      clock.at(secondAt + hangsUp.atMs, () => this.#hangUp(hangsUp.who));
    }
    await clock.pass(secondAt + 1_000 - clock.now);
    while (!this.judge.isDone && this.ms < RUN_MS_MAX) {
      await clock.pass(STEP_MS);
      this.judge.look();
    }
    const lastChangeMs = Math.max(0, ...this.plan.changes.map(({ atMs }) => secondAt + atMs - clock.now));
    // A late change has its time to be seen.
    await clock.pass(Math.max(TAIL_MS, lastChangeMs + TAIL_MS / 2));
    for (let times = 0; times < TAILS_MAX && this.judge.isInTheMidst; times++) await clock.pass(TAIL_MS);
    if (this.options.healthyMs !== undefined && this.judge.areTogether) {
      this.judge.beginHealthy();
      await clock.pass(this.options.healthyMs);
    }
    await this.#end();
    this.judge.finish();
    return this.judge;
  }

  note(who: string, what: string): void {
    this.options.onNote?.(this.ms, who, what);
  }

  onChange(): void {
    // One change may cause another while it is worked out.
    if (this.#isRefreshing || !this.#isReady) return;
    this.#isRefreshing = true;
    this.ether.update();
    this.#isRefreshing = false;
    for (const person of this.people) {
      for (const connection of person.page?.connections ?? []) if (!connection.isClosed) connection.refresh();
    }
  }

  onSent(page: Page, text: string): void {
    const frame = JSON.parse(text) as ClientFrame & Numbers;
    if (this.options.onNote) this.note(page.browser.name, `-> ${brief(text)}`);
    this.judge.hearSent(page, frame);
  }

  onHeard(page: Page, text: string): void {
    if (this.options.onNote) this.note(page.browser.name, `<- ${brief(text)}`);
  }

  /** Nothing of this run continues after it. */
  async #end(): Promise<void> {
    if (this.plan.hangsUp?.atMs === "well" && this.judge.areTogether) {
      this.judge.beginHangUp();
      this.#hangUp(this.plan.hangsUp.who);
      await this.clock.pass(3_000);
    }
    await settle();
  }

  #hangUp(who: "a" | "b"): void {
    const person = this.#of(who)[0]!;
    if (!person.client || person.machine.isAsleep) return;
    this.note(person.name, "hangs up");
    person.client.hangUp();
  }

  #of(who: Who): Person[] {
    return who === "both" ? [...this.people] : [this.people[who === "a" ? 0 : 1]];
  }

  #until(ms: number): void {
    this.lastFaultAt = Math.max(this.lastFaultAt, this.clock.now + ms);
  }

  #do(fault: Fault): void {
    this.note("fault", words(fault));
    this.judge.noteFault(fault);
    switch (fault.kind) {
      case "outage":
        for (const person of this.#of(fault.who)) this.#cut(person, fault.ms, fault.isNoticed);
        return this.#until(fault.ms);
      case "switch":
        for (const { machine } of this.#of(fault.who)) this.#until(machine.moveToAnother(fault.gapMs) - this.clock.now);
        return;
      case "server":
        this.server.crash();
        this.clock.after(fault.ms, () => {
          this.note("server", "starts");
          this.server.start();
        });
        return this.#until(fault.ms);
      case "restart":
        this.server.shutDown(this.random);
        this.clock.after(fault.ms, () => this.server.start());
        return this.#until(fault.ms);
      case "relay":
        // The server's own dies with it alone.
        if (this.terms.hasOwnRelay) return;
        this.server.relay.crash();
        this.clock.after(fault.ms, () => this.server.relay.start());
        return this.#until(fault.ms);
      case "stall": {
        const open = this.#of(fault.who)[0]?.page?.sockets.filter((socket) => socket.isOpen) ?? [];
        for (const { stall } of open) {
          stall.close();
          this.clock.after(fault.ms, () => stall.open());
        }
        return this.#until(fault.ms);
      }
      case "reset":
        for (const { page } of this.#of(fault.who)) for (const socket of page?.sockets ?? []) socket.reset();
        return this.#until(0);
      case "clock":
        for (const { machine } of this.#of(fault.who)) machine.clockOffMs += fault.byMs;
        return this.#until(0);
      case "reload":
        for (const person of this.#of(fault.who)) this.#reload(person, fault.ms);
        return this.#until(fault.ms ?? 0);
      case "sleep": {
        const { machine } = this.#of(fault.who)[0]!;
        if (machine.isAsleep) return;
        if (fault.isOffline) machine.network.gate.close();
        const { network } = machine;
        machine.fallAsleep(fault.sleep);
        this.clock.after(fault.ms, () => {
          this.note(machine.name, "wakes up");
          machine.wakeUp();
          if (!fault.isOffline) return;
          const backMs = machine.random.ms(50, 1_500);
          this.clock.after(backMs, () => {
            network.gate.open();
            if (machine.random.is(0.7)) machine.tell(true);
          });
          this.#until(backMs);
        });
        return this.#until(fault.ms);
      }
    }
  }

  #cut({ machine }: Person, ms: number, isNoticed: boolean): void {
    const { network } = machine;
    network.gate.close();
    if (isNoticed) {
      network.detach();
      machine.tell(false);
    }
    this.clock.after(ms, () => {
      network.gate.open();
      if (!isNoticed || network.isGone) return;
      network.attach();
      machine.tell(true);
    });
  }

  #reload(person: Person, ms: number | null): void {
    if (!person.page || person.machine.isAsleep) return;
    person.leave();
    if (ms !== null) this.clock.after(ms, () => !person.page && void person.comeBack());
  }

  #change(change: Change): void {
    const person = this.#of(change.who)[0]!;
    const { client, page, machine } = person;
    this.note("change", words(change));
    if (change.kind === "hide") {
      machine.isHidden = change.on;
      return this.onChange();
    }
    if (!client || !page || client.localStream === null || machine.isAsleep) return;
    switch (change.kind) {
      case "camera":
        client.setCamera(change.on);
        break;
      case "microphone":
        client.setMicrophone(change.on);
        break;
      case "talk":
        page.isTalking = change.on;
        break;
      case "share":
        if (change.screen === null) client.stopSharing();
        else void client.shareScreen().then(() => page.setStill(change.screen ?? "still"));
    }
    this.onChange();
  }
}

/** A frame, short enough for a line. */
function brief(text: string): string {
  const { type, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const short = JSON.stringify(rest, (key, value: unknown) => (key === "grant" || key === "token" || key === "user" || key === "ice_servers" ? undefined : value));
  return `${String(type)} ${short.length > 260 ? `${short.slice(0, 260)}...` : short}`;
}
