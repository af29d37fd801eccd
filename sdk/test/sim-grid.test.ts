/**
 * The simulator's faults in rows: each kind at each moment of a call's set-up, each kind after each other, and the cases that
 * were broken once, at every moment around the one that broke them.
 *
 * The rules that must hold are in `sim/judge.ts`, as for the seeds of `sim.test.ts`. A broken run is named by its title and seed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, Fault, Planned } from "./sim/faults.js";
import { World } from "./sim/world.js";
import type { Options } from "./sim/world.js";
import type { Judge } from "./sim/judge.js";

type Run = Omit<Options, "seed"> & { readonly title: string };

const runOf = (title: string, faults: Planned<Fault>[], more: Partial<Options> & { changes?: Planned<Change>[] } = {}): Run => {
  const { changes = [], ...rest } = more;
  return { title, plan: { faults, changes, hangsUp: null }, ...rest };
};

/** Runs all, each with a seed of its own, and names those that broke a promise. */
async function all(runs: readonly Run[], look?: (world: World, title: string) => void): Promise<Judge[]> {
  const broken: string[] = [];
  const judges: Judge[] = [];
  for (const [seed, { title, ...options }] of runs.entries()) {
    const world = new World({ seed, ...options });
    const judge = await world.run();
    judges.push(judge);
    look?.(world, title);
    for (const what of judge.violations) broken.push(`${title} (seed ${seed}): ${what}`);
  }
  assert.equal(broken.length, 0, `${broken.length} of ${runs.length} are broken:\n${broken.slice(0, 20).join("\n")}`);
  return judges;
}

function* every(from: number, to: number, step: number): Generator<number> {
  for (let at = from; at <= to; at += step) yield at;
}

const KINDS: readonly Fault[] = [
  ...(["a", "b", "both"] as const).flatMap((who): Fault[] => [
    { kind: "switch", who, gapMs: 0 },
    { kind: "outage", who, ms: 1_200, isNoticed: false },
  ]),
  { kind: "outage", who: "b", ms: 1_200, isNoticed: true },
  { kind: "switch", who: "a", gapMs: 800 },
  { kind: "server", ms: 1_000 },
  { kind: "restart", ms: 700 },
  { kind: "relay", ms: 1_000 },
  { kind: "reload", who: "a", ms: 600 },
  { kind: "reload", who: "b", ms: 600 },
  { kind: "reload", who: "both", ms: 600 },
  { kind: "sleep", who: "b", ms: 4_000, sleep: "late", isOffline: true },
  { kind: "stall", who: "a", ms: 3_000 },
];
const name = ({ kind, ...rest }: Fault) => `${kind} ${JSON.stringify(rest)}`;

test("each fault at each moment of the set-up", async () => {
  const runs: Run[] = [];
  for (const what of KINDS)
    for (const atMs of every(-300, 2_500, 70)) runs.push(runOf(`${name(what)} at ${atMs}`, [{ atMs, what }], { terms: { isHidden: false, slowIceShare: 0 } }));
  await all(runs);
});

test("each fault after each other, at once or a while later", async () => {
  const runs: Run[] = [];
  for (const first of KINDS) {
    for (const second of KINDS) {
      for (const laterMs of [0, 300, 1_000, 2_500]) {
        const faults = [
          { atMs: 5_000, what: first },
          { atMs: 5_000 + laterMs, what: second },
        ];
        runs.push(runOf(`${name(first)}, ${laterMs} ms later ${name(second)}`, faults, { terms: { isHidden: false, slowIceShare: 0 } }));
      }
    }
  }
  await all(runs);
});

test("a picture that stands after every restart is said to stand, and one new connection cures it", async () => {
  const judges = await all(
    [...every(0, 29, 1)].map(() => runOf("outage", [{ atMs: 5_000, what: { kind: "outage", who: "a", ms: 4_000, isNoticed: false } }], { quirks: { frozenRestart: 1 } })),
  );
  assert.ok(judges.every(({ outcome, offersAt }) => outcome === "together" && offersAt.length <= 4));
});

