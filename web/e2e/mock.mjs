/**
 * The SDK without a server: tabs of one origin call each other, and a lone tab has company. The pages are a developer's
 * own, from an origin of the test's; the package is built from here, and loads the mock as a file of its own.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`../../sdk/src/${name}.ts`, import.meta.url));
const MARK = "Mock signaling: no server";

const PROGRAM = `import { CallboxClient, fromEnv } from "./index.js";
const words = new URLSearchParams(location.search);
const env = JSON.parse(words.get("env") ?? "null");
const options = env ? fromEnv(env) : { environment: (await import("./mock.js")).mockEnvironment() };
const callbox = new CallboxClient(options);
const video = document.querySelector("video");
Object.assign(window, { callbox, states: [], lines: [], signals: [] });
callbox.on("state", ({ name }) => states.push(name));
callbox.on("signaling", (signaling) => signals.push(signaling));
callbox.on("chat", ({ from, text }) => from === "peer" && lines.push(text));
callbox.on("remote-stream", (stream) => (video.srcObject = stream));
window.begin = async () => {
  try {
    await callbox.signIn({ age: "adult" });
    await callbox.startMedia();
    await callbox.seek({ interests: ["rust"] });
    return "waiting";
  } catch (error) {
    return error.code;
  }
};
`;
/** A policy that forbids styles in markup, which the mark must stand. */
const POLICY = "default-src 'self'; style-src 'self'; media-src 'self' blob:; connect-src *";
const HTML = "<!doctype html><html lang=en><title>mock</title><video autoplay playsinline></video><script type=module src=/app.js></script>";

