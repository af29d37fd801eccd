/**
 * The pages themselves: by keyboard alone, without JavaScript, for screen readers, on a phone and on a desk.
 */
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { couple } from "./calls.mjs";
import { arrive, connected, screen, press, sees } from "./page.mjs";

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

/** Fails on anything that axe calls serious or critical. */
export async function isAccessible(page, name) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(
    bad.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html}`),
    [],
  );
}

async function hasNoSidewaysScroll(page, name) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(excess <= 0, `${name} is ${excess} px too wide`);
}

export async function look(page, out, name) {
  // Every picture that the screen has must be there before it is looked at.
  await page.waitForFunction(() => [...document.querySelectorAll("video")].every((video) => video.videoWidth > 0));
  await page.screenshot({ path: `${out}${name}.png` });
  await hasNoSidewaysScroll(page, name);
  await isAccessible(page, name);
}

async function walk({ context, origin, out }, size, colorScheme) {
  const options = { viewport: SIZES[size], colorScheme };
  const name = (screen) => `${screen}-${size}-${colorScheme}`;
  const red = await (await context("red", options)).newPage();
  await red.goto(origin);
  await look(red, out, name("1-landing"));
  for (const path of ["safety", "terms"]) {
    await red.goto(`${origin}/${path}`);
    await look(red, out, name(`1-${path}`));
  }
  await red.goto(`${origin}/docs#schema-Problem`);
  await red.getByRole("heading", { name: "POST /v1/guests" }).waitFor();
  await look(red, out, name("1-docs"));
  await red.goto(`${origin}/nowhere`);
  await look(red, out, name("9-not-found"));
  await red.goto(`${origin}/call`);
  await look(red, out, name("2-welcome"));
  await press(red, "Continue as a guest");
  await screen(red, "age");
  await look(red, out, name("3-age"));
  await press(red, "I am 18 or over");
  await screen(red, "camera");
  await look(red, out, name("4-camera"));
  await press(red, "Turn on camera");
  await screen(red, "ready");
  await red.getByRole("textbox", { name: "Interests" }).fill("chess");
  await red.keyboard.press("Enter");
  await look(red, out, name("5-ready"));
  await press(red, "Settings");
  await red.getByRole("dialog").getByLabel("Camera").waitFor();
  await look(red, out, name("5-settings"));
  await red.keyboard.press("Escape");
  await press(red, "Invite someone you know");
  await screen(red, "waiting");
  await look(red, out, name("6-invite"));
  await press(red, "Cancel");
  await press(red, "Find someone");
  await screen(red, "waiting");
  await look(red, out, name("6-waiting"));
  const green = await arrive(await context("green", options), origin);
  await green.getByRole("textbox", { name: "Interests" }).fill("Chess");
  await green.keyboard.press("Enter");
  await press(green, "Find someone");
  await connected(red);
  await red.getByText("You both like chess").waitFor();
  await red.getByText("Excellent").waitFor();
  await look(red, out, name("7-call"));
  await press(red, "Chat");
  await red.getByRole("textbox", { name: "Write a line" }).fill("Hello there!");
  await press(red, "Send");
  await press(green, "Chat, 1 not read");
  await green.getByRole("textbox", { name: "Write a line" }).fill("Hi! Do you play the Sicilian?");
  await press(green, "Send");
  await red.getByText("Do you play the Sicilian?").waitFor();
  await look(red, out, name("7-chat"));
  await press(green, "Leave");
  await screen(red, "ended");
  await red.getByLabel("4 stars").check({ force: true });
  await red.getByText("Thank you.").waitFor();
  await look(red, out, name("8-ended"));
  await press(red, "Report this person");
  await red.getByLabel("Insults, threats or pressure").check();
  await look(red, out, name("8-report"));
}

