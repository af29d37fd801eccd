/**
 * Runs seeds and says what came of them, for people: one step by step, or many in figures.
 */
import { words } from "./faults.js";
import { World } from "./world.js";

/** One run, step by step; the result is the exit code. */
export async function showOne(seed: number): Promise<number> {
  const world = new World({
    seed,
    onNote: (ms, who, what) => console.log(`${String(ms).padStart(7)} ${who.padEnd(7)} ${what}`),
  });
  console.log(JSON.stringify(world.terms));
  for (const { atMs, what } of world.plan.faults) console.log(`planned: ${atMs} ms after the second begins: ${words(what)}`);
  const judge = await world.run();
  console.log(`${judge.outcome} after ${judge.settledMs} ms; ${judge.offersAt.length} offers, ${judge.asksAt.length} questions`);
  for (const { name, page } of world.people) {
    for (const connection of page?.connections ?? []) {
      console.log(
        `${name} ${connection.name}: ${connection.steps.filter((step) => step !== "candidate").join(" ")}; ${JSON.stringify({ agreed: connection.agreed, isConnected: connection.isConnected, isStuck: connection.isStuck })}`,
      );
    }
  }
  for (const violation of judge.violations) console.log(`BROKEN ${violation}`);
  return judge.violations.length === 0 ? 0 : 1;
}

/** Many runs: which are broken, and how long it took until all was well, by what went wrong. */
export async function showMany(first: number, count: number): Promise<number> {
  const began = performance.now();
  const byKind = new Map<string, { settled: number[]; offers: number[]; apart: number }>();
  let broken = 0;
  const apart: string[] = [];
  const slow: [number, number, string][] = [];
  process.on("unhandledRejection", (error) => console.log("UNHANDLED", error));
  for (let seed = first; seed < first + count; seed++) {
    const world = new World({ seed, ...(process.env["SEEN"] ? { terms: { isHidden: false } } : {}) });
    let judge;
    try {
      judge = await world.run();
    } catch (error) {
      console.log(`seed ${seed} throws`, error);
      broken++;
      continue;
    }
    await new Promise((resolve) => setImmediate(resolve));
    const kinds = [...new Set(world.plan.faults.map(({ what }) => what.kind))].sort();
    const key = world.plan.faults.length === 1 ? kinds.join() : `${world.plan.faults.length} faults`;
    const figures = byKind.get(key) ?? { settled: [], offers: [], apart: 0 };
    byKind.set(key, figures);
    figures.settled.push(judge.settledMs ?? Infinity);
    slow.push([judge.settledMs ?? Infinity, seed, key]);
    figures.offers.push(judge.offersAt.length);
    if (judge.outcome === "apart") {
      figures.apart++;
      if (world.plan.faults.length === 1) apart.push(`${seed} ${key}`);
    }
    if (judge.violations.length === 0) continue;
    broken++;
    console.log(`seed ${seed}: ${judge.violations.join("; ")}   [${world.plan.faults.map(({ what }) => what.kind).join()}]`);
  }
  for (const [kind, { settled, offers, apart }] of [...byKind].sort()) {
    settled.sort((one, other) => one - other);
    const at = (share: number) => settled[Math.min(settled.length - 1, Math.floor(share * settled.length))];
    const mean = offers.reduce((sum, one) => sum + one, 0) / offers.length;
    console.log(
      `${kind.padEnd(10)} ${String(settled.length).padStart(5)} runs, ${apart} apart; well after p50 ${at(0.5)} p90 ${at(0.9)} p99 ${at(0.99)} max ${at(1)} ms; ${mean.toFixed(2)} offers`,
    );
  }
  slow.sort((one, other) => other[0] - one[0]);
  console.log(
    `slowest: ${slow
      .slice(0, 25)
      .map(([ms, seed, key]) => `${seed} ${key} ${ms}`)
      .join("; ")}`,
  );
  console.log(`apart after one fault: ${apart.slice(0, 60).join("; ")}`);
  console.log(`${broken} of ${count} broken; ${((performance.now() - began) / count).toFixed(1)} ms a run`);
  return broken === 0 ? 0 : 1;
}
