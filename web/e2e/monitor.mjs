/**
 * The monitor on a site of somebody else's, by one script tag: what a person meets there is in its beacons.
 */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { executablePath } from "./browser.mjs";
import { serveSite } from "./site.mjs";
import { vitalsOf } from "./trace.mjs";

export const near = (ours, theirs, what) => assert.ok(Math.abs(ours - theirs) <= 0.05 * theirs, `${what}: we say ${ours}, the trace ${theirs}`);

/** Waits until the second half is there. */
export const measured = (page) =>
  page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.endsWith("monitor-rest.js") && responseEnd > 0));
const summary = (page) => page.evaluate(() => performanceMonitor.getPerformanceSummary());

/** Everything that may go wrong on a page, some of it late. */
export const BAD = `<link rel=stylesheet href=/slow.css>
<script>
  setTimeout(() => { throw new TypeError("no user ada@mail.example.org at /api?token=secret"); }, 300);
  Promise.reject(new RangeError("rejected 12345678"));
  addEventListener("load", () => setTimeout(() => { document.querySelector("div").style.height = "200px"; }, 700));
</script>
<div></div><h1>A heading that is large enough</h1><p>text</p><img src=/missing.png?secret width=10 height=10 alt="">
<button onclick="const end = performance.now() + 400; while (performance.now() < end);">slow</button>`;

export async function answerSlowly({ url }, response) {
  if (url.startsWith("/slow.css")) {
    await new Promise((done) => setTimeout(done, 700));
    return response.writeHead(200, { "content-type": "text/css" }).end("h1 { font-size: 80px }");
  }
  return url.startsWith("/missing.png") ? response.writeHead(404).end() : undefined;
}

