/**
 * Servers die, restart and are cut off; the people in front of the pages continue.
 */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { couple } from "./calls.mjs";
import { arrive, screen, press, sees } from "./page.mjs";

/** Counts the frames that are decoded from now on; `stop` gives the longest time without one, in ms. */
async function watch(page) {
  await page.evaluate(() => {
    const frames = () => document.querySelector("video.remote")?.getVideoPlaybackQuality().totalVideoFrames;
    const seen = { count: frames(), at: performance.now(), longest: 0 };
    seen.timer = setInterval(() => {
      const count = frames();
      seen.longest = Math.max(seen.longest, performance.now() - seen.at);
      if (count !== seen.count) Object.assign(seen, { count, at: performance.now() });
    }, 50);
    globalThis.seen = seen;
  });
  return () =>
    page.evaluate(() => {
      clearInterval(globalThis.seen.timer);
      return globalThis.seen.longest;
    });
}

const line = (page) => page.locator(".connection p");

/** Waits until the pages say that they are cut off, and with `back`, until they do not say it any more. */
const cutOff = (...pages) => Promise.all(pages.map((page) => line(page).waitFor({ timeout: 10_000 })));
const back = (...pages) => Promise.all(pages.map((page) => line(page).waitFor({ state: "detached", timeout: 10_000 })));

/** Both are connected through the server: one leaves, the other one is notified. */
async function leave(red, green) {
  await press(red, "Leave");
  await screen(red, "ended");
  await screen(green, "ended", 3_000);
  await green.getByText("The other person left the call.").waitFor();
}

/** Harms the server in the midst of a call; the call must not suffer from it. */
async function survives({ context, origin, out }, name, harm, restore) {
  const { red, green } = await couple(context, origin);
  const stops = await Promise.all([watch(red), watch(green)]);
  await harm();
  await cutOff(red, green);
  // The line shows only if the server stays away for a moment.
  await green.waitForTimeout(1_000);
  await green.screenshot({ path: `${out}reconnecting-${name}.png` });
  await restore();
  await back(red, green);
  const longest = await Promise.all(stops.map((stop) => stop()));
  assert.ok(
    longest.every((ms) => ms < 2_000),
    `pictures stood still for ${longest.map(Math.round)} ms`,
  );
  await Promise.all([sees(red, "green"), sees(green, "red")]);
  await leave(red, green);
  // The browser itself reports each attempt that finds nobody.
  const errors = [...red.errors, ...green.errors].filter((text) => !text.includes("WebSocket connection to"));
  assert.deepEqual(errors, []);
}

