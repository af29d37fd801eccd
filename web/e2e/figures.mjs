/**
 * What people meet in their browsers, as an operator reads it: real pages send real beacons to the real server, and its own answers must
 * have each thing within 15 s.
 *
 * The pages hide that a program drives the browser, since the server counts such beacons nowhere.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { executablePath } from "./browser.mjs";
import { BAD, answerSlowly, measured, near } from "./monitor.mjs";
import { serveSite } from "./site.mjs";
import { vitalsOf } from "./trace.mjs";

const SECONDS_MAX = 15;
/** The vitals that a trace has too. */
const TRACED = ["fcp", "lcp", "cls", "inp", "ttfb"];

/** What is thrown stands in line 5. */
const GREET = `interface Person {
  name: string;
}
export function greet(person: Person | null) {
  document.title = person!.name;
}
`;

/** A context whose pages look like a person's. */
async function person(context) {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "webdriver", { get: () => false }));
  return context;
}

/** Asks until the answer is so, within 15 s, and returns it. */
async function until(ask, isSo, what) {
  let answer;
  for (let attempt = 0; attempt < SECONDS_MAX * 5; attempt++) {
    answer = await ask();
    if (isSo(answer)) return answer;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`not within ${SECONDS_MAX} s: ${what}; there is ${JSON.stringify(answer, null, 1)}`);
}

/** A number from 0 up to 1 that is the same in each run (the generator of POSIX's examples). */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Passes beacons on to the server, and loses one of ten on its way, and one answer of ten. It notes the views whose beacons were taken. */
function losing(origin) {
  const [random, taken] = [makeRandom(20), new Set()];
  const way = { taken, lost: 0, sent: 0 };
  way.answer = async (request, response) => {
    if (request.method !== "POST") return false;
    let body = "";
    for await (const part of request) body += part;
    way.sent++;
    const isLost = random() < 0.1;
    if (isLost) way.lost++;
    else {
      const { status } = await fetch(`${origin}/cb/v`, { method: "POST", body, headers: { "content-type": "text/plain", origin } });
      assert.equal(status, 204);
      taken.add(JSON.parse(body).view);
    }
    if (isLost || random() < 0.1) request.socket.destroy();
    else response.writeHead(204).end();
    return true;
  };
  return way;
}

/** One visit of a tab of its own: one or two pages, closed at once or after a while. Returns how many pages there were. */
async function visitOnce(people, origin, number) {
  const page = await people.newPage();
  const pages = number % 2 === 0 ? ["/one"] : ["/one", "/two"];
  for (const path of pages) {
    await page.goto(origin + path, { waitUntil: "commit" });
    await page.waitForFunction(() => window.performanceMonitor);
    // One of eight is closed before the second half of the monitor is there.
    if (number % 8 !== 0) await measured(page);
  }
  await page.close();
  return pages.length;
}

const VISITS = 200;
const AT_ONCE = 4;

async function lose({ context, origin, server }) {
  const way = losing(origin);
  const site = await serveSite(origin, { page: () => "<h1>hello</h1>", answer: way.answer });
  let [next, pages] = [0, 0];
  const come = async () => {
    // Each has a profile of their own, in which beacons wait that did not arrive.
    const people = await person(await context("red"));
    while (next < VISITS) {
      const more = await visitOnce(people, site.origin, next++);
      pages += more;
    }
    // The last page of each brings what still waits.
    const last = await people.newPage();
    await last.goto(`${site.origin}/last`);
    await measured(last);
    pages++;
    await last.waitForFunction(
      () => {
        dispatchEvent(new Event("online"));
        return performanceMonitor.getPerformanceSummary() && (localStorage.getItem("callbox.beacons") ?? "[]") === "[]";
      },
      undefined,
      { polling: 500 },
    );
    await last.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, come));
  const { taken, lost, sent } = way;
  console.log(`     ${taken.size} of ${pages} page views, with ${lost} of ${sent} beacons lost`);
  assert.ok(lost >= 0.05 * sent, `${lost} of ${sent} were lost`);
  await pageViews(server, taken.size);
  assert.ok(taken.size <= pages && taken.size >= 0.98 * pages, `${taken.size} of ${pages}`);
  site.stop();
}

