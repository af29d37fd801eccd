/**
 * Debian's Firefox in a call: two independent engines must agree on the bytes of the wire.
 *
 * A smoke test; the corners of the page are tested in Chromium. Driven by puppeteer-core over WebDriver BiDi, because
 * playwright-core knows only a Firefox of its own, or one newer than Debian's. Nothing is downloaded.
 */
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";
import { COLOURS } from "./browser.mjs";
import { Links } from "./links.mjs";
import { arrive, connected, screen, press } from "./page.mjs";

export const executablePath = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/**
 * Starts a Firefox whose camera is made up: its colour goes round, so it does not show which person it is. `program`
 * replaces it, such as one that starts it somewhere else, and `port` is then the port of its driver; pages of
 * `secureHost` may use the camera without HTTPS. `profile` is a folder that has been prepared, such as with trust.
 */
export async function startFirefox({ program = executablePath, port, secureHost = "", profile } = {}) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: program,
    debuggingPort: port,
    userDataDir: profile,
    headless: true,
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      // Allowed, as by a person: then Firefox names its addresses, and nobody has to find it by multicast.
      "permissions.default.camera": 1,
      "permissions.default.microphone": 1,
      "media.autoplay.default": 0,
      "dom.securecontext.allowlist": secureHost,
    },
  });
  return {
    /** A fresh profile, with the parts of a context that the runner needs. */
    async context() {
      const context = await browser.createBrowserContext();
      const pages = [];
      return {
        async newPage() {
          // A tab behind another one draws nothing, and a click waits for a drawn element.
          const page = await context.newPage({ type: "window" });
          pages.push(page);
          page.setDefaultTimeout(30_000);
          return page;
        },
        pages: () => pages,
        close: () => context.close(),
      };
    },
    stop: () => browser.close(),
  };
}

/** Waits until this is so in the page, half a minute at most. */
async function holds(page, isSo) {
  for (const end = Date.now() + 30_000; !(await page.evaluate(isSo));) {
    assert.ok(Date.now() < end, `not so after half a minute: ${isSo}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** A person in Firefox before a call, on a page that was prepared. Everything is found by role and name here too. */
export async function arriveInFirefox(context, origin, prepare = () => undefined) {
  const page = await context.newPage();
  await prepare(page);
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  // Puppeteer's locators and `waitForFunction` make functions of text in the page, which its content security policy forbids.
  const click = async (role, name) => (await page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`)).click();
  const person = {
    page,
    errors,
    press: (name) => click("button", name),
    screen: (name) => page.waitForSelector(`[data-screen="${name}"]`),
    reads: (text) => page.waitForSelector(`[role="log"] ::-p-text(${text})`),
    async write(text) {
      await click("textbox", "Write a line");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    },
    async connected() {
      await person.screen("call");
      await holds(page, () => document.querySelector("video.remote")?.videoWidth > 0);
    },
  };
  await page.goto(`${origin}/call`);
  for (const name of ["Continue as a guest", "I am 18 or over", "Turn on camera"]) await person.press(name);
  await person.screen("ready");
  return person;
}

/** Waits until the remote picture has changed a dozen times, and gives its colour then; fails if it stands still. */
async function watch(page) {
  const { changes, rgb } = await page.evaluate(async () => {
    const video = document.querySelector("video.remote");
    const [width, height] = [32, 24];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pixels = canvas.getContext("2d", { willReadFrequently: true });
    let [changes, last] = [0, ""];
    // Two engines that encode on two slow cores show three pictures a second: how many come is the machine's affair.
    const end = Date.now() + 20_000;
    while (changes < 12 && Date.now() < end) {
      await new Promise((done) => setTimeout(done, 100));
      pixels.drawImage(video, 0, 0, width, height);
      const picture = pixels.getImageData(0, 0, width, height).data.join();
      if (picture !== last) changes += 1;
      last = picture;
    }
    const [r, g, b] = pixels.getImageData(width >> 1, height - 3, 1, 1).data;
    return { changes, rgb: [r, g, b] };
  });
  assert.equal(changes, 12, "changes of the remote picture in 20 s: it stands still");
  return rgb;
}

/** Ten seconds without a path, and both see each other again; the two engines disagree most about offers made anew. */
async function interrupted({ context, origin }, foxCalls) {
  const links = new Links();
  try {
    const green = await arrive(await links.join(await context("green")), origin);
    const fox = await arriveInFirefox(await context("firefox"), origin, (page) => links.join(page));
    const seek = [() => press(green, "Find someone"), () => fox.press("Find someone")];
    // The waiting person makes the offer, which is parked by the time that the other one comes.
    for (const step of foxCalls ? seek.toReversed() : seek) {
      await step();
      await green.waitForTimeout(500);
    }
    await Promise.all([fox.connected(), connected(green)]);
    const before = links.count;
    assert.ok(before > 0, "no address was replaced: nothing would be cut");
    links.cut();
    const note = green.getByText("The connection is interrupted.");
    await note.waitFor();
    await green.waitForTimeout(10_000);
    links.restore();
    await note.waitFor({ state: "detached", timeout: 30_000 });
    await Promise.all([watch(fox.page), watch(green)]);
    assert.ok(links.count > before, "nobody searched for new addresses");
    await press(green, "Leave");
    await fox.screen("ended");
    // Firefox itself reports each connection that found no path while there was none, and each socket that gave way to
    // another one.
    const isFirefoxsOwn = (text) => text.includes("ICE failed") || text.includes("/v1/socket");
    const errors = [...fox.errors, ...green.errors].filter((text) => !isFirefoxsOwn(text));
    assert.deepEqual(errors, []);
  } finally {
    links.close();
  }
}

export const firefox = {
  async "somebody in Firefox and somebody in Chromium see each other, chat, and hang up"({ context, origin, server }) {
    const green = await arrive(await context("green"), origin);
    const fox = await arriveInFirefox(await context("firefox"), origin);
    await press(green, "Find someone");
    await screen(green, "waiting");
    // The waiting person makes the offer.
    await fox.press("Find someone");
    await Promise.all([fox.connected(), connected(green)]);
    const [rgb] = await Promise.all([watch(fox.page), watch(green)]);
    const distance = Math.max(...rgb.map((value, index) => Math.abs(value - COLOURS.green.rgb[index])));
    assert.ok(distance < 70, `Firefox shows ${rgb} where green was sent`);

    await fox.press("Chat");
    await fox.write("from Firefox");
    await press(green, "Chat, 1 not read");
    await green.getByRole("log").getByText("from Firefox").waitFor();
    await green.getByRole("textbox", { name: "Write a line" }).fill("from Chromium");
    await green.keyboard.press("Enter");
    await fox.reads("from Chromium");

    await fox.press("Leave");
    await Promise.all([fox.screen("ended"), screen(green, "ended")]);
    await green.getByText("The other person left the call.").waitFor();
    assert.equal((await server.stats()).outcomes.success, 1);
    assert.deepEqual([...fox.errors, ...green.errors], []);
  },

  "a path from Firefox to Chromium that dies for ten seconds is replaced": (world) => interrupted(world, true),

  "a path from Chromium to Firefox that dies for ten seconds is replaced": (world) => interrupted(world, false),

  async "two people in Firefox see each other"({ context, origin }) {
    const people = [];
    for (let count = 0; count < 2; count++) people.push(await arriveInFirefox(await context("firefox"), origin));
    for (const person of people) await person.press("Find someone");
    await Promise.all(people.map((person) => person.connected()));
    await Promise.all(people.map((person) => watch(person.page)));
    assert.deepEqual(
      people.flatMap((person) => person.errors),
      [],
    );
  },
};