/** A proxy that can drop every connection without a word. */
async function startProxy(origin) {
  const target = new URL(origin);
  const open = new Set();
  let isUp = true;
  const server = createServer((here) => {
    if (!isUp) return here.destroy();
    const there = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [here, there],
      [there, here],
    ]) {
      open.add(one);
      one.on("error", () => undefined).on("close", () => (open.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isUp = false;
      for (const socket of open) socket.destroy();
    },
    restore: () => void (isUp = true),
    stop: () => (open.forEach((socket) => socket.destroy()), server.close()),
  };
}

export const resume = {
  async "a server that is killed in mid-call and comes back: the pictures never stop"(world) {
    await survives(world, "killed", world.server.kill, world.server.restart);
  },

  async "a server that restarts in mid-call: the pictures never stop"(world) {
    await survives(world, "restarted", world.server.pause, world.server.restart);
  },

  async "a network that is lost and comes back in mid-call: the pictures never stop"(world) {
    const proxy = await startProxy(world.origin);
    try {
      await survives({ ...world, origin: proxy.origin }, "cut", proxy.cut, proxy.restore);
    } finally {
      proxy.stop();
    }
  },

  async "who waits while the server is killed goes on waiting and is matched"({ context, origin, server, out }) {
    const red = await arrive(await context("red", { viewport: { width: 390, height: 844 } }), origin);
    await press(red, "Find someone");
    await screen(red, "waiting");
    await server.kill();
    await cutOff(red);
    await red.waitForTimeout(1_000);
    await red.screenshot({ path: `${out}reconnecting-waiting.png` });
    await server.restart();
    await back(red);
    await screen(red, "waiting");
    const green = await arrive(await context("green"), origin);
    await press(green, "Find someone");
    await Promise.all([sees(red, "green"), sees(green, "red")]);
  },

  async "whoever closes the page may be coming back for ten seconds; then they have left, and the other waits again"({ context, origin, server, out }) {
    const { red, green } = await couple(context, origin);
    await red.close();
    await green.getByText("The other person is coming back.").waitFor({ timeout: 6_000 });
    await green.screenshot({ path: `${out}coming-back.png` });
    await screen(green, "call");
    await screen(green, "waiting", 15_000);
    await green.getByText("They left. You kept your place in line.").waitFor();
    assert.deepEqual((await server.stats()).recent.causes, { left: 1 });
  },

  async "the other of somebody whose page is gone can leave at once"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await red.close();
    await green.getByText("The other person is coming back.").waitFor({ timeout: 6_000 });
    await press(green, "Leave");
    await screen(green, "ended", 1_000);
  },

  async "a page that is loaded anew goes back to its call, with the camera off as it was, and a copy of its tab does not"({ context, origin, out }) {
    const { red, green } = await couple(context, origin);
    await press(red, "Camera off");
    const copy = await red.evaluate(() => Object.entries(sessionStorage));
    await red.reload();
    await red.waitForSelector('[data-screen="returning"], [data-screen="call"]');
    await red.screenshot({ path: `${out}returning.png` });
    await sees(red, "green");
    await red.getByRole("button", { name: "Camera on" }).waitFor();
    // The result of a browser's "duplicate tab": another page with the same session storage.
    const other = await red.context().newPage();
    await other.addInitScript((entries) => entries.forEach(([key, value]) => sessionStorage.setItem(key, value)), copy);
    await other.goto(`${origin}/call`);
    await screen(other, "welcome");
    await press(red, "Camera on");
    await Promise.all([sees(red, "green"), sees(green, "red")]);
    await press(green, "Leave");
    await screen(red, "ended");
  },

  async "whoever made an invite has the same link when the page is loaded anew, and waits by it again"({ context, origin, out }) {
    const red = await arrive(await context("red"), origin, { age: null, path: "/call#invite" });
    await press(red, "Invite someone you know");
    await screen(red, "waiting");
    const link = await red.getByLabel("Link to your call").inputValue();
    await red.reload();
    await press(red, "Continue as a guest");
    await press(red, "Turn on camera");
    await screen(red, "ready");
    assert.equal(await red.getByLabel("Link to your call").inputValue(), link);
    await red.screenshot({ path: `${out}invite-kept.png` });
    await press(red, "Wait for the other person");
    const green = await arrive(await context("green"), origin, { age: null, path: new URL(link).pathname });
    await press(green, "Join the call");
    await Promise.all([sees(red, "green"), sees(green, "red")]);
  },

  async "a second tab with the same login goes on, and the first can take over again"({ context, origin, server, out }) {
    const browser = await context("blue");
    const one = await arrive(browser, origin);
    await press(one, "Find someone");
    await screen(one, "waiting");
    const token = await one.evaluate(() => Object.entries(sessionStorage).find(([key]) => key.startsWith("callbox.token"))[1]);
    // The effect of a second tab on a server that is not on loopback, where both have the same cookie.
    const other = await browser.newPage();
    await other.goto(origin);
    await other.evaluate((token) => {
      const socket = new WebSocket("/v1/socket", "callbox.v1");
      socket.onopen = () => socket.send(JSON.stringify({ type: "hello", token }));
    }, token);
    await screen(one, "elsewhere");
    await one.screenshot({ path: `${out}elsewhere.png` });
    await press(one, "Use it here");
    await press(one, "Find someone");
    await screen(one, "waiting");
    assert.equal((await server.stats()).sessions, 1);
  },
};