test("between browsers whose restarts are slow a new connection takes the place of each", async () => {
  const quirks = { restartsSlowly: true };
  const outages = [1_000, 2_000, 5_000].flatMap((ms) => (["a", "b"] as const).map((who): Fault => ({ kind: "outage", who, ms, isNoticed: false })));
  const runs = [...KINDS, ...outages].flatMap((what) => [...every(0, 9, 1)].map(() => runOf(name(what), [{ atMs: 5_000, what }], { quirks, terms: { isHidden: false } })));
  const restarts: string[] = [];
  const judges = await all(runs, (world, title) => {
    const steps = world.people.flatMap(({ page }) => page?.connections.flatMap(({ steps }) => steps) ?? []);
    if (steps.includes("restart")) restarts.push(title);
  });
  assert.deepEqual(restarts, []);
  assert.ok(judges.every(({ outcome }) => outcome === "together"));
});

const QUIET: readonly Planned<Change>[] = ["a", "b"].map((who) => ({ atMs: 2_000, what: { kind: "camera", who: who as "a" | "b", on: false } }));
const SILENT: readonly Planned<Change>[] = ["a", "b"].map((who) => ({ atMs: 2_000, what: { kind: "microphone", who: who as "a" | "b", on: false } }));

test("whoever sends little, or nothing, is missed after an outage and found again", async () => {
  const runs: Run[] = [];
  for (const changes of [QUIET, SILENT, [...QUIET, ...SILENT], [...QUIET, { atMs: 2_500, what: { kind: "share", who: "a", screen: "still" } } satisfies Planned<Change>]]) {
    for (const ms of every(500, 12_000, 1_500))
      runs.push(runOf(`${JSON.stringify(changes)} ${ms}`, [{ atMs: 5_000, what: { kind: "outage", who: "b", ms, isNoticed: false } }], { changes: [...changes] }));
    for (const who of ["a", "b"] as const)
      runs.push(runOf(`${JSON.stringify(changes)} switch`, [{ atMs: 5_000, what: { kind: "switch", who, gapMs: 0 } }], { changes: [...changes] }));
  }
  await all(runs);
});

test("a hidden page finds its way back too", async () => {
  const runs = KINDS.flatMap((what) => [...every(0, 4, 1)].map(() => runOf(name(what), [{ atMs: 5_000, what }], { terms: { isHidden: true } })));
  await all(runs);
});

test("a page that is loaded anew comes back whenever its server and its network do", async () => {
  const runs: Run[] = [];
  for (const away of [
    { kind: "restart", ms: 1_500 },
    { kind: "server", ms: 2_000 },
    { kind: "outage", who: "b", ms: 3_000, isNoticed: true },
    { kind: "outage", who: "b", ms: 3_000, isNoticed: false },
  ] satisfies Fault[]) {
    for (const laterMs of every(-3_000, 2_000, 250)) {
      runs.push(
        runOf(
          `reload, ${name(away)} ${laterMs} ms later`,
          [
            { atMs: 6_000, what: { kind: "reload", who: "b", ms: 700 } },
            { atMs: 6_000 + laterMs, what: away },
          ],
          { terms: { isHidden: false } },
        ),
      );
    }
  }
  const judges = await all(runs);
  assert.ok(judges.every(({ outcome }) => outcome === "together"));
});

test("a page that comes back over its own old socket is answered", async () => {
  const runs = [...every(200, 8_000, 300)].map((laterMs) =>
    runOf(`outage, reload ${laterMs} ms later`, [
      { atMs: 5_000, what: { kind: "outage", who: "b", ms: 8_500, isNoticed: false } },
      { atMs: 5_000 + laterMs, what: { kind: "reload", who: "b", ms: 500 } },
    ]),
  );
  await all(runs);
});

test("the network changes again while the last change is repaired", async () => {
  const runs: Run[] = [];
  for (const [first, second] of [
    ["a", "a"],
    ["a", "b"],
    ["b", "a"],
    ["b", "b"],
    ["both", "a"],
    ["a", "both"],
  ] as const) {
    for (const laterMs of every(100, 4_000, 130)) {
      runs.push(
        runOf(
          `${first}, ${laterMs} ms later ${second}`,
          [
            { atMs: 5_000, what: { kind: "switch", who: first, gapMs: 0 } },
            { atMs: 5_000 + laterMs, what: { kind: "switch", who: second, gapMs: 0 } },
          ],
          { terms: { isHidden: false, slowIceShare: 0 } },
        ),
      );
    }
  }
  await all(runs);
});

