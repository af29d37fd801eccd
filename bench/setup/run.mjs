/**
 * From the click to the first frame that both sides see: Callbox prepared, Callbox cold, and PeerJS, on one machine.
 *
 * The three take turns, so that what else the machine does hits all alike. Every round has two fresh people in two
 * browsers, which stay open. A round that fails is an error; none is left out but the first, which warm up.
 *
 * `node bench/setup/run.mjs [--only WAY] [--rounds N]` prints rows as `cargo xtask bench` reads them; with `--only`
 * a timeline of each round in their place. `CALLBOX_BIN` is the server's binary.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startBrowser } from "../../web/e2e/browser.mjs";
import { startServer } from "../../web/e2e/server.mjs";
import { servePages } from "./pages.mjs";
import { ways } from "./ways.mjs";

/** As cameras have; a frame each 100 ms would hide what we look for. */
const FRAMES_A_SECOND = 30;
/** The size of the picture: painting more would take time from what we measure. */
const VIEWPORT = { width: 336, height: 256 };
/** The first rounds fill caches of the browsers, the servers and the system. */
const WARMUP_ROUNDS = 2;
/** A call takes less than a second; a round of ten has failed. */
const ROUND_MS_MAX = 10_000;

/** The server of PeerJS. */
async function startPeerServer() {
  const path = fileURLToPath(new URL("../peers/peer.mjs", import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server of PeerJS ended at once with ${code}`)));
  });
  return { origin: `http://127.0.0.1:${port}`, stop: () => child.kill() };
}

/** One call from a click to its end: the milliseconds that it took, and what happened meanwhile. */
async function measure(name, world) {
  const { page, prepare } = ways[name];
  const contexts = await Promise.all(world.browsers.map((browser) => browser.context({ viewport: VIEWPORT })));
  try {
    const sides = await Promise.all(contexts.map((context) => context.newPage()));
    const url = `${world.pages.origin}/${page}${world.isTraced ? "?traced" : ""}`;
    await Promise.all(sides.map((side) => side.goto(url)));
    // Asked for at once: it tells what goes wrong, and nothing of ours disturbs the browsers after the click.
    const shown = Promise.all(sides.map((side) => side.evaluate(() => bench.shown)));
    const clicking = prepare(sides, world.origins).then((click) => click());
    const [clicked, ends] = await Promise.all([clicking, shown]);
    await Promise.all(sides.map((side) => side.evaluate(() => bench.leave())));
    const marks = ends.flatMap((end, index) => end.marks.map(([at, what]) => [at - clicked, index, what]));
    return { ms: Math.max(...ends.map((end) => end.at)) - clicked, marks: marks.sort((a, b) => a[0] - b[0]) };
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}

async function measureInTime(name, world) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no frames after ${ROUND_MS_MAX / 1_000} s`)), ROUND_MS_MAX);
  });
  try {
    return await Promise.race([measure(name, world), late]);
  } catch (cause) {
    throw new Error(`a round of ${name} failed`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** What happened, and on which side; from the click on, since what was before cost nobody any time. */
function printTimeline(marks) {
  for (const [ms, index, what] of marks) {
    if (ms >= 0) console.log(`${ms.toFixed(1).padStart(8)}  ${index === 0 ? what : `${" ".repeat(44)}${what}`}`);
  }
}

/** The smallest value that so large a share of all does not exceed. */
function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function row(name, times, ratioMax) {
  const [ours, peer] = [percentile(times[name], 0.5), percentile(times.peerjs, 0.5)];
  const ratio = ours / peer;
  const cells = [
    `ms from the click to both first frames, ${name} (peer: PeerJS)`,
    ours.toFixed(0),
    peer.toFixed(0),
    ratio.toFixed(2),
    `<= ${ratioMax}x`,
    ratio <= ratioMax ? "ok" : "missed",
  ];
  console.log(cells.join("|"));
  return ratio <= ratioMax;
}

async function run(names, rounds, world) {
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 1 - WARMUP_ROUNDS; round <= rounds; round++) {
    const line = [];
    // Each in turn is the first of a round, so that none always follows the same one.
    const first = (round + WARMUP_ROUNDS) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const { ms, marks } = await measureInTime(name, world);
      line.push(`${name} ${ms.toFixed(0)} ms`);
      if (round > 0) times[name].push(ms);
      if (round > 0 && world.isTraced) printTimeline(marks);
    }
    console.log(`${round > 0 ? `round ${round} of ${rounds}` : "warm-up"}: ${line.join(", ")}`);
  }
  for (const [name, all] of Object.entries(times)) {
    const [p50, p90] = [0.5, 0.9].map((share) => percentile(all, share).toFixed(0));
    console.log(`note: ${name}: median ${p50} ms, p90 ${p90} ms of ${all.length} rounds`);
  }
  if (world.isTraced) return true;
  const rows = Object.entries(ways).filter(([, way]) => way.ratioMax !== undefined);
  return rows.map(([name, way]) => row(name, times, way.ratioMax)).every((isOk) => isOk);
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: "string" }, rounds: { type: "string", default: "15" } } });
  const { only } = values;
  const rounds = Number(values.rounds);
  if (only !== undefined && !(only in ways)) throw new Error(`no way named "${only}"; there is: ${Object.keys(ways).join(", ")}`);
  if (!(rounds >= 1)) throw new Error("`--rounds` is a number of at least 1");
  const started = [];
  const start = async (starting) => {
    const thing = await starting;
    started.push(thing);
    return thing;
  };
  try {
    const [callbox, peer, pages] = [await start(startServer()), await start(startPeerServer()), await start(servePages())];
    const browsers = [await start(startBrowser("red", FRAMES_A_SECOND)), await start(startBrowser("blue", FRAMES_A_SECOND))];
    const world = { pages, browsers, origins: { callbox: callbox.origin, peer: peer.origin }, isTraced: only !== undefined };
    return await run(only === undefined ? Object.keys(ways) : [only], rounds, world);
  } finally {
    for (const thing of started.reverse()) await thing.stop();
  }
}

process.exit((await main()) ? 0 : 1);
