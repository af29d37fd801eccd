/**
 * Runs the browser tests: real Chromium, once Firefox, the real binary, fake cameras. One case after another, each
 * with a time limit, each on a server of its own. Cases that need a network lab are skipped if there can be none.
 *
 * `node e2e/run.mjs [--full] [FILTER]`; `--full` runs the long ones too. The last line is `e2e: N passed, N failed, N skipped`.
 */
import { existsSync, mkdirSync } from "node:fs";
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

const LIMIT_MS = 60_000;
const words = process.argv.slice(2);
const isFull = words.includes("--full");
const filter = words.find((word) => !word.startsWith("--")) ?? "";
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
  browsers[name] ??= await start(name);
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
for (const [name, run] of suites.flatMap((suite) => Object.entries(suite))) {
  if (!name.includes(filter)) {
    skipped += 1;
    unnamed += 1;
    continue;
  }
  if (run.full && !isFull) {
    skipped += 1;
    long.set(run.full, (long.get(run.full) ?? 0) + 1);
    continue;
  }
  if (run.needsLab && noLab) {
    skipped += 1;
    console.log(`skipped: ${name}: ${noLab}`);
    continue;
  }
  const limitMs = run.limitMs ?? LIMIT_MS;
  const began = Date.now();
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
  const seconds = ((Date.now() - began) / 1_000).toFixed(1);
  if (error) {
    failed += 1;
    console.log(`FAIL ${name} (${seconds} s)\n${error.stack}`);
  } else {
    passed += 1;
    console.log(`ok   ${name} (${seconds} s)`);
  }
}
await (await lab)?.close();
await Promise.all(Object.values(browsers).map((browser) => browser.stop()));
for (const [why, count] of long) console.log(`skipped: ${count} cases, full: ${why}`);
if (filter) console.log(`skipped: ${unnamed} cases without "${filter}" in their name`);
console.log(`e2e: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
