/**
 * From the click to the first frame that both sides see: Callbox prepared and cold, its page, and PeerJS, on one machine.
 *
 * Both people are behind real NAT in a network lab (web/e2e/lab.mjs), with P = 0, 100 and 200 ms between them, and all
 * servers are half of that away. Ways take turns, so that what else the machine does hits all alike. Every round has two
 * fresh people in two browsers, which stay open. A round that fails is an error; none is left out but the first of each
 * P, which warm up.
 *
 * `node bench/setup/run.mjs [--only WAY] [--rounds N] [--p MS,..]` prints rows as `cargo xtask bench` reads them; with
 * `--only` a timeline of each round in their place. `CALLBOX_BIN` is the server's binary.
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openLab, whyNot } from "../../web/e2e/lab.mjs";
import { percentile, printRow } from "../rows.mjs";
import { bundle } from "./bundle.mjs";
import { ways } from "./ways.mjs";

/** As cameras have; a frame each 100 ms would hide what we look for. */
const FRAMES_A_SECOND = 30;
/** The size of the picture: painting more would take time from what we measure. */
const VIEWPORT = { width: 336, height: 256 };
/** The first rounds fill caches of the browsers, the servers and the system. */
const WARMUP_ROUNDS = 1;
/** People come, look at themselves, and call: a round of thirty seconds has failed. */
const ROUND_MS_MAX = 30_000;
/** In the lab's namespace of servers, which holds no others. */
const [PEER_PORT, PAGES_PORT] = [9000, 8082];

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts a program of Node's beside the server, and waits until it says that it listens. */
async function startBeside(lab, name, port) {
  const { hostname, origin } = new URL(lab.origin(port));
  const child = lab.spawn(process.execPath, [path(name), hostname, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  const line = once(createInterface({ input: child.stdout }), "line");
  await Promise.race([line, once(child, "exit").then(([code]) => Promise.reject(new Error(`${name} ended at once with ${code}`)))]);
  return origin;
}

/** One call from a click to its end: the milliseconds that it took, and what happened meanwhile. */
async function measure(name, world) {
  const way = ways[name];
  const contexts = await Promise.all(world.browsers.map((browser) => browser.context({ viewport: VIEWPORT })));
  try {
    const sides = await way.open(contexts, world);
    // Asked for at once: it reports errors, and nothing of ours disturbs the browsers after the click.
    const shown = Promise.all(sides.map((side) => side.evaluate(() => bench.shown)));
    const clicking = way.prepare(sides, world).then((click) => click());
    const [clicked, ends] = await Promise.all([clicking, shown]);
    await Promise.all(sides.map((side) => side.evaluate(() => bench.leave?.())));
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

/** The events, and their side; from the click on, since what was before cost nobody any time. */
function printTimeline(marks) {
  for (const [ms, index, what] of marks) {
    if (ms >= 0) console.log(`${ms.toFixed(1).padStart(8)}  ${index === 0 ? what : `${" ".repeat(44)}${what}`}`);
  }
}

/** A row for each of our ways at this P. */
function rows(times, p) {
  const peer = percentile(times.peerjs, 0.5);
  return Object.entries(ways)
    .filter(([, way]) => way.target)
    .map(([name, way]) => {
      const ours = percentile(times[name], 0.5);
      const { text, max } = way.target({ p, peer });
      const what = `P = ${p} ms: ms from the click to both first frames, ${name} (peer: PeerJS)`;
      return printRow({ what, ours: ours.toFixed(0), peer: peer.toFixed(0), ratio: (ours / peer).toFixed(2), target: text, isOk: ours <= max });
    });
}

/** All rounds at one P. */
async function run(names, rounds, world) {
  const times = Object.fromEntries(names.map((name) => [name, []]));
  const { min, mean, max } = await world.lab.ping();
  console.log(`note: P = ${world.p} ms: a ping takes ${min} to ${max} ms, ${mean} in the mean`);
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
    console.log(`note: P = ${world.p} ms: ${name}: median ${p50} ms, p90 ${p90} ms of ${all.length} rounds`);
  }
  return times;
}

async function main() {
  const options = { only: { type: "string" }, rounds: { type: "string", default: "15" }, p: { type: "string", default: "0,100,200" } };
  const { values } = parseArgs({ options });
  const { only } = values;
  const rounds = Number(values.rounds);
  if (only !== undefined && !(only in ways)) throw new Error(`no way named "${only}"; there is: ${Object.keys(ways).join(", ")}`);
  if (!(rounds >= 1)) throw new Error("`--rounds` is a number of at least 1");
  const why = whyNot();
  if (why) throw new Error(`there can be no network lab: ${why}`);
  const names = only === undefined ? Object.keys(ways) : [only];
  const lab = await openLab();
  try {
    const pages = await startBeside(lab, "pages.mjs", PAGES_PORT);
    const peer = await startBeside(lab, "../peers/peer.mjs", PEER_PORT);
    const callbox = (await lab.startServer({ allowed_origins: pages })).origin;
    const browsers = [await lab.startBrowser("a", "red", FRAMES_A_SECOND), await lab.startBrowser("b", "blue", FRAMES_A_SECOND)];
    const [script] = await bundle(["page"], "iife");
    const stun = `stun:${new URL(callbox).hostname}:3478`;
    const all = [];
    for (const p of values.p.split(",").map(Number)) {
      await lab.setRoundTrip(p);
      all.push([p, await run(names, rounds, { lab, p, pages, peer, callbox, stun, script, browsers, isTraced: only !== undefined })]);
    }
    return only !== undefined || all.flatMap(([p, times]) => rows(times, p)).every(Boolean);
  } finally {
    await lab.close();
  }
}

process.exit((await main()) ? 0 : 1);