/** All values of the last hour as one, by the label of their series. */
async function figure({ ask }, metric, agg, by) {
  const { series } = await ask(`/v1/metrics/query?metric=${metric}&agg=${agg}&by=${by}&from=2h&step=4h`);
  return Object.fromEntries(series.map(({ label, values }) => [label, values.reduce((sum, value) => sum + (value ?? 0), 0)]));
}

/** Counters are read each ten seconds. */
async function pageViews(server, hard, soft = 0) {
  const isSo = ({ page_views_hard: loaded = 0, page_views_soft: changed = 0 }) => loaded === hard && changed === soft;
  await until(() => figure(server, "page_views", "sum", "name"), isSo, `${hard} and ${soft} page views`);
}
const visitOf = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem("callbox.visit")).id);
const story = ({ ask }, visit) => ask(`/v1/visits/${visit}`);
const groups = async ({ ask }) => (await ask("/v1/errors")).items;
const routes = (visit) => visit?.views.map(({ route, navigation }) => `${navigation} ${route}`);

export const figures = {
  async "a slow page, its errors, a shift and a slow click are in the server's figures, as in the browser's own trace"({ context, origin, server }) {
    const site = await serveSite(origin, { page: () => BAD, answer: answerSlowly, attributes: "data-release=7", toServer: true });
    const page = await (await person(await context("red"))).newPage();
    const browser = page.context().browser();
    await browser.startTracing(page, { categories: ["devtools.timeline", "loading", "blink.user_timing"] });
    await page.goto(`${site.origin}/shop/1234567890?mail=ada`);
    await measured(page);
    await page.waitForTimeout(1_000);
    await page.getByRole("button", { name: "slow" }).click();
    await page.waitForTimeout(1_500);
    const [trace, visit] = [vitalsOf(await browser.stopTracing(), site.origin), await visitOf(page)];
    await page.close();

    for (const name of TRACED) {
      const byRoute = await until(
        () => figure(server, name, "p50", "route"),
        (values) => "/shop/:id" in values,
        name,
      );
      near(byRoute["/shop/:id"], trace[name], name);
    }
    assert.ok(trace.fcp >= 700 && trace.inp >= 400 && trace.cls > 0.01, JSON.stringify(trace));
    await pageViews(server, 1);
    const found = await until(
      () => groups(server),
      (all) => all.length === 3,
      "three groups of errors",
    );
    assert.deepEqual(found.map(({ kind, name, count, releases }) => [kind, name, count, releases[0].release]).sort(), [
      ["error", "TypeError", 1, "7"],
      ["rejection", "RangeError", 1, "7"],
      ["resource", "img", 1, "7"],
    ]);
    assert.ok(found.every(({ sample }) => sample.visit === visit && sample.route === "/shop/:id"));
    const { views } = await until(
      () => story(server, visit),
      (kept) => kept?.views[0]?.is_final,
      "the visit",
    );
    assert.deepEqual([views.length, views[0].errors.length, views[0].release], [1, 3, "7"]);
    near(views[0].vitals.lcp, trace.lcp, "the visit's lcp");
    assert.doesNotMatch(JSON.stringify([found, views]), /ada|secret/);
    site.stop();
  },

  async "a tab that is closed at once, one that was offline, and one that is killed are in the server's figures"({ context, origin, server }) {
    const site = await serveSite(origin, { page: () => "<h1>hello</h1>", toServer: true });
    const people = await person(await context("red"));
    const early = await people.newPage();
    await early.goto(`${site.origin}/early`, { waitUntil: "commit" });
    await early.waitForFunction(() => window.performanceMonitor);
    await early.close();
    await pageViews(server, 1);

    const page = await people.newPage();
    await page.goto(`${site.origin}/offline`);
    await measured(page);
    await people.setOffline(true);
    await page.evaluate(() => {
      performanceMonitor.event("chat");
      dispatchEvent(new Event("pagehide"));
    });
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("callbox.beacons") ?? "[]").length === 1);
    const name = await visitOf(page);
    assert.equal(await story(server, name), null);
    await people.setOffline(false);
    const kept = await until(
      () => story(server, name),
      (found) => found,
      "the view of the page that was offline",
    );
    assert.deepEqual(
      kept.views.map(({ route, events }) => [route, events]),
      [["/offline", [{ name: "chat", count: 1 }]]],
    );

    const killed = await people.newPage();
    await killed.goto(`${site.origin}/killed`);
    await measured(killed);
    const visit = await visitOf(killed);
    const { views } = await until(
      () => story(server, visit),
      (kept) => kept,
      "the view of a tab that is open yet",
    );
    assert.deepEqual([views.length, views[0].route, views[0].is_final], [1, "/killed", false]);
    const session = await people.newCDPSession(killed);
    session.send("Page.crash").catch(() => undefined);
    await killed.waitForEvent("crash");
    const { lcp, cls } = views[0].vitals;
    for (const [name, last] of Object.entries({ lcp, cls })) {
      const byRoute = await until(
        () => figure(server, name, "p50", "route"),
        (values) => "/killed" in values,
        name,
      );
      near(byRoute["/killed"], last, name);
    }
    await pageViews(server, 3);
    site.stop();
  },

  async "route changes, and pages from the back/forward cache, are in the server's figures"({ origin, server }) {
    const site = await serveSite(origin, {
      page: (path) => `<h1>${path}</h1><a href=/room/12345 onclick="event.preventDefault(); history.pushState(null, '', '/room/12345?x=1');">go</a>`,
      toServer: true,
    });
    // The driver's browsers have no such cache otherwise.
    const browser = await chromium.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu"], ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    try {
      const page = await (await person(await browser.newContext())).newPage();
      await page.goto(`${site.origin}/one`);
      await measured(page);
      await page.getByText("go").click();
      const visit = await visitOf(page);
      await until(
        () => story(server, visit),
        (kept) => routes(kept)?.join() === "hard /one",
        "the view before the change",
      );
      await page.goto(`${site.origin}/two`);
      await measured(page);
      await until(
        () => story(server, visit),
        (kept) => kept.views.length === 2,
        "the route change",
      );
      // The driver's own way waits for a load, which such a page has not.
      await page.evaluate(() => void history.back());
      await page.waitForURL(`${site.origin}/room/12345?x=1`, { waitUntil: "commit" });
      await page.waitForTimeout(1_000);
      await page.close();
      const kept = await until(
        () => story(server, visit),
        ({ views }) => views.length === 4 && views.every((view) => view.is_final),
        "four views",
      );
      assert.deepEqual(routes(kept), ["hard /one", "soft /room/:id", "hard /two", "bfcache /room/:id"]);
      await pageViews(server, 3, 1);
    } finally {
      await browser.close();
      site.stop();
    }
  },

  async "an error of minified code names the source's file and line, and its map is served to nobody"({ context, origin, server }) {
    const folder = mkdtempSync(join(tmpdir(), "callbox-maps-"));
    const site = await serveSite(origin, {
      page: () => "<script src=/app.js></script>",
      attributes: "data-release=1.4.0",
      toServer: true,
      answer: ({ url }, response) => url === "/app.js" && response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(join(folder, "app.js"))),
    });
    try {
      writeFileSync(join(folder, "greet.ts"), GREET);
      writeFileSync(join(folder, "main.ts"), 'import { greet } from "./greet.js";\nsetTimeout(() => greet(null));\n');
      await build({ entryPoints: [join(folder, "main.ts")], outfile: join(folder, "app.js"), bundle: true, minify: true, sourcemap: "external", logLevel: "error" });
      await server.command("sourcemaps", "upload", "--release", "1.4.0", folder);
      const page = await (await person(await context("red"))).newPage();
      await page.goto(`${site.origin}/`);
      await measured(page);
      await page.close();
      const [group] = await until(
        () => groups(server),
        (all) => all.length === 1,
        "the error",
      );
      const [frame] = group.sample.frames;
      assert.deepEqual([group.name, frame.file, frame.line, frame.is_original], ["TypeError", "greet.ts", 5, true], JSON.stringify(group));
      for (const path of ["/app.js.map", "/assets/app.js.map", "/sourcemaps/1.4.0/app.js.map", "/data/sourcemaps/1.4.0/app.js.map"]) {
        assert.equal((await fetch(origin + path)).status, 404, path);
      }
    } finally {
      site.stop();
      rmSync(folder, { recursive: true });
    }
  },

  "of 200 visits, one beacon of ten lost, 98 of 100 page views count, and none twice": Object.assign(lose, { limitMs: 300_000, full: "it makes 200 visits" }),
};
