/**
 * Runs the browser tests: real Chromium, once Firefox, the real binary, fake cameras. A case at a time for each two
 * cores: a call of six takes both, and two such cases at once make each other late. Each has a time limit, and a server of
 * its own. Cases that need a network lab are skipped if there can be none.
 *
 * A case that fails runs again at the end, alone. If it passes then it is flaky: it counts as passed, and the end of
 * the output names it with its first error. A case that fails twice is a failure.
 *
 * `node e2e/run.mjs [--full] [--lanes=N] [FILTER]`; `--full` runs the long ones too. The last line is
 * `e2e: N passed, N failed, N skipped`.
 */
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { accounts } from "./account.mjs";
import { BUSY, startBrowser } from "./browser.mjs";
import { calls } from "./calls.mjs";
import { data } from "./data.mjs";
import { examples } from "./example.mjs";
import { dashboard } from "./dashboard.mjs";
import { failures } from "./failures.mjs";
import { figures } from "./figures.mjs";
import { firefox, startFirefox } from "./firefox.mjs";
import { https } from "./https.mjs";
import { install } from "./install.mjs";
import { matrix } from "./matrix.mjs";
import { mocks } from "./mock.mjs";
import { monitor } from "./monitor.mjs";
import { whyNot } from "./lab.mjs";
import { World } from "./lab/world.mjs";
import { networks } from "./networks.mjs";
import { pages } from "./pages.mjs";
import { oidc } from "./oidc.mjs";
import { next } from "./next.mjs";
import { packages } from "./package.mjs";
import { partner } from "./partner.mjs";
import { paths } from "./paths.mjs";
import { pictureInPicture } from "./picture-in-picture.mjs";
import { recovery } from "./recovery.mjs";
import { relays } from "./relay.mjs";
import { resume } from "./resume.mjs";
import { startServer } from "./server.mjs";

const LIMIT_MS = 120_000;
const words = process.argv.slice(2);
const isFull = words.includes("--full");
const filter = words.find((word) => !word.startsWith("--")) ?? "";
const lanes = Number(words.find((word) => word.startsWith("--lanes="))?.slice("--lanes=".length) ?? Math.max(1, availableParallelism() >> 1));
export const out = fileURLToPath(new URL("out/", import.meta.url));
mkdirSync(out, { recursive: true });

for (const program of [process.env.CHROMIUM ?? "/usr/bin/chromium", process.env.FIREFOX ?? "/usr/bin/firefox-esr"]) {
  if (existsSync(program)) continue;
  console.error(`${program} is missing: run \`cargo xtask test --install\``);
  process.exit(1);
}

const browsers = {};
/** Browsers are slow to start, so cases share them; a context of its own keeps people apart. */
async function browser(name) {
  browsers[name] ??= start(name);
  return browsers[name];
}

function start(name) {
  if (name === "firefox") return startFirefox();
  return name === "busy" ? startBrowser("red", 20, BUSY) : startBrowser(name);
}

let lab;
/** Two people behind networks of their own, 50 ms from each other; shared like browsers. */
const openLab = () => (lab ??= World.open(50));

let [passed, failed, skipped, unnamed] = [0, 0, 0, 0];
/** How many cases were left to `--full`, by their reason. */
const long = new Map();
const suites = [
  calls,
  partner,
  next,
  resume,
  paths,
  networks,
  failures,
  recovery,
  matrix,
  relays,
  pages,
  https,
  install,
  pictureInPicture,
  monitor,
  figures,
  accounts,
  data,
  dashboard,
  oidc,
  packages,
  mocks,
  examples,
  firefox,
];
const noLab = whyNot();
/** The cases that run, in order: `[name, run]`. */
const queue = suites.flatMap((suite) => Object.entries(suite)).filter(([name, run]) => isWanted(name, run));

function isWanted(name, run) {
  if (!name.includes(filter)) unnamed += 1;
  else if (run.full && !isFull) long.set(run.full, (long.get(run.full) ?? 0) + 1);
  else if (run.needsLab && noLab) console.log(`skipped: ${name}: ${noLab}`);
  else return true;
  skipped += 1;
  return false;
}

/** Runs one case and returns its error, if any. */
async function runCase(name, run) {
  const limitMs = run.limitMs ?? LIMIT_MS;
  const contexts = [];
  const server = await startServer();
  const world = {
    server,
    origin: server.origin,
    out,
    openLab,
    /** Of the Chromium with a camera of this colour, of "busy", whose picture needs bandwidth, or of "firefox". */
    async context(name, options) {
      const context = await (await browser(name)).context(options);
      contexts.push(context);
      return context;
    },
  };
  let error;
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${limitMs / 1_000} s`)), limitMs);
  });
  try {
    await Promise.race([run(world), limit]);
  } catch (caught) {
    error = caught;
    for (const [index, page] of contexts.flatMap((context) => context.pages()).entries()) {
      await page.screenshot({ path: `${out}failed-${name.replaceAll(/[^\w-]+/g, "-")}-${index}.png` }).catch(() => undefined);
    }
  }
  clearTimeout(timer);
  await Promise.all(contexts.map((context) => context.close().catch(() => undefined)));
  await server.stop().catch((caught) => (error ??= caught));
  return error;
}

/** Runs one case, says how it went, and returns whether it passed. */
async function report(name, run, failure) {
  const began = Date.now();
  const error = await runCase(name, run);
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  console.log(error ? `${failure} ${name} (${seconds} s)\n${error.stack}` : `ok   ${name} (${seconds} s)`);
  if (!error) passed += 1;
  return error;
}

/** Cases that failed beside others, with their first error. */
const again = [];
/** The network lab is one, so one lane at a time has a case that needs it. */
let labIsTaken = false;

/** Runs cases until none is left, or none but those that wait for the lab, which the other lane has. */
async function lane() {
  for (;;) {
    const index = queue.findIndex(([, run]) => !(run.needsLab && labIsTaken));
    if (index < 0) return;
    const [[name, run]] = queue.splice(index, 1);
    if (run.needsLab) labIsTaken = true;
    const error = await report(name, run, "failed once, will run again:");
    if (run.needsLab) labIsTaken = false;
    if (error) again.push([name, run, error]);
  }
}

await Promise.all(Array.from({ length: lanes }, lane));
const flaky = [];
for (const [name, run, first] of again) {
  if (await report(name, run, "FAIL")) failed += 1;
  else flaky.push(`flaky: ${name}: passed alone, failed before: ${first.message.split("\n", 1)[0]}`);
}
await (await lab)?.close();
await Promise.all(Object.values(browsers).map(async (browser) => (await browser).stop()));
for (const [why, count] of long) console.log(`skipped: ${count} cases, full: ${why}`);
for (const line of flaky) console.log(line);
if (filter) console.log(`skipped: ${unnamed} cases without "${filter}" in their name`);
console.log(`e2e: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