/** Somebody whose machine has no camera, ready for a call. */
async function withoutCamera(context, origin) {
  await context.addInitScript(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wishes) => (wishes.video ? Promise.reject(new DOMException("no", "NotFoundError")) : ask(wishes));
  });
  const page = await context.newPage();
  await page.goto(`${origin}/call`);
  await press(page, "Continue as a guest");
  await press(page, "I am 18 or over");
  await press(page, "Turn on camera");
  await press(page, "Go on without a camera");
  await screen(page, "ready");
  return page;
}

export const pages = {
  "every screen is accessible and fits a phone": (world) => walk(world, "phone", "light"),
  "every screen is accessible and fits a desk, in the dark": (world) => walk(world, "desk", "dark"),

  async "the whole way into a call goes by keyboard alone"({ context, origin }) {
    const page = await (await context("red")).newPage();
    await page.goto(`${origin}/call`);
    const tabTo = async (name) => {
      for (let presses = 0; presses < 30; presses++) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
        if (focused === name) return;
      }
      throw new Error(`no way to "${name}" by Tab`);
    };
    for (const [name, next] of [
      ["Continue as a guest", "age"],
      ["I am 18 or over", "camera"],
      ["Turn on camera", "ready"],
      ["Find someone", "waiting"],
      ["Cancel", "ready"],
    ]) {
      await tabTo(name);
      await page.keyboard.press("Enter");
      await screen(page, next);
      const heading = await page.evaluate(() => document.activeElement.tagName);
      assert.equal(heading, "H1", `the focus is on the heading of "${next}"`);
    }
  },

  async "a camera that is denied, missing or in use is explained, each in its own words"({ context, origin, out }) {
    for (const [fault, title] of [
      ["NotAllowedError", "Camera and microphone were not allowed"],
      ["NotFoundError", "No camera was found"],
      ["NotReadableError", "Your camera is in use"],
    ]) {
      const page = await (await context("red", { viewport: SIZES.phone })).newPage();
      await page.addInitScript((name) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", name));
      }, fault);
      await page.goto(`${origin}/call`);
      await press(page, "Continue as a guest");
      await press(page, "I am 18 or over");
      await press(page, "Turn on camera");
      await page.getByRole("heading", { name: title }).waitFor();
      await page.getByRole("button", { name: "Try again" }).waitFor();
      await look(page, out, `4-${fault}-phone`);
      if (fault !== "NotAllowedError") continue;
      await press(page, "Try again");
      await page.getByText("It is still not allowed").waitFor();
      await look(page, out, "4-denied-twice-phone");
    }
  },

  async "two without cameras hear each other, and are told nothing of pictures"({ context, origin }) {
    const pages = [await withoutCamera(await context("red"), origin), await withoutCamera(await context("green"), origin)];
    for (const page of pages) await press(page, "Find someone");
    await Promise.all(pages.map((page) => page.locator(".quality").getByText("Excellent").waitFor()));
    // Longer than a picture that is missed may be missing.
    await pages[0].waitForTimeout(4_000);
    for (const page of pages) assert.doesNotMatch(await page.locator(".notes").innerText(), /picture/i);
  },

  async "without a camera one goes on with a microphone alone, and is heard"({ context, origin }) {
    const page = await withoutCamera(await context("red"), origin);
    await page.getByText("Your camera is off").waitFor();
    await press(page, "Find someone");
    const green = await arrive(await context("green"), origin);
    await press(green, "Find someone");
    await sees(page, "green");
    await green.getByText("No picture comes from the other person").waitFor();
  },

  async "a camera that is unplugged is replaced, and where there is no other the page says so"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    const unplug = () =>
      red.evaluate(() => {
        const track = document.querySelector("video.local").srcObject.getVideoTracks()[0];
        track.stop();
        track.dispatchEvent(new Event("ended"));
      });
    await unplug();
    await sees(green, "red");
    await red.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotFoundError"));
    });
    await unplug();
    await red.getByText("Your camera or microphone was unplugged").waitFor();
  },

  async "a screen is shown in the camera's place, and the camera comes back"({ context, origin }) {
    const shares = async (colour) => {
      const made = await context(colour);
      // Headless, there is no list of screens to choose from: a canvas replaces the choice.
      await made.addInitScript(() => {
        navigator.mediaDevices.getDisplayMedia = async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
          const pixels = canvas.getContext("2d");
          let frame = 0;
          setInterval(() => {
            pixels.fillStyle = "rgb(0, 0, 255)";
            pixels.fillRect(0, 0, 640, 480);
            pixels.fillStyle = "white";
            pixels.fillRect((frame++ * 8) % 640, 0, 8, 60);
          }, 60);
          return canvas.captureStream(15);
        };
      });
      return made;
    };
    const { red, green } = await couple(shares, origin);
    await press(red, "Settings");
    await press(red, "Share your screen");
    await red.getByText("You share your screen.").waitFor();
    await sees(green, "blue");
    await press(red, "Settings");
    await press(red, "Stop sharing");
    await sees(green, "red");
  },

  async "a report with the chat's last lines reaches the operator's data, and the two do not meet again"({ context, origin, server }) {
    const { red, green } = await couple(context, origin);
    await press(green, "Chat");
    await green.getByRole("textbox", { name: "Write a line" }).fill("something rude");
    await press(green, "Send");
    await red.getByRole("button", { name: "Chat, 1 not read" }).waitFor();
    await press(red, "Settings");
    await press(red, "Report this person");
    await red.getByLabel("Insults, threats or pressure").check();
    await red.getByLabel("In your own words").fill("They shouted.");
    await red.getByLabel("Send the last lines of our chat along").check();
    const sent = red.waitForRequest((request) => request.url().endsWith("/report"));
    await press(red, "Send the report");
    // The lines themselves are the server's: the relayed ones, not somebody's version of them.
    const { with_lines: withLines, lines, reason, note } = (await sent).postDataJSON();
    assert.deepEqual([reason, note, withLines, lines], ["harassment", "They shouted.", true, undefined]);
    await screen(green, "ended");
    await green.getByText("The call was ended.").waitFor();
    assert.equal((await server.stats()).recent.causes.blocked, 1);
  },

  async "who waits for long is told that nobody is here"({ context, origin, out }) {
    const page = await arrive(await context("red", { viewport: SIZES.phone }), origin);
    await page.clock.install();
    await press(page, "Find someone");
    await screen(page, "waiting");
    await page.clock.fastForward(21_000);
    await page.getByRole("heading", { name: "Nobody else is here right now" }).waitFor();
    await look(page, out, "6-nobody-phone");
  },

  async "the interface is read by keyboard: from the contents to a route, its answers and the shape of its body"({ context, origin }) {
    const page = await (await context("red")).newPage();
    await page.goto(`${origin}/docs`);
    await page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "calls" }).focus();
    await page.keyboard.press("Enter");
    const report = page.getByRole("article").filter({ has: page.getByRole("heading", { name: "POST /v1/calls/{call}/report" }) });
    await report.getByText("Reports the other person of this call").waitFor();
    assert.equal(await report.getByText("Too many requests").isVisible(), false);
    await report.locator("summary").focus();
    await page.keyboard.press("Enter");
    await report.getByText("Too many requests").waitFor();
    await report.getByRole("link", { name: "ReportCall" }).focus();
    await page.keyboard.press("Enter");
    assert.equal(new URL(page.url()).hash, "#schema-ReportCall");
    // No link of the page leads nowhere.
    const lost = await page.evaluate(() =>
      [...document.querySelectorAll('main a[href^="#"]')].filter((link) => !document.getElementById(link.hash.slice(1))).map((link) => link.hash),
    );
    assert.deepEqual(lost, []);
  },

  async "the landing page works without JavaScript"({ context, origin }) {
    const page = await (await context("red", { javaScriptEnabled: false })).newPage();
    await page.goto(origin);
    await page.getByRole("link", { name: "Start a call" }).click();
    await page.getByRole("heading", { name: "Ready when you are" }).waitFor();
  },
};
