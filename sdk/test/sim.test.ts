/**
 * The SDK's clients under bad networks, crashes, reloads and sleep: thousands of runs in virtual time, each from a seed.
 *
 * The rules are in `sim/judge.ts`. A run that breaks one names its seed: `node sdk/test/sim/show.mjs SEED` shows it
 * step by step. Nothing here opens a socket or waits.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Change, Fault, Plan, Planned } from "./sim/faults.js";
import type { Judge } from "./sim/judge.js";
import { World } from "./sim/world.js";
import type { Options } from "./sim/world.js";

const SEEDS = 6_000;
const HEALTHY_MS = 60_000;

let unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
before(() => process.on("unhandledRejection", note));
after(() => process.off("unhandledRejection", note));

/** One run; all that was broken in it, with its seed. */
async function run(options: Options): Promise<{ judge: Judge; world: World; broken: string[] }> {
  const world = new World(options);
  unhandled = [];
  const judge = await world.run();
  // Node reports rejections that nobody handled in a turn of its own.
  await new Promise((resolve) => setImmediate(resolve));
  const broken = [...judge.violations, ...unhandled.map((error) => `a rejection that nobody handled: ${String(error)}`)];
  return { judge, world, broken: broken.map((what) => `seed ${options.seed}: ${what}`) };
}

function assertKept(broken: readonly string[]): void {
  assert.equal(broken.length, 0, `${broken.length} promises are broken; show one by \`node sdk/test/sim/show.mjs SEED\`:\n${broken.slice(0, 20).join("\n")}`);
}

test("thousands of calls under all kinds of faults go on or end, and clients tell the truth of them", async () => {
  const broken: string[] = [];
  const count = { together: 0, apart: 0, cameBack: 0, offers: 0, stuck: 0 };
  for (let seed = 0; seed < SEEDS; seed++) {
    const { judge, world, broken: more } = await run({ seed, ...(seed % 25 === 0 ? { healthyMs: HEALTHY_MS } : {}) });
    broken.push(...more);
    if (judge.outcome !== null) count[judge.outcome]++;
    count.offers += judge.offersAt.length;
    for (const { page } of world.people) {
      if (page && page.number > 1) count.cameBack++;
      if (page?.connections.some((connection) => connection.isStuck)) count.stuck++;
    }
  }
  assertKept(broken);
  // A world in which nothing happens would keep every promise.
  assert.ok(
    count.together > 0.6 * SEEDS && count.apart > 0.1 * SEEDS && count.cameBack > 0.05 * SEEDS && count.offers > 0.8 * SEEDS && count.stuck > 0.002 * SEEDS,
    JSON.stringify(count),
  );
});

/** Each of these was red once. */
const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [3642, "a clock was set back while the other side's page was gone: nothing was missed for an hour"],
  [6152, "a callee came back to a connection that was not answered yet: neither side yielded"],
  [16412, "a hello of one's own came late, took the session from its successor, and ended the call"],
  [18655, "bytes from before a sleep proved a dead socket alive"],
  [20936, "a clock was set back in an outage: what did not come was said to flow"],
  [22061, "a still screen that was not presented was restarted, and never replaced"],
  [25938, "a slow search was given up for another connection just before it was done"],
  [75749, "the same as 22061: an offer every nine seconds, without end"],
];

test("seeds that found something stay green", async () => {
  const broken: string[] = [];
  for (const [seed, what] of FOUND) broken.push(...(await run({ seed })).broken.map((more) => `${what}: ${more}`));
  assertKept(broken);
});

test("one seed is one run", async () => {
  for (let seed = 0; seed < 25; seed++) {
    const trace = async () => {
      const lines: string[] = [];
      await run({ seed, onNote: (ms, who, what) => void lines.push(`${ms} ${who} ${what}`) });
      return lines;
    };
    assert.deepEqual(await trace(), await trace(), `seed ${seed} gave two runs`);
  }
});

const planOf = (faults: Planned<Fault>[], changes: Planned<Change>[] = []): Plan => ({ faults, changes, hangsUp: null });

/** The same faults in other worlds: other delays, other chance. */
async function many(plan: Plan, more: Partial<Options> = {}, seeds = 40): Promise<Judge[]> {
  const judges: Judge[] = [];
  const broken: string[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { judge, broken: its } = await run({ seed, plan, ...more });
    judges.push(judge);
    broken.push(...its);
  }
  assertKept(broken);
  return judges;
}

const mean = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
/** How many offers were made since the fault. */
const offers = (judges: Judge[]) => mean(judges.map(({ faults, offersAt }) => offersAt.filter((at) => at >= (faults[0]?.at ?? 0)).length));

/** How long after the fault all was well, in half of the runs. */
const median = (judges: Judge[]) => judges.map(({ settledMs }) => settledMs ?? Infinity).sort((one, other) => one - other)[Math.floor(judges.length / 2)]!;

for (const who of ["a", "b", "both"] as const) {
  test(`a switch of the network of ${who} costs one offer on average, and two seconds in half of all cases`, async () => {
    const judges = await many(planOf([{ atMs: 4_000, what: { kind: "switch", who, gapMs: 0 } }]), {}, 100);
    // One in a hundred searches is slow, and one in a hundred restarts leaves a still picture: these take another.
    assert.ok(offers(judges) <= 1.1, `${offers(judges)} offers`);
    assert.ok(median(judges) <= 2_000, `${median(judges)} ms`);
  });
  for (const ms of [1_000, 5_000]) {
    test(`an outage of ${ms} ms of ${who} costs two offers at most on average, and a second in half of all cases`, async () => {
      const judges = await many(planOf([{ atMs: 4_000, what: { kind: "outage", who, ms, isNoticed: false } }]), {}, 100);
      assert.ok(offers(judges) <= 2, `${offers(judges)} offers`);
      assert.ok(median(judges) <= 1_000, `${median(judges)} ms`);
    });
  }
}

const QUIET: [string, Planned<Change>[]][] = [
  ["two who talk", []],
  ["a camera that is off", [{ atMs: 3_000, what: { kind: "camera", who: "a", on: false } }]],
  [
    "two who are silent with their cameras off",
    ["a", "b"].flatMap((who) => [
      { atMs: 3_000, what: { kind: "camera" as const, who: who as "a" | "b", on: false } },
      { atMs: 3_000, what: { kind: "microphone" as const, who: who as "a" | "b", on: false } },
    ]),
  ],
  [
    "a screen that stands still",
    [
      { atMs: 3_000, what: { kind: "talk", who: "a", on: false } },
      { atMs: 3_500, what: { kind: "share", who: "a", screen: "still" } },
    ],
  ],
  ["a page that is hidden", [{ atMs: 3_000, what: { kind: "hide", who: "b", on: true } }]],
  ["somebody who listens", [{ atMs: 3_000, what: { kind: "talk", who: "b", on: false } }]],
];

for (const [what, changes] of QUIET) {
  test(`nothing is restarted in a minute of ${what}`, async () => {
    const judges = await many(planOf([], changes), { healthyMs: HEALTHY_MS }, 15);
    assert.ok(judges.every((judge) => judge.outcome === "together"));
    assert.ok(judges.every((judge) => judge.offersAt.length <= 2 && judge.asksAt.length === 0));
  });
}
