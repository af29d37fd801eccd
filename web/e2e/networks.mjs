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
const narrow = (page, pixels) => page.waitForFunction(async (width) => (await globalThis.counted()).frameWidth <= width, pixels, { timeout: 60_000, polling: 500 });

/** The other side's picture was decoded, and the SDK, which looks ten times a second, has reported it to the server.
 * */
async function sawAFrame(page) {
  await page.waitForFunction(async () => (await globalThis.counted()).framesDecoded > 0, null, { polling: 100 });
  await pause(1_000);
}

/** The share of some seconds' sound that was made up. */
async function madeUpWithin(page, ms) {
  const before = await page.evaluate(() => globalThis.counted());
  await pause(ms);
  const after = await page.evaluate(() => globalThis.counted());
  const more = (name) => after[name] - before[name];
  return more("concealedSamples") / more("totalSamplesReceived");
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

/**
 * Waits for two seconds of sound of which at most this share was made up: the rest of a picture in the queues goes
 * first.
 */
async function heardWhole(page, share = 0.05) {
  let madeUp = 1;
  // A connection that was made anew has no sound yet, which is no number.
  for (let attempt = 0; attempt < 9 && !(madeUp <= share); attempt++) madeUp = await madeUpWithin(page, 2_000);
  assert.ok(madeUp <= share, `${madeUp} of the sound was made up`);
}

export const networks = {
  async "400 kbit/s carry a smaller picture and all of the sound"(world) {
    await call(world, async (pages, links) => {
      // Both send as much as they want before the network becomes narrow.
      await Promise.all(pages.map((page) => wide(page, 640)));
      await pause(5_000);
      links.limit({ kbps: 400 });
      // How soon a sender steps down is its browser's affair, and the machine's.
      await Promise.all(pages.map((page) => narrow(page, 320)));
      await Promise.all(pages.map(seesMore));
      await Promise.all(pages.map(heardWhole));
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
      await Promise.all(pages.map(seesMore));
      // As much as was lost, with some randomness: what opus adds for such networks it adds to speech, and this is a
      // tone.
      await Promise.all(pages.map((page) => heardWhole(page, 0.15)));
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
      // Where the first path stood still at once, the call is already at its second connection.
      const before = await Promise.all(pages.map(connections));
      links.cut();
      await pause(9_000);
      links.restore();
      await Promise.all(pages.map((page) => page.waitForFunction(() => globalThis.callbox.mediaState === "flowing")));
      const after = await Promise.all(pages.map(connections));
      for (const [side, count] of after.entries()) assert.ok(count > before[side], "nobody made a new connection");
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

networks["400 kbit/s carry a smaller picture and all of the sound"].limitMs = 150_000;
