/**
 * The pages themselves: by keyboard alone, without JavaScript, for screen readers, on a phone and on a desk.
 */
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { arrive, connected, face, press } from "./page.mjs";

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

/** Fails on anything that axe calls serious or critical. */
async function isAccessible(page, name) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(bad.map(({ id, nodes }) => `${name}: ${id}: ${nodes[0].html}`), []);
}

async function hasNoSidewaysScroll(page, name) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(excess <= 0, `${name} is ${excess} px too wide`);
}

async function look(page, out, name) {
  // Every picture that the face has must be there before it is looked at.
  await page.waitForFunction(() => [...document.querySelectorAll("video")].every((video) => video.videoWidth > 0));
  await page.screenshot({ path: `${out}${name}.png` });
  await hasNoSidewaysScroll(page, name);
  await isAccessible(page, name);
}

async function walk({ context, origin, out }, size, colorScheme) {
  const options = { viewport: SIZES[size], colorScheme };
  const name = (face) => `${face}-${size}-${colorScheme}`;
  const red = await (await context("red", options)).newPage();
  await red.goto(origin);
  await look(red, out, name("1-landing"));
  await red.goto(`${origin}/nowhere`);
  await look(red, out, name("9-not-found"));
  await red.goto(`${origin}/call`);
  await look(red, out, name("2-welcome"));
  await press(red, "Continue as a guest");
  await face(red, "age");
  await look(red, out, name("3-age"));
  await press(red, "I am 18 or over");
  await face(red, "camera");
  await look(red, out, name("4-camera"));
  await press(red, "Turn on camera");
  await face(red, "ready");
  await red.getByRole("textbox", { name: "Interests" }).fill("chess");
  await red.keyboard.press("Enter");
  await look(red, out, name("5-ready"));
  await press(red, "Invite someone you know");
  await face(red, "waiting");
  await look(red, out, name("6-invite"));
  await press(red, "Cancel");
  await press(red, "Find someone");
  await face(red, "waiting");
  await look(red, out, name("6-waiting"));
  const green = await arrive(await context("green", options), origin);
  await green.getByRole("textbox", { name: "Interests" }).fill("Chess");
  await green.keyboard.press("Enter");
  await press(green, "Find someone");
  await connected(red);
  await red.getByText("You both like chess").waitFor();
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
  await face(red, "ended");
  await look(red, out, name("8-ended"));
}

export const pages = {
  "every face is accessible and fits a phone": (world) => walk(world, "phone", "light"),
  "every face is accessible and fits a desk, in the dark": (world) => walk(world, "desk", "dark"),

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
      await face(page, next);
      const heading = await page.evaluate(() => document.activeElement.tagName);
      assert.equal(heading, "H1", `the focus is on the heading of "${next}"`);
    }
  },

  async "a denied camera is explained"({ context, origin }) {
    const page = await (await context("red", { permissions: [] })).newPage();
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    });
    await page.goto(`${origin}/call`);
    await press(page, "Continue as a guest");
    await press(page, "I am 18 or over");
    await press(page, "Turn on camera");
    await page.getByRole("alert").getByText("were not allowed").waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();
  },

  async "the landing page works without JavaScript"({ context, origin }) {
    const page = await (await context("red", { javaScriptEnabled: false })).newPage();
    await page.goto(origin);
    await page.getByRole("link", { name: "Start a call" }).click();
    await page.getByRole("heading", { name: "Ready when you are" }).waitFor();
  },
};