test("a match that crosses a parked offer is set up as fast as any", async () => {
  const runs = [...every(-1_500, 1_500, 20)].map((ms) =>
    runOf(`second ${ms} ms later`, [], {
      terms: { secondMs: Math.max(0, ms) - 2_400, prepares: false, relayPolicy: "always", latenciesMs: [100, 100], slowIceShare: 0, isHidden: false },
    }),
  );
  const judges = await all(runs);
  assert.ok(judges.every(({ asksAt }) => asksAt.length === 0));
});

test("a hello that arrives after its successor's takes nobody out of the call", async () => {
  const runs = ["a", "b"].flatMap((who) =>
    [...every(300, 1_500, 40)].map((laterMs) =>
      runOf(
        `switch of ${who}, outage ${laterMs} ms later`,
        [
          { atMs: 5_000, what: { kind: "switch", who: who as "a" | "b", gapMs: 0 } },
          { atMs: 5_000 + laterMs, what: { kind: "outage", who: who as "a" | "b", ms: 1_100, isNoticed: false } },
          { atMs: 5_000 + laterMs + 200, what: { kind: "switch", who: who as "a" | "b", gapMs: 0 } },
        ],
        { terms: { isHidden: false, slowIceShare: 0 } },
      ),
    ),
  );
  const judges = await all(runs);
  assert.ok(judges.every(({ outcome }) => outcome === "together"));
});

test("a still screen that is not presented after a restart costs few offers", async () => {
  const still: Planned<Change> = { atMs: 2_500, what: { kind: "share", who: "b", screen: "still" } };
  const judges = await all(
    [...every(0, 39, 1)].map(() =>
      runOf("outage", [{ atMs: 5_000, what: { kind: "outage", who: "a", ms: 4_000, isNoticed: false } }], {
        quirks: { frozenRestart: 1 },
        changes: [still],
        terms: { isHidden: false },
      }),
    ),
  );
  assert.ok(
    judges.every(({ offersAt }) => offersAt.length <= 4),
    JSON.stringify(judges.map(({ offersAt }) => offersAt.length)),
  );
});

test("no connection is left open whose offer was lost with the session", async () => {
  const runs: Run[] = [];
  for (const crashMs of every(0, 4_500, 250)) {
    for (const who of ["a", "b"] as const) {
      runs.push(
        runOf(
          `outage of ${who}, crash ${crashMs} ms later`,
          [
            { atMs: 5_000, what: { kind: "outage", who, ms: 4_600, isNoticed: true } },
            { atMs: 5_000 + crashMs, what: { kind: "server", ms: 2_300 } },
            { atMs: 8_000, what: { kind: "outage", who: who === "a" ? "b" : "a", ms: 4_600, isNoticed: false } },
          ],
          { terms: { isHidden: false } },
        ),
      );
    }
  }
  await all(runs);
});

test("a computer's clock may be set at any moment", async () => {
  const runs: Run[] = [];
  for (const byMs of [-3_600_000, -8_000, -1_500, 1_500, 8_000, 3_600_000]) {
    for (const laterMs of every(-1_000, 3_000, 400)) {
      for (const what of [
        { kind: "outage", who: "b", ms: 2_500, isNoticed: false },
        { kind: "switch", who: "a", gapMs: 0 },
        { kind: "reload", who: "b", ms: 700 },
      ] satisfies Fault[]) {
        runs.push(
          runOf(
            `${name(what)}, clock by ${byMs} ${laterMs} ms later`,
            [
              { atMs: 6_000, what },
              { atMs: 6_000 + laterMs, what: { kind: "clock", who: "b", byMs } },
            ],
            { terms: { isHidden: false } },
          ),
        );
      }
    }
  }
  await all(runs);
});