export const monitor = {
  async "a slow page, its errors, a shift and a slow click are in its beacon as in the browser's own trace"({ context, origin }) {
    const site = await serveSite(origin, { page: () => BAD, answer: answerSlowly, attributes: "data-release=7" });
    const page = await (await context("red")).newPage();
    const browser = page.context().browser();
    await browser.startTracing(page, { categories: ["devtools.timeline", "loading", "blink.user_timing"] });
    await page.goto(`${site.origin}/shop/1234567890?mail=ada`);
    await measured(page);
    await page.waitForTimeout(1_000);
    await page.getByRole("button", { name: "slow" }).click();
    await page.waitForTimeout(1_500);
    const { coreWebVitals, sessionMetrics } = await summary(page);
    const trace = vitalsOf(await browser.stopTracing(), site.origin);
    await page.close();
    const [view] = await site.until(([one]) => one?.is_final, "the closed tab's beacon");

    for (const name of ["fcp", "lcp", "cls", "inp", "ttfb"]) near(view.vitals[name], trace[name], name);
    assert.ok(trace.fcp >= 700 && trace.inp >= 400 && trace.cls > 0.01, JSON.stringify(trace));
    assert.ok(view.vitals.fid >= 0 && view.vitals.load >= view.vitals.ttfb);
    assert.deepEqual(Object.keys(coreWebVitals), ["fcp", "lcp", "cls", "fid", "inp", "ttfb"]);
    assert.deepEqual([coreWebVitals.lcp, sessionMetrics.pageViews, sessionMetrics.errors, sessionMetrics.connectionQuality], [view.vitals.lcp, 1, 3, "unknown"]);

    assert.deepEqual([view.route, view.release, view.navigation, view.weight, view.device, view.is_driven], ["/shop/:id", "7", "hard", 1, "desk", true]);
    const found = (kind) => view.errors.filter((error) => error.kind === kind);
    assert.deepEqual([found("error").length, found("rejection").length, found("resource").length], [1, 1, 1]);
    assert.deepEqual([found("error")[0].name, found("error")[0].message], ["TypeError", "no user <mail> at /api"]);
    assert.match(found("error")[0].stack, /\/shop\/1234567890:\d+:\d+\n$/m);
    assert.deepEqual([found("rejection")[0].name, found("rejection")[0].message], ["RangeError", "rejected <id>"]);
    assert.deepEqual([found("resource")[0].name, found("resource")[0].message], ["img", `${site.origin.replace("127.0.0.1", "<id>")}/missing.png`]);
    assert.doesNotMatch(JSON.stringify(site.beacons), /ada|secret/);
    site.stop();
  },

  async "a tab that is closed at once, and one that is killed after ten seconds, are views"({ context, origin }) {
    const site = await serveSite(origin, { page: () => "<h1>hello</h1><script>null.x</script>" });
    const people = await context("red");
    const early = await people.newPage();
    await early.goto(site.origin, { waitUntil: "commit" });
    await early.waitForFunction(() => window.performanceMonitor);
    await early.close();
    await site.until(([one]) => one?.errors.length > 0, "the view of the tab that was closed at once");
    const killed = await people.newPage();
    await killed.goto(`${site.origin}/killed`);
    const [, interim] = await site.until((views) => views.length === 2, "the interim beacon");
    assert.deepEqual([interim.is_final, interim.sequence, interim.route], [false, 1, "/killed"]);
    const session = await people.newCDPSession(killed);
    session.send("Page.crash").catch(() => undefined);
    await killed.waitForEvent("crash");
    assert.equal(site.views().length, 2);
    site.stop();
  },

  async "what is said offline arrives when the network is back, once, also from the next page"({ context, origin }) {
    const site = await serveSite(origin, { page: () => "<h1>hello</h1>" });
    const people = await context("red");
    const page = await people.newPage();
    await page.goto(`${site.origin}/one`);
    await measured(page);
    site.isAway = true;
    await people.setOffline(true);
    await page.evaluate(() => {
      performanceMonitor.event("chat");
      dispatchEvent(new Event("pagehide"));
    });
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("callbox.beacons") ?? "[]").length === 1);
    site.isAway = false;
    await people.setOffline(false);
    const [view] = await site.until((views) => views.length > 0, "the beacon that waited");
    assert.deepEqual([view.route, view.events], ["/one", [{ name: "chat", count: 1 }]]);
    await page.waitForFunction(() => localStorage.getItem("callbox.beacons") === "[]");

    // A server that is down when a page ends: the next page brings it.
    site.status = 503;
    await page.evaluate(() => performanceMonitor.event("screen"));
    await page.goto(`${site.origin}/two`);
    await measured(page);
    site.status = 204;
    const next = await people.newPage();
    await next.goto(`${site.origin}/three`);
    await site.until(([one]) => one.events.length === 2, "what the page before left");
    // What the server does not understand is not sent again.
    site.status = 400;
    await next.evaluate(() => performanceMonitor.complaint());
    await next.evaluate(() => dispatchEvent(new Event("pagehide")));
    await next.waitForFunction(() => localStorage.getItem("callbox.beacons") === "[]");
    site.stop();
  },

  async "a change of the route is a view of its own, with its own figures"({ context, origin }) {
    const link = `<a href=/room/12345 onclick="event.preventDefault(); history.pushState(null, '', '/room/12345?x=1'); document.querySelector('main').innerHTML = '<h1 style=font-size:99px>room</h1><p>' + 'text '.repeat(500);">go</a>`;
    const site = await serveSite(origin, { page: () => `<main><p>start</p></main>${link}` });
    const page = await (await context("red")).newPage();
    await page.goto(site.origin);
    await measured(page);
    await page.getByText("go").click();
    await page.waitForTimeout(1_500);
    await page.goBack();
    await page.waitForTimeout(500);
    await page.close();
    const views = await site.until((all) => all.length === 3 && all.every((view) => view.is_final), "three views");
    assert.deepEqual(
      views.map(({ route, navigation, view_number }) => [route, navigation, view_number]),
      [
        ["/", "hard", 1],
        ["/room/:id", "soft", 2],
        ["/", "soft", 3],
      ],
    );
    assert.equal(new Set(views.map(({ visit }) => visit)).size, 1);
    // Browsers that know soft navigations measure them; a figure is never given to both.
    const [hard, soft] = views;
    assert.ok(hard.vitals.lcp > 0 && hard.vitals.load > 0);
    if (await page.evaluate(() => PerformanceObserver.supportedEntryTypes.includes("soft-navigation")).catch(() => false)) assert.ok(soft.vitals.lcp > 0);
    site.stop();
  },

  async "a page from the back/forward cache is a view of its own"({ origin }) {
    const site = await serveSite(origin, { page: (path) => `<h1>${path}</h1>` });
    // The driver's browsers have no such cache otherwise.
    const browser = await chromium.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu"], ignoreDefaultArgs: ["--disable-back-forward-cache"] });
    try {
      const page = await browser.newPage();
      await page.goto(`${site.origin}/one`);
      await measured(page);
      await page.evaluate(() => (window.isKept = true));
      await page.goto(`${site.origin}/two`);
      await measured(page);
      // The driver's own way waits for a load, which such a page has not.
      await page.evaluate(() => void history.back());
      await page.waitForURL(`${site.origin}/one`, { waitUntil: "commit" });
      await page.waitForTimeout(1_000);
      assert.ok(await page.evaluate(() => window.isKept), "the page was not kept");
      await page.close();
      const views = await site.until((all) => all.length === 3 && all.every((view) => view.is_final), "three views");
      assert.deepEqual(
        views.map(({ route, navigation }) => [route, navigation]),
        [
          ["/one", "hard"],
          ["/two", "hard"],
          ["/one", "bfcache"],
        ],
      );
      assert.ok(views[2].vitals.lcp >= 0 && views[2].vitals.lcp < 500, JSON.stringify(views[2].vitals));
    } finally {
      await browser.close();
      site.stop();
    }
  },

  async "an old app tells of its users, calls, features and complaints"({ context, origin }) {
    const site = await serveSite(origin, { page: () => "<h1>old</h1>" });
    const page = await (await context("red")).newPage();
    await page.goto(site.origin);
    await page.evaluate(async () => {
      const monitor = performanceMonitor;
      monitor.setUser("u-1");
      monitor.event("chat");
      monitor.complaint();
      monitor.call("failure", "no answer of ada@mail.example.org");
      const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
      monitor.watchPeerConnection(b);
      const c = new RTCPeerConnection();
      monitor.watchPeerConnection(c);
      c.close();
      for (const [one, other] of [
        [a, b],
        [b, a],
      ])
        one.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate);
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      stream.getTracks().forEach((track) => a.addTrack(track, stream));
      await a.setLocalDescription();
      await b.setRemoteDescription(a.localDescription);
      await b.setLocalDescription();
      await a.setRemoteDescription(b.localDescription);
      window.connection = b;
    });
    await page.waitForFunction(() => performanceMonitor.getPerformanceSummary().sessionMetrics.connectionQuality === "excellent");
    // A closed connection is seen within 5 s, and sent 10 s later.
    await site.until(([one]) => one?.calls[2]?.outcome === "left", "the call that was never connected", 30);
    // It is seen at once where the page ends too.
    await page.evaluate(() => connection.close());
    await page.close();
    const [view] = await site.until(([one]) => one.is_final, "the closed tab's beacon");
    assert.deepEqual([view.user, view.complaints, view.events], ["u-1", 1, [{ name: "chat", count: 1 }]]);
    const [said, watched] = view.calls;
    assert.deepEqual([said.outcome, said.cause], ["failure", "no answer of <mail>"]);
    assert.deepEqual([watched.outcome, watched.quality.level, watched.quality.is_relayed], ["success", "excellent", false]);
    assert.ok(watched.setup_ms >= 0 && watched.duration_ms > 0 && view.connection.score > 80);
    site.stop();
  },

  async "a page without calls never loads what is about calls, and one with a call does once"({ context, origin }) {
    const site = await serveSite(origin, { page: () => BAD, answer: answerSlowly });
    const page = await (await context("red")).newPage();
    const loaded = [];
    page.on("request", (request) => /monitor[\w-]*\.js/.test(request.url()) && loaded.push(request.url().split("/").at(-1)));
    await page.goto(site.origin);
    await measured(page);
    await page.evaluate(() => {
      performanceMonitor.setUser("u-1");
      performanceMonitor.event("chat");
      performanceMonitor.complaint();
      history.pushState(null, "", "/next");
      dispatchEvent(new Event("pagehide"));
    });
    // The error that comes late may belong to either view.
    await site.until((views) => views.length === 2 && views.flatMap((view) => view.errors).length === 3, "both views with all that happened");
    assert.deepEqual(loaded, ["monitor.js", "monitor-rest.js"]);
    await page.evaluate(() => {
      performanceMonitor.call("failure", "first");
      performanceMonitor.call("denied", "second");
    });
    await site.until((views) => views[1].calls.length === 2, "the two calls");
    assert.deepEqual(loaded, ["monitor.js", "monitor-rest.js", "monitor-calls.js"]);
    assert.deepEqual(
      site.views()[1].calls.map(({ outcome, cause }) => [outcome, cause]),
      [
        ["failure", "first"],
        ["denied", "second"],
      ],
    );
    site.stop();
  },

  async "nothing is sent of people who ask not to be tracked, and of visits that are not in the sample"({ context, origin }) {
    const sites = [
      await serveSite(origin, { page: () => "x", attributes: "data-respect-do-not-track" }),
      await serveSite(origin, { page: () => "x", attributes: "data-sample-rate=0" }),
    ];
    const shown = await serveSite(origin, { page: () => "x" });
    const people = await context("red");
    await people.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }));
    for (const site of [...sites, shown]) {
      const page = await people.newPage();
      await page.goto(site.origin);
      await page.evaluate(() => performanceMonitor.event("chat"));
      assert.equal((await summary(page)).coreWebVitals.fid, null);
      await page.close();
    }
    // The last one is sent, so the others would have been by now.
    await shown.until((views) => views.length === 1, "the view that is sent");
    assert.deepEqual(
      sites.map(({ beacons }) => beacons),
      [[], []],
    );
    [...sites, shown].forEach((site) => site.stop());
  },
};
