/**
 * The operators' page: what happens on the server appears on the open page, on a phone and on a desk, by keyboard too.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { PASSWORD, fill, said } from "./account.mjs";
import { couple } from "./calls.mjs";
import { press, screen } from "./page.mjs";
import { look } from "./pages.mjs";

const SOURCES = fileURLToPath(new URL("../src/dashboard/", import.meta.url));
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1_440, height: 1_000 } };
const panel = (page, name) => page.getByRole("region", { name, exact: true });

/** The page of an admin, with the first figures. */
async function open({ context, origin, server }, options) {
  const page = await (await context("blue", options)).newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(await server.setup());
  await fill(page, "Your e-mail address", "ada@example.org");
  await fill(page, "A password", PASSWORD);
  await press(page, "Become the admin");
  await screen(page, "setup-done");
  await page.goto(`${origin}/dashboard`);
  await screen(page, "dashboard");
  await panel(page, "Running now").getByText("Open sessions").waitFor();
  await panel(page, "Attempts and success").getByText("Attempts", { exact: true }).waitFor();
  return Object.assign(page, { errors });
}

/** The server's own answer, as if nothing fired on this machine, and then as if one rule did. */
async function alertsOf(page, out) {
  const alerts = panel(page, "Alerts");
  const isLike = async (change) => {
    await page.route("**/v1/alerts", async (route) => {
      const answer = await (await route.fetch()).json();
      for (const alert of answer.alerts) if (["firing", "pending"].includes(alert.state)) alert.state = "ok";
      answer.alerts.sort((one, other) => one.rule.localeCompare(other.rule));
      change(answer.alerts.find(({ rule }) => rule === "database_connections"));
      await route.fulfill({ json: answer });
    });
    await page.reload();
    await screen(page, "dashboard");
  };
  await isLike(() => undefined);
  await alerts.getByText("No rule fires.").waitFor();
  await alerts.getByText("16 other rules").first().click();
  await alerts.getByText("No data: Callbox does not read a CDN yet (issue 13).").waitFor();
  assert.ok((await alerts.getByText("Not applicable", { exact: true }).count()) >= 3, "PostgreSQL's three rules");
  await look(page, out, "12-dashboard-alerts-desk");
  // One that fires is the first thing that the page says.
  await isLike((alert) => Object.assign(alert, { state: "firing", since: Date.UTC(2026, 0, 2, 3, 4), value: "412", silenced_until: Date.UTC(2030, 0, 1) }));
  await page.getByText(/^Alert: PostgreSQL has more than 400 connections, of all programs since .*03:04 UTC$/).waitFor();
  await alerts.getByText("Silenced until").waitFor();
  await look(page, out, "12-dashboard-alert-fires-desk");
}

/** A module of the page, which needs no browser. */
async function pure(name) {
  const folder = mkdtempSync(join(tmpdir(), "callbox-dashboard-"));
  const outfile = join(folder, `${name}.mjs`);
  await build({ entryPoints: [join(SOURCES, `${name}.ts`)], outfile, bundle: true, format: "esm" });
  const made = await import(pathToFileURL(outfile).href);
  rmSync(folder, { recursive: true });
  return made;
}