/** Files of a page, on an origin of their own; any other path has nothing for the SDK. */
async function serve() {
  const folder = mkdtempSync(join(tmpdir(), "callbox-mock-"));
  await build({ entryPoints: ["index", "mock"].map(source), outdir: folder, bundle: true, splitting: true, format: "esm", target: "es2022" });
  const server = createServer(({ url }, response) => {
    const [path] = url.split("?");
    const script = path === "/app.js" ? PROGRAM : path.endsWith(".js") && readFileSync(join(folder, path));
    response.setHeader("content-type", script ? "text/javascript" : "text/html");
    response.setHeader("content-security-policy", POLICY);
    response.end(script || HTML);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs a case with such pages: `open(env?)` gives another tab of one person's browser. */
const withPages = (run) => async (world) => {
  const site = await serve();
  try {
    const person = await world.context("red");
    const open = async (env) => {
      const page = await person.newPage();
      const warnings = [];
      page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
      await page.goto(`${site.origin}/${env ? `?env=${encodeURIComponent(JSON.stringify(env))}` : ""}`);
      await page.waitForFunction(() => window.begin);
      return Object.assign(page, { warnings });
    };
    await run({ ...world, open });
  } finally {
    site.stop();
  }
};

const begin = (page) => page.evaluate(() => window.begin());
const state = (page, name) => page.waitForFunction((name) => window.callbox.state.name === name, name);
const call = (page) => page.evaluate(() => window.callbox.state.match?.call);
/** Waits until the page is in a call, and in another than this one. */
const inCall = async (page, before = null) => {
  await page.waitForFunction((before) => window.callbox.state.name === "connected" && window.callbox.state.match.call !== before, before);
  return await call(page);
};
const heard = (page, line) => page.waitForFunction((line) => window.lines.includes(line), line);
const marked = (page) => page.getByRole("status").filter({ hasText: MARK });

/** Waits until more frames are decoded, and returns some of their pixels. */
async function pictures(page) {
  return await page.evaluate(async () => {
    const video = document.querySelector("video");
    const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 24 });
    const pixels = canvas.getContext("2d", { willReadFrequently: true });
    const seen = new Set();
    for (let count = 0; count < 5; count++) {
      const before = video.getVideoPlaybackQuality().totalVideoFrames;
      for (let wait = 0; wait < 100 && video.getVideoPlaybackQuality().totalVideoFrames < before + 3; wait++) await new Promise((done) => setTimeout(done, 50));
      if (video.getVideoPlaybackQuality().totalVideoFrames < before + 3) return { seen: seen.size, stopped: true };
      pixels.drawImage(video, 0, 0, 32, 24);
      seen.add(pixels.getImageData(0, 0, 32, 24).data.join());
    }
    return { seen: seen.size, stopped: false };
  });
}

/** Pictures move, and come. */
async function sees(page) {
  await page.bringToFront();
  const { seen, stopped } = await pictures(page);
  assert.ok(!stopped && seen > 1, `expected moving pictures, got ${seen}${stopped ? ", then none" : ""}`);
}

export const mocks = {
  "mock: two tabs of one origin call each other with no server, talk, go on and hang up": withPages(async ({ open }) => {
    const [one, two] = [await open(), await open()];
    assert.equal(await begin(one), "waiting");
    assert.equal(await begin(two), "waiting");
    const first = await inCall(one);
    assert.equal(await inCall(two), first);
    await sees(one);
    await sees(two);
    assert.deepEqual((await two.evaluate(() => window.states)).slice(-3), ["matched", "connecting", "connected"]);
    await one.evaluate(() => window.callbox.sendChat("hello"));
    await heard(two, "hello");
    await two.evaluate(() => window.callbox.next());
    // Nobody else is there, so they meet again, in another call.
    const second = await inCall(two, first);
    assert.equal(await inCall(one, first), second);
    await one.evaluate(() => window.callbox.hangUp());
    await state(two, "ended");
    for (const page of [one, two]) assert.equal(await marked(page).evaluate((mark) => getComputedStyle(mark).position), "fixed");
  }),

  "mock: a lone tab gets a partner who moves, sounds and answers, again after next": withPages(async ({ open }) => {
    const page = await open();
    assert.equal(await begin(page), "waiting");
    const first = await inCall(page);
    await sees(page);
    await page.evaluate(() => window.callbox.sendChat("hello"));
    await heard(page, "Echo: hello");
    // The volume shows that it is a tone and no silence.
    await page.evaluate(async () => {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(window.callbox.remoteStream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      for (let wait = 0; wait < 100; wait++) {
        analyser.getFloatTimeDomainData(samples);
        if (Math.max(...samples) > 0.005) return;
        await new Promise((done) => setTimeout(done, 50));
      }
      throw new Error("no sound came");
    });
    await page.evaluate(() => window.callbox.next());
    const second = await inCall(page, first);
    await page.evaluate(() => window.callbox.hangUp());
    await state(page, "ended");
    await page.evaluate(() => window.callbox.seek());
    await inCall(page, second);
    await marked(page).waitFor();
  }),

  "mock: development without a server uses it and says so, production does not, and a real server is left alone": withPages(async ({ open, origin }) => {
    const nowhere = "http://127.0.0.1:9";
    const unreachable = await open({ DEV: true, VITE_SIGNALING_SERVER_URL: nowhere });
    assert.equal(await marked(unreachable).count(), 0);
    assert.equal(await begin(unreachable), "waiting");
    await marked(unreachable).waitFor();
    assert.ok(
      unreachable.warnings.some((text) => text.includes("mock signaling") && text.includes(nowhere)),
      unreachable.warnings.join(),
    );
    // A development server that answers everything with its page.
    const unnamed = await open({ DEV: true });
    assert.equal(await begin(unnamed), "waiting");
    assert.equal(await inCall(unnamed), await inCall(unreachable));
    for (const env of [
      { PROD: true, DEV: false },
      { DEV: true, VITE_USE_MOCK_SIGNALING: "false" },
    ]) {
      const refused = await open(env);
      assert.equal(await begin(refused), "network");
      assert.equal(await marked(refused).count(), 0);
    }
    const asked = await open({ PROD: true, DEV: false, VITE_USE_MOCK_SIGNALING: "true" });
    await marked(asked).waitFor();
    assert.equal(await begin(asked), "waiting");
    const served = await open({ DEV: true, VITE_SIGNALING_SERVER_URL: origin });
    assert.equal(await begin(served), "waiting");
    await state(served, "queued");
    assert.equal(await marked(served).count(), 0);
    assert.deepEqual(served.warnings, []);
  }),

  "mock: when the tab that runs it closes, a call goes on and others still meet": withPages(async ({ open }) => {
    const host = await open();
    assert.equal(await begin(host), "waiting");
    // Its company, so that the next two are left to each other.
    await inCall(host);
    const [one, two] = [await open(), await open()];
    for (const page of [one, two]) assert.equal(await begin(page), "waiting");
    const before = await inCall(one);
    assert.equal(await inCall(two), before);
    await host.close();
    for (const page of [one, two]) await page.waitForFunction(() => window.signals.join() === "online,reconnecting,online");
    await one.evaluate(() => window.callbox.sendChat("still here"));
    await heard(two, "still here");
    assert.equal(await call(one), before);
    await sees(one);
    const [three, four] = [await open(), await open()];
    for (const page of [three, four]) assert.equal(await begin(page), "waiting");
    const theirs = await inCall(three);
    assert.equal(await inCall(four), theirs);
    await four.close();
    // A person who is left is back in line automatically, and has company.
    await inCall(three, theirs);
  }),
};
