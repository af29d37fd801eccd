/**
 * Bad networks between real browsers: narrow, lossy, gone for a while, gone for good. The SDK's reaction is judged by
 * the browsers' own counts: frames that were decoded, sound that had to be made up.
 */
import assert from "node:assert/strict";
import { serveCallPage } from "./callpage.mjs";
import { Links } from "./links.mjs";

/** Two who are connected over links of ours, until the case has ended. */
async function call({ context, origin }, run) {
  const [links, site] = [new Links(), await serveCallPage()];
  try {
    const pages = [];
    for (let count = 0; count < 2; count++) {
      pages.push(await site.open(await links.join(await context("busy")), { server: origin }));
    }
    await Promise.all(pages.map((page) => page.waitForFunction(() => globalThis.callbox?.state.name === "connected")));
    await run(pages, links);
  } finally {
    links.close();
    site.stop();
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const connections = (page) => page.evaluate(() => globalThis.made.length);
const sendsPicture = (page, expected) => page.waitForFunction((sends) => globalThis.callbox.quality?.sendsPicture === sends, expected, { timeout: 30_000 });
const wide = (page, pixels) => page.waitForFunction(async (width) => (await globalThis.counted()).frameWidth >= width, pixels, { timeout: 40_000, polling: 500 });

/** The other side's picture was decoded, and the SDK, which looks ten times a second, has reported it to the server.
 * */
async function sawAFrame(page) {
  await page.waitForFunction(async () => (await globalThis.counted()).framesDecoded > 0, null, { polling: 100 });
  await pause(1_000);
}

/** The media of some seconds: frames a second, and the share of the sound that was made up. */
async function incoming(page, ms) {
  const before = await page.evaluate(() => globalThis.counted());
  await pause(ms);
  const after = await page.evaluate(() => globalThis.counted());
  const more = (name) => after[name] - before[name];
  return {
    framesPerSecond: (1_000 * more("framesDecoded")) / more("at"),
    madeUp: more("concealedSamples") / more("totalSamplesReceived"),
    width: after.frameWidth,
  };
}

/** Waits until a dozen more pictures were decoded; how fast they come is the machine's affair. */
async function seesMore(page) {
  const decoded = async () => (await page.evaluate(() => globalThis.counted())).framesDecoded ?? 0;
  const end = Date.now() + 20_000;
  let [first, last] = [await decoded(), 0];
  do {
    assert.ok(Date.now() < end, `the picture stands: ${first} were decoded, then ${last}`);
    await pause(200);
    last = await decoded();
    // A connection that was made anew counts anew.
    first = Math.min(first, last);
  } while (last < first + 12);
}

/** Waits for two seconds of sound of which next to nothing was made up: the rest of a picture in the queues goes first.
 * */
async function heardWhole(page) {
  let madeUp = 1;
  // A connection that was made anew has no sound yet, which is no number.
  for (let attempt = 0; attempt < 9 && !(madeUp <= 0.05); attempt++) ({ madeUp } = await incoming(page, 2_000));
  assert.ok(madeUp <= 0.05, `${madeUp} of the sound was made up`);
}

export const networks = {
  async "400 kbit/s carry a smaller picture and all of the sound"(world) {
    await call(world, async (pages, links) => {
      // Both send as much as they want before the network becomes narrow.
      await Promise.all(pages.map((page) => wide(page, 640)));
      await pause(5_000);
      links.limit({ kbps: 400 });
      await pause(10_000);
      for (const { framesPerSecond, madeUp, width } of await Promise.all(pages.map((page) => incoming(page, 8_000)))) {
        assert.ok(width <= 320, `the picture is still ${width} wide`);
        assert.ok(framesPerSecond > 4, `${framesPerSecond} frames a second`);
        assert.ok(madeUp < 0.05, `${madeUp} of the sound was made up`);
      }
    });
  },

  async "80 kbit/s carry the sound alone, whole, and the picture comes back when there is more"(world) {
    await call(world, async (pages, links) => {
      await Promise.all(pages.map((page) => wide(page, 640)));
      // As on the way into a tunnel; from everything to this at once, the last packets are sent again for half a
      // minute.
      links.limit({ kbps: 300 });
      await pause(6_000);
      links.limit({ kbps: 80 });
      const [one, other] = pages;
      const alone = async (from, to) => {
        await sendsPicture(from, false);
        await heardWhole(to);
      };
      await Promise.all([alone(one, other), alone(other, one)]);
      links.limit({ kbps: Infinity });
      await Promise.all(pages.map((page) => sendsPicture(page, true)));
      await Promise.all(pages.map(seesMore));
    });
  },

  async "with 10 % lost both are heard, seen, and told"(world) {
    await call(world, async (pages, links) => {
      await Promise.all(pages.map((page) => wide(page, 640)));
      links.limit({ loss: 0.1 });
      await pause(6_000);
      for (const { framesPerSecond, madeUp } of await Promise.all(pages.map((page) => incoming(page, 8_000)))) {
        assert.ok(framesPerSecond > 4, `${framesPerSecond} frames a second`);
        // As much as was lost, with some randomness: what opus adds for such networks it adds to speech, and this is a
        // tone.
        assert.ok(madeUp < 0.15, `${madeUp} of the sound was made up`);
      }
      for (const page of pages) {
        const sdp = await page.evaluate(() => globalThis.made.at(-1).remoteDescription.sdp);
        assert.match(sdp, /useinbandfec=1/, "speech is sent without its protection");
      }
      const levels = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.callbox.quality.level)));
      for (const level of levels) assert.ok(["good", "poor"].includes(level), `the mark says ${level}`);
    });
  },

  async "offline for five seconds and back, the same call goes on"(world) {
    await call(world, async (pages, links) => {
      const [leaver, other] = pages;
      const id = await other.evaluate(() => globalThis.callbox.state.match.call);
      links.cut();
      await leaver.context().setOffline(true);
      await other.waitForFunction(() => globalThis.callbox.mediaState === "interrupted");
      await leaver.waitForFunction(() => globalThis.callbox.signaling !== "online");
      await pause(5_000);
      await leaver.context().setOffline(false);
      links.restore();
      await leaver.waitForFunction(() => globalThis.callbox.signaling === "online");
      await Promise.all(pages.map((page) => page.waitForFunction(() => globalThis.callbox.mediaState === "flowing")));
      await Promise.all(pages.map(seesMore));
      const now = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.callbox.state)));
      for (const state of now) assert.deepEqual([state.name, state.match.call], ["connected", id]);
    });
  },

  async "a path that is dead for nine seconds is followed by a new connection under the same call"(world) {
    await call(world, async (pages, links) => {
      const id = await pages[0].evaluate(() => globalThis.callbox.state.match.call);
      assert.deepEqual(await Promise.all(pages.map(connections)), [1, 1]);
      links.cut();
      await pause(9_000);
      links.restore();
      await Promise.all(pages.map((page) => page.waitForFunction(() => globalThis.callbox.mediaState === "flowing")));
      for (const count of await Promise.all(pages.map(connections))) assert.ok(count >= 2, "nobody made a new connection");
      await Promise.all(pages.map(seesMore));
      assert.equal(await pages[1].evaluate(() => globalThis.callbox.state.match.call), id);
    });
  },

  async "a path that stays dead ends the call after thirty seconds, with its cause on record"(world) {
    await call(world, async (pages, links) => {
      // Cut before both have seen each other it would be a call that failed, not one that was lost.
      await Promise.all(pages.map(sawAFrame));
      links.cut();
      const began = Date.now();
      const ended = (page) => page.waitForFunction(() => globalThis.callbox.state.name === "ended", null, { timeout: 40_000 });
      await Promise.all(pages.map(ended));
      const seconds = (Date.now() - began) / 1_000;
      assert.ok(seconds > 28, `ended after ${seconds} s`);
      const reasons = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.callbox.state.reason.cause)));
      assert.deepEqual(reasons, ["media_lost", "media_lost"]);
      await pause(1_000);
      const { causes, dropped } = (await world.server.stats()).recent;
      assert.deepEqual([causes, dropped], [{ media_lost: 1 }, 1]);
    });
  },
};