export const dashboard = {
  async "the dashboard's verdict names what is bad and since when, and takes no data for good"() {
    const { absent, judge, recent, verdict } = await pure("verdict");
    const series = (values, counts = values.map(() => 100)) => ({ start: 0, step_ms: 900_000, values, counts });
    const state = (...checks) => verdict(checks).state;
    const good = judge("page_load", { value: 3_000, n: 20 });
    assert.equal(good.state, "good");
    // At the limit is within it; beyond it is bad, since the run began that lasts until now.
    const bad = judge("page_load", { value: 3_001, n: 20 }, series([4_000, 2_000, 3_500, null, 3_100]));
    assert.deepEqual([bad.state, bad.since], ["bad", 2 * 900_000]);
    assert.equal(judge("page_load", { value: 9_000, n: 20 }, series([9_000, 100])).since, null);
    assert.equal(judge("call_success", { value: 0.5, n: 19 }).state, "few");
    assert.equal(judge("call_success", { value: 0.8999, n: 20 }).state, "bad");
    assert.equal(judge("call_success", { value: 0.9, n: 20 }).state, "good");
    assert.equal(judge("error_rate", { value: 0.0101, n: 5_000 }).state, "bad");
    assert.equal(judge("database", { value: 1 }).state, "bad");
    assert.equal(judge("disk", { value: 1_999_999_999 }).state, "bad");
    assert.equal(judge("certificate", { value: -1 }).state, "bad");
    for (const figure of [{ value: null }, { value: null, n: 0 }, { value: 0, n: 0 }]) assert.equal(judge("error_rate", figure).state, "none");
    assert.equal(state(good, absent("database")), "good");
    assert.equal(state(good, judge("error_rate", { value: null })), "unsure");
    assert.equal(state(judge("error_rate", { value: null }), absent("disk")), "waiting");
    assert.equal(state(good, bad, judge("error_rate", { value: null })), "bad");
    const worst = verdict([bad, judge("ready", { value: 0 })]).bad.map(({ name }) => name);
    assert.deepEqual(worst, ["ready", "page_load"]);
    // The last hour where it has enough, else the last day.
    assert.deepEqual(recent("call_success", series([1, 0, 1, 1, 0.5], [50, 5, 5, 5, 10])), { value: 15 / 25, n: 25, hours: 1 });
    assert.deepEqual(recent("call_success", series([1, 1, 1, null, 1], [50, 1, 1, 0, 1])), { value: 1, n: 53, hours: 24 });
    assert.deepEqual(recent("call_success", series([null, null], [0, 0])), { value: null, n: 0, hours: 24 });
  },

  async "a whole range is one point, at any time"({ server, origin }) {
    const { RANGE_NAMES, whole } = await pure("range");
    const [UNITS, MS] = [
      { m: 60_000, h: 3_600_000 },
      { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 },
    ];
    let now = 1_796_000_000_000;
    for (let round = 0; round < 200; round++) {
      now += 7_919_000;
      for (const range of RANGE_NAMES) {
        const [, from, length, unit] = whole(range, now).match(/^&from=(\d+)&step=(\d+)([mh])$/);
        const step = Number(length) * UNITS[unit];
        assert.equal(Number(from) % step, 0, "it begins at a multiple of its length");
        assert.ok(Number(from) <= now - MS[range] && Number(from) + step > now, "it holds the range");
        assert.ok(now - MS[range] - Number(from) <= 8 * UNITS[unit], "and little more");
      }
    }
    // The server agrees.
    for (const range of RANGE_NAMES) {
      const answer = await fetch(`${origin}/v1/metrics/query?metric=lcp&agg=p75${whole(range, Date.now())}`, { headers: { authorization: `Bearer ${server.token}` } });
      assert.equal(answer.status, 200, await answer.clone().text());
      const { series } = await answer.json();
      assert.equal(series[0].values.length, 1, range);
    }
  },

  async "a call and an error appear on the open dashboard, and both can be looked up"(world) {
    const { context, origin, server, out } = world;
    const page = await open(world, { viewport: SIZES.desk, colorScheme: "light" });
    await page.evaluate(() => (window.isSame = true));
    // Browsers of programs are no people to the figures; these two say that they are none.
    const person = async (colour) => {
      const made = await context(colour);
      await made.addInitScript(() => Object.defineProperty(navigator, "webdriver", { get: () => false }));
      return made;
    };
    const { red, green } = await couple(person, origin);
    await page.waitForFunction(() => document.querySelector("[data-figure=calls-running]").textContent === "1");
    await red.evaluate(() => void Promise.reject(new RangeError("a fault of the test")));
    await press(red, "Leave");
    await screen(red, "ended");
    await red.close();
    await green.close();
    await page.waitForFunction(() => document.querySelector("[data-figure=calls-running]").textContent === "0");
    await panel(page, "Attempts and success").getByText("n = 1", { exact: true }).waitFor();
    const errors = panel(page, "Page errors");
    await errors.getByText("RangeError: a fault of the test").waitFor();
    assert.ok(await page.evaluate(() => window.isSame), "the page was loaded anew");
    await look(page, out, "12-dashboard-live-desk");

    // From the error to the visit, from the visit to the call, by keyboard; Back and Escape close.
    await errors.getByText("Where").first().focus();
    await page.keyboard.press("Enter");
    await errors.getByRole("button", { name: "Open the visit" }).first().focus();
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("dialog");
    await drawer.getByText("RangeError: a fault of the test").waitFor();
    await look(page, out, "12-dashboard-visit-desk");
    await drawer
      .getByRole("button", { name: /^Call / })
      .first()
      .click();
    await drawer.getByText("First picture").first().waitFor();
    await look(page, out, "12-dashboard-call-desk");
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.getByRole("textbox", { name: "A call or a visit, by its id" }).fill("no such id");
    await page.keyboard.press("Enter");
    await drawer.getByText("Nothing is kept under this id.").waitFor();
    await page.goBack();
    await drawer.waitFor({ state: "detached" });
    assert.deepEqual(
      page.errors.filter((error) => !error.includes("404") && !error.includes("400")),
      [],
    );
    assert.equal((await server.stats()).recent.calls, 1);
  },

  async "the dashboard is accessible, fits a phone and a desk, and is for admins alone"(world) {
    const { context, origin, out } = world;
    const stranger = await (await context("green")).newPage();
    await stranger.goto(`${origin}/dashboard`);
    await screen(stranger, "not-an-admin");
    await said(stranger, "Figures are shown to admins who are signed in here.");
    const page = await open(world, { viewport: SIZES.desk, colorScheme: "light" });
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await look(page, out, `12-dashboard-${size}-${colorScheme}`);
        await page.screenshot({ path: `${out}12-dashboard-${size}-${colorScheme}-whole.png`, fullPage: true });
      }
    }
    await alertsOf(page, out);
    for (const range of ["1 h", "7 d", "30 d"]) {
      await press(page, range);
      await page.waitForFunction((name) => [...document.querySelectorAll(".seg button")].some((button) => button.textContent === name && button.ariaPressed === "true"), range);
    }
    // A definition and a chart's values by keyboard.
    await page.getByRole("button", { name: "What is Call success?" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Calls that succeeded, of those that succeeded or failed.").first().waitFor();
    await page.keyboard.press("Escape");
    const chart = page.getByRole("slider", { name: "Requests in each stretch" });
    await chart.focus();
    await page.keyboard.press("ArrowLeft");
    assert.match(await chart.getAttribute("aria-valuetext"), /^\d+ \w+ \d\d:\d\d: /);
    assert.deepEqual(page.errors, []);
  },
};

/** Each asks axe several times about a long page. */
for (const name of Object.keys(dashboard)) dashboard[name].limitMs = 180_000;
