/**
 * The faults of a call between two people behind real NAT, many times each: do both see each other again, and when.
 *
 * Kinds and their judgment are those of the browser tests (web/e2e/lab). Kinds take turns, and so do the two sides that
 * are hit. A run that fails is a result; none is left out. Each result is a line of JSON in a file of this binary and is
 * there at once, so that a bench that was stopped continues. At most `--runs` of a kind, each two minutes at most.
 *
 * `node bench/recovery/run.mjs [--runs N] [--only KIND,..] [--anew]`; `CALLBOX_BIN` is the server's binary.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { whyNot } from "../../web/e2e/lab.mjs";
import { FIREFOX_KINDS, kinds } from "../../web/e2e/lab/kinds.mjs";
import { attempt, describe, faultsOf, hasGoodEnd } from "../../web/e2e/lab/trial.mjs";
import { World } from "../../web/e2e/lab/world.mjs";
import { printRow, percentile } from "../rows.mjs";

/** Milliseconds there and back between the two people: two homes of one country. */
const P = 50;
/** A sleeper needs no processor, so that so many of those kinds are tried at once. */
const SLEEPERS = 3;
const CHROMIUM = { a: "chromium", b: "chromium" };

/** By the name that `--only` takes. */
const all = Object.fromEntries([
  ...Object.entries(kinds).map(([name, kind]) => [name, { kind, enginesOf: () => CHROMIUM }]),
  // The side that is hit is in Firefox.
  ...FIREFOX_KINDS.map((name) => [`firefox-${name}`, { kind: kinds[name], enginesOf: () => ({ a: "firefox", b: "chromium" }), side: "a" }]),
]);

const root = fileURLToPath(new URL("../..", import.meta.url));
process.env.CALLBOX_BIN ??= `${root}target/release/callbox`;

/** The results of this binary so far. */
class Results {
  #path;
  lines = [];

  constructor(isAnew) {
    const folder = `${process.env.CARGO_TARGET_DIR ?? `${root}target`}/bench-recovery`;
    mkdirSync(folder, { recursive: true });
    const hash = createHash("sha256").update(readFileSync(process.env.CALLBOX_BIN)).digest("hex").slice(0, 12);
    this.#path = `${folder}/${hash}.jsonl`;
    if (isAnew) rmSync(this.#path, { force: true });
    if (existsSync(this.#path))
      this.lines = readFileSync(this.#path, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    console.log(`note: results are in ${this.#path}: ${this.lines.length} of this binary so far; \`--anew\` forgets them`);
  }

  of = (name) => this.lines.filter((line) => line.name === name);

  add(line) {
    this.lines.push(line);
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

/** A world that is opened when it is needed, and anew after a run in which something broke that is none of the kind's. */
class Lane {
  #world = null;

  async try(name, run) {
    const { kind, enginesOf, side = run % 2 === 0 ? "a" : "b" } = all[name];
    try {
      this.#world ??= await World.open(P);
      return await attempt(this.#world, kind, { side, engines: enginesOf() });
    } catch (error) {
      await this.close();
      return { how: "error", error: error.stack };
    }
  }

  async close() {
    const world = this.#world;
    this.#world = null;
    await world?.close().catch((error) => console.log(`note: ${error.message}`));
  }
}

async function runAll(jobs, lanes, results, runs) {
  const next = jobs[Symbol.iterator]();
  const work = async (lane) => {
    for (const [name, run] of next) {
      const result = await lane.try(name, run);
      results.add({ name, run, p: P, ...result });
      const faults = result.how === "error" ? [result.error] : faultsOf(all[name].kind, result);
      console.log(`${name} ${run + 1} of ${runs}: ${result.how} after ${result.ms} ms, ${result.offers} offers`);
      for (const fault of faults) console.log(`  ${fault}`);
      if (faults.length > 0 && result.sides) console.log(describe(result));
    }
  };
  await Promise.all(lanes.map(work));
}

/** The remaining jobs: round by round, so that a bench that is stopped has as many of each. */
function jobsOf(names, runs, results) {
  const jobs = [];
  for (let run = 0; run < runs; run++) for (const name of names) if (!results.of(name).some((line) => line.run === run)) jobs.push([name, run]);
  return jobs;
}

function rowsOf(name, lines) {
  const { kind } = all[name];
  const good = lines.filter((line) => line.how !== "error" && hasGoodEnd(kind, line));
  const ended = good.filter(({ how }) => how === "ended").length;
  const wanted = kind.mustEnd ? "told why the call is over" : kind.isSameCall ? "in the same call again" : "see each other again, or know why not";
  const count = `${good.length} of ${lines.length}${ended > 0 && !kind.mustEnd ? `, ${ended} ended` : ""}`;
  const rows = [printRow({ what: `${name}: both ${wanted}`, ours: count, target: "all", isOk: good.length === lines.length })];
  const times = good.filter(({ how }) => how === "present").map(({ ms }) => ms);
  if (times.length > 0) {
    const [p50, p90, max] = [0.5, 0.9, 1].map((share) => percentile(times, share));
    const bound = kind.boundMs?.(P);
    const target = bound === undefined ? "-" : `p90 <= ${bound}`;
    rows.push(printRow({ what: `${name}: ms until both see each other, p50 / p90 / max`, ours: `${p50} / ${p90} / ${max}`, target, isOk: bound === undefined || p90 <= bound }));
  }
  if (kind.offersMax) {
    const most = Math.max(...lines.map(({ offers = 0 }) => offers));
    rows.push(printRow({ what: `${name}: most offers`, ours: most, target: `<= ${kind.offersMax}`, isOk: most <= kind.offersMax }));
  }
  return rows;
}

async function main() {
  const options = { runs: { type: "string", default: "20" }, only: { type: "string" }, anew: { type: "boolean", default: false } };
  const { values } = parseArgs({ options });
  const why = whyNot();
  if (why) throw new Error(`there can be no network lab: ${why}`);
  const names = values.only?.split(",") ?? Object.keys(all);
  const unknown = names.filter((name) => !(name in all));
  if (unknown.length > 0) throw new Error(`no kind named "${unknown}"; there is: ${Object.keys(all).join(", ")}`);
  const runs = Number(values.runs);
  if (!(runs >= 1)) throw new Error("`--runs` is a number of at least 1");
  const results = new Results(values.anew);
  const isSleeper = (name) => all[name].kind.waitMs !== undefined;
  for (const [part, lanes] of [
    [names.filter((name) => !isSleeper(name)), 1],
    [names.filter(isSleeper), SLEEPERS],
  ]) {
    const open = Array.from({ length: lanes }, () => new Lane());
    try {
      await runAll(jobsOf(part, runs, results), open, results, runs);
    } finally {
      for (const lane of open) await lane.close();
    }
  }
  const linesOf = (name) => results.of(name).filter(({ run }) => run < runs);
  const rows = names.flatMap((name) => rowsOf(name, linesOf(name)));
  const lies = Math.max(0, ...names.flatMap(linesOf).map(({ excellentMs = 0 }) => excellentMs));
  rows.push(printRow({ what: 'longest ms of "Excellent" over a picture that stood', ours: lies, target: "<= 2500", isOk: lies <= 2_500 }));
  return rows.every(Boolean);
}

process.exit((await main()) ? 0 : 1);
