/**
 * How long the monitor's first half holds up a page's main thread, in a browser that is slowed down to a quarter: compiling and running it
 * while the page loads, by the browser's own trace. The second half, which runs when the browser is idle, is a note.
 *
 * Prints rows as `cargo xtask bench` reads them.
 */
import { createServer } from "node:http";
import { monitorScript } from "../../sdk/monitor-script.mjs";
import { startBrowser } from "../../web/e2e/browser.mjs";
import { percentile, printRow } from "../rows.mjs";

const ROUNDS = 10;
/** The first loads fill the browser's caches of code. */
const WARMUP_ROUNDS = 1;
const SLOWDOWN = 4;
const MS_MAX = 5;

const halves = Object.fromEntries((await monitorScript()).map(({ file, contents }) => [file, contents]));
const server = createServer(({ method, url }, response) => {
  const half = halves[url.split("/").at(-1)];
  response.setHeader("content-type", half ? "text/javascript" : "text/html");
  if (method === "POST") response.writeHead(204).end();
  else response.end(half ?? "<!doctype html><html lang=en><title>page</title><script src=/monitor.js></script><h1>page</h1>");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await startBrowser("red");

/** The milliseconds of processor time that the main thread spent in this file: what else the machine does is not counted. */
function spent(trace, file) {
  const { traceEvents } = JSON.parse(trace.toString());
  const of = ({ name, args }) =>
    ["v8.compile", "v8.compileModule", "EvaluateScript", "v8.evaluateModule", "FunctionCall"].includes(name) && (args.data?.url ?? args.fileName ?? "").endsWith(`/${file}`);
  const all = traceEvents.filter((event) => of(event) && event.dur > 0).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  // One inside another counts once.
  let [end, sum] = [0, 0];
  for (const { ts, dur, tdur } of all) {
    if (ts >= end) sum += tdur;
    end = Math.max(end, ts + dur);
  }
  return sum / 1_000;
}

const times = { "monitor.js": [], "monitor-rest.js": [] };
for (let round = -WARMUP_ROUNDS; round < ROUNDS; round++) {
  const context = await browser.context();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
  await context.browser().startTracing(page, { categories: ["devtools.timeline", "v8"] });
  await page.goto(origin);
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.endsWith("monitor-rest.js") && responseEnd > 0));
  await page.waitForTimeout(500);
  const trace = await context.browser().stopTracing();
  if (round >= 0) for (const file of Object.keys(times)) times[file].push(spent(trace, file));
  await context.close();
}
await browser.stop();
server.close();

const [boot, rest] = Object.values(times).map((all) => percentile(all, 0.5));
const all = times["monitor.js"];
console.log(
  `note: ${ROUNDS} loads: first half ${percentile(all, 0.1).toFixed(1)} to ${percentile(all, 0.9).toFixed(1)} ms (p10, p90); second half, when idle: median ${rest.toFixed(1)} ms`,
);
const isOk = printRow({ what: `main thread of the first half, ${SLOWDOWN}x slower: ms (median)`, ours: boot.toFixed(1), target: `<= ${MS_MAX}`, isOk: boot > 0 && boot <= MS_MAX });
process.exit(isOk ? 0 : 1);