test("a session that cannot be recovered loses nothing that matters", async () => {
  const off: Planned<Change>[] = [
    { atMs: 6_500, what: { kind: "camera", who: "a", on: false } },
    { atMs: 7_200, what: { kind: "microphone", who: "a", on: false } },
  ];
  const runs: Run[] = [];
  for (const what of KINDS) {
    for (const changes of [[], off]) {
      for (const atMs of every(5_000, 6_500, 500))
        runs.push(
          runOf(
            `${name(what)}, then an outage, with small memories`,
            [
              { atMs, what },
              { atMs: 6_000, what: { kind: "outage", who: "b", ms: 6_000, isNoticed: false } },
            ],
            { changes, terms: { isHidden: false, keptBytesMax: 4_000 } },
          ),
        );
    }
  }
  await all(runs);
});

test("both pages are loaded anew while the server crashes, in any order", async () => {
  const runs: Run[] = [];
  for (const [first, second] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    for (const crashMs of every(-2_000, 3_000, 500)) {
      for (const laterMs of every(0, 6_000, 750)) {
        runs.push(
          runOf(
            `reload of ${first}, crash ${crashMs} ms later, reload of ${second} ${laterMs} ms later`,
            [
              { atMs: 7_000, what: { kind: "reload", who: first, ms: 900 } },
              { atMs: 7_000 + crashMs, what: { kind: "server", ms: 2_000 } },
              { atMs: 7_000 + laterMs, what: { kind: "reload", who: second, ms: 700 } },
            ],
            { terms: { isHidden: false, slowIceShare: 0 } },
          ),
        );
      }
    }
  }
  await all(runs);
});

/** Nothing but a relay between the two, who are 50 ms apart, with steps as quick as they mostly are. All is well once both say so, 0.6 s after the first frames. */
const RELAYED = {
  terms: { latenciesMs: [12, 13], isDirect: false, hasOwnRelay: true, isHidden: false, prepares: true, slowIceShare: 0 },
  quirks: { slowStep: 0, frozenRestart: 0 },
} as const;

/** The sorted times until all was well again, in milliseconds. */
const times = (judges: readonly Judge[]) => judges.map(({ settledMs }) => settledMs ?? Infinity).sort((one, other) => one - other);
const share = (sorted: readonly number[], part: number) => sorted[Math.floor(part * (sorted.length - 1))]!;

test("a relayed call whose server crashes, and is back after half a second, goes on by one offer two seconds after that", async () => {
  const crash = (seed: number) => runOf(`the server and its relay crash, ${seed}`, [{ atMs: 8_000 + 13 * seed, what: { kind: "server", ms: 500 } }], RELAYED);
  const judges = await all(
    Array.from({ length: 100 }, (_, seed) => crash(seed)),
    ({ judge }, title) => assert.deepEqual([judge.outcome, judge.offersAt.length], ["together", 1], title),
  );
  const sorted = times(judges);
  assert.ok(share(sorted, 0.5) <= 1_750 && share(sorted, 0.95) <= 2_100, JSON.stringify(sorted));
});

test("a relayed call whose server restarts goes on by one offer within two seconds and a half", async () => {
  const restart = (seed: number) => runOf(`the server and its relay restart, ${seed}`, [{ atMs: 8_000 + 13 * seed, what: { kind: "restart", ms: 500 } }], RELAYED);
  const judges = await all(
    Array.from({ length: 100 }, (_, seed) => restart(seed)),
    ({ judge }, title) => assert.deepEqual([judge.outcome, judge.offersAt.length], ["together", 1], title),
  );
  const sorted = times(judges);
  assert.ok(share(sorted, 0.5) <= 2_000 && share(sorted, 0.95) <= 2_500, JSON.stringify(sorted));
});

test("a relayed call of which one moves to another network goes on by one offer within two seconds", async () => {
  const switches = (["a", "b"] as const).flatMap((who) =>
    Array.from({ length: 50 }, (_, seed) => runOf(`${who} moves, ${seed}`, [{ atMs: 8_000 + 13 * seed, what: { kind: "switch", who, gapMs: 0 } }], RELAYED)),
  );
  const judges = await all(switches, ({ judge }, title) => assert.deepEqual([judge.outcome, judge.offersAt.length], ["together", 1], title));
  const sorted = times(judges);
  assert.ok(share(sorted, 0.5) <= 1_100 && share(sorted, 0.95) <= 2_000, JSON.stringify(sorted));
});
