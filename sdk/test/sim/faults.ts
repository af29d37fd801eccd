/**
 * The faults of a run, drawn from its seed before it begins, and how they are done.
 *
 * A plan is a list: when, what, to whom, for how long. The client has no influence on it, so the same seed has the same
 * faults whatever the client does. Bounds: four faults, each of at most 45 s, and four changes of what is shown.
 */
import type { Random } from "./random.js";

export type Who = "a" | "b" | "both";

export type Fault =
  /** Nothing passes; `isNoticed`: by an interface that goes down, so pages are notified. */
  | { readonly kind: "outage"; readonly who: Who; readonly ms: number; readonly isNoticed: boolean }
  /** To another network, after so long without any. */
  | { readonly kind: "switch"; readonly who: Who; readonly gapMs: number }
  | { readonly kind: "server"; readonly ms: number }
  /** The server's graceful restart. */
  | { readonly kind: "restart"; readonly ms: number }
  | { readonly kind: "relay"; readonly ms: number }
  /** The socket of this side alone is stalled. */
  | { readonly kind: "stall"; readonly who: "a" | "b"; readonly ms: number }
  /** The sockets of this side are reset, as by a proxy on the way: both ends are notified at once. */
  | { readonly kind: "reset"; readonly who: "a" | "b" }
  /** The computer's clock is set, forward or back. */
  | { readonly kind: "clock"; readonly who: "a" | "b"; readonly byMs: number }
  /** The page is loaded anew after so long; `null`: never. */
  | { readonly kind: "reload"; readonly who: Who; readonly ms: number | null }
  | { readonly kind: "sleep"; readonly who: "a" | "b"; readonly ms: number; readonly sleep: "late" | "still"; readonly isOffline: boolean };

/** Nothing is wrong: what people do in any call. */
export type Change =
  | { readonly kind: "camera" | "microphone" | "talk" | "hide"; readonly who: "a" | "b"; readonly on: boolean }
  | { readonly kind: "share"; readonly who: "a" | "b"; readonly screen: "moving" | "still" | null };

export interface Planned<What> {
  /** From when the second of the two looks for somebody. */
  readonly atMs: number;
  readonly what: What;
}

export interface Plan {
  readonly faults: readonly Planned<Fault>[];
  readonly changes: readonly Planned<Change>[];
  /** The side that hangs up, and when: after all is well again, or in the midst of it. */
  readonly hangsUp: { readonly who: "a" | "b"; readonly atMs: number | "well" } | null;
}

const KINDS = { outage: 30, switch: 22, server: 12, restart: 3, relay: 5, stall: 6, reset: 4, clock: 3, reload: 12, sleep: 8 };

export function plan(random: Random): Plan {
  const count = Number(random.weigh({ 1: 45, 2: 30, 3: 15, 4: 10 }));
  const faults: Planned<Fault>[] = [];
  // A call takes a second or two to begin: some faults come before it has.
  let atMs = random.is(0.25) ? random.ms(-300, 1_500) : random.ms(2_500, 9_000);
  for (let number = 0; number < count; number++) {
    faults.push({ atMs, what: fault(random) });
    atMs += Number(random.weigh({ 50: 30, 3_000: 50, 20_000: 20 })) * random.next();
    atMs = Math.round(atMs);
  }
  const changes: Planned<Change>[] = [];
  if (random.is(0.3)) {
    const changesMax = random.ms(1, 4);
    for (let number = 0; number < changesMax; number++) changes.push({ atMs: random.ms(1_000, 20_000), what: change(random) });
  }
  return { faults, changes, hangsUp: hangsUp(random, atMs) };
}

function hangsUp(random: Random, lastMs: number): Plan["hangsUp"] {
  if (!random.is(0.15)) return null;
  return { who: random.pick(["a", "b"]), atMs: random.is(0.6) ? "well" : random.ms(0, lastMs + 5_000) };
}

function fault(random: Random): Fault {
  const kind = random.weigh(KINDS);
  const who = random.pick(["a", "b"] as const);
  const some: Who = random.is(0.25) ? "both" : who;
  switch (kind) {
    case "outage":
      return { kind, who: some, ms: random.pick([random.ms(200, 1_500), random.ms(1_500, 5_000), random.ms(5_000, 12_000)]), isNoticed: random.is(0.25) };
    case "switch":
      return { kind, who: some, gapMs: random.is(0.5) ? 0 : random.ms(50, 2_500) };
    case "server":
    case "restart":
    case "relay":
      return { kind, ms: random.ms(200, 5_000) };
    case "stall":
      return { kind, who, ms: random.pick([random.ms(500, 3_000), random.ms(3_000, 20_000)]) };
    case "reset":
      return { kind, who };
    case "clock":
      return { kind, who, byMs: random.pick([-1, 1]) * random.pick([random.ms(500, 9_000), random.ms(60_000, 7_200_000)]) };
    case "reload": {
      const back = random.weigh({ soon: 78, late: 12, never: 10 });
      return { kind, who: some, ms: back === "never" ? null : back === "soon" ? random.ms(300, 3_000) : random.ms(10_500, 25_000) };
    }
    case "sleep":
      return { kind, who, ms: random.pick([random.ms(1_000, 9_000), random.ms(9_000, 40_000)]), sleep: random.pick(["late", "still"]), isOffline: random.is(0.5) };
  }
}

function change(random: Random): Change {
  const kind = random.pick(["camera", "microphone", "talk", "hide", "share"] as const);
  const who = random.pick(["a", "b"] as const);
  if (kind === "share") return { kind, who, screen: random.pick(["moving", "still", null]) };
  return { kind, who, on: random.is(0.5) };
}

/** A fault in a few words, for the reader of a run. */
export function words(fault: Fault | Change): string {
  const { kind, ...rest } = fault;
  return `${kind} ${JSON.stringify(rest)}`;
}
