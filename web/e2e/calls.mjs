/**
 * Calls between real browsers: each case is a sentence that is true of the product.
 */
import assert from "node:assert/strict";
import { arrive, screen, press, sees } from "./page.mjs";

/** Waits for a figure of the operator's. */
async function stat(server, read, expected) {
  let value;
  for (let attempt = 0; attempt < 50; attempt++) {
    value = read(await server.stats());
    if (value === expected) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.equal(value, expected);
}

/** Two strangers in a call who see each other. */
export async function couple(context, origin) {
  const red = await arrive(await context("red"), origin);
  const green = await arrive(await context("green"), origin);
  await press(red, "Find someone");
  await press(green, "Find someone");
  await Promise.all([sees(red, "green"), sees(green, "red")]);
  return { red, green };
}

export const calls = {
  async "two browsers are matched, see each other, and hang up"({ context, origin, server }) {
    const { red, green } = await couple(context, origin);
    // Leaving before the ten seconds have ended is still a success, once both have seen a frame.
    await stat(server, (stats) => stats.calls, 1);
    await press(red, "Leave");
    await screen(red, "ended");
    await screen(green, "ended");
    await green.getByText("The other person left the call.").waitFor();
    await stat(server, (stats) => stats.outcomes.success, 1);
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "lines of the chat reach the other, who sees how many were not read, and a call later they are gone"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await press(red, "Chat");
    for (const text of ["one", "two <b>"]) {
      await red.getByRole("textbox", { name: "Write a line" }).fill(text);
      await red.keyboard.press("Enter");
    }
    const button = green.getByRole("button", { name: "Chat, 2 not read", exact: true });
    await button.click();
    await green.getByRole("log").getByText("two <b>").waitFor();
    // The field has the focus, Escape closes, and the focus goes back.
    await green.keyboard.type("three");
    await green.keyboard.press("Enter");
    await red.getByRole("log").getByText("three").waitFor();
    await green.keyboard.press("Escape");
    await green.getByRole("log").waitFor({ state: "detached" });
    assert.equal(await green.evaluate(() => document.activeElement.id), "chat-button");
    await press(red, "Leave");
    await Promise.all([screen(red, "ended"), screen(green, "ended")]);
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "whoever was blocked after a call is not met again, though nobody else is there"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await press(red, "Next");
    await screen(red, "waiting");
    await press(red, "Never meet this person again");
    await red.getByText("You two will not meet again.").waitFor();
    await screen(green, "waiting");
    const blue = await arrive(await context("blue"), origin);
    await press(blue, "Find someone");
    // Both waited; had red not been blocked by now, the two who had met would be as good as any.
    await Promise.any([sees(red, "blue"), sees(green, "blue")]);
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "two tabs of one browser are two guests and see each other"({ context, origin }) {
    const browser = await context("blue");
    const one = await arrive(browser, origin);
    const other = await arrive(browser, origin);
    await press(one, "Find someone");
    await press(other, "Find someone");
    await Promise.all([sees(one, "blue"), sees(other, "blue")]);
  },

  async "a duplicated tab becomes a guest of its own"({ context, origin }) {
    const browser = await context("blue");
    const one = await arrive(browser, origin);
    // Browsers copy the session storage of a tab that is duplicated; the login comes with it.
    const copied = await one.evaluate(() => JSON.stringify({ ...sessionStorage }));
    const other = await browser.newPage();
    await other.addInitScript((items) => {
      for (const [key, value] of Object.entries(JSON.parse(items))) sessionStorage.setItem(key, value);
    }, copied);
    await other.goto(`${origin}/call`);
    await press(other, "Continue as a guest");
    await press(other, "I am 18 or over");
    await press(other, "Turn on camera");
    await press(one, "Find someone");
    await press(other, "Find someone");
    await Promise.all([sees(one, "blue"), sees(other, "blue")]);
  },

  async "next leaves, both wait again, and a third person gets whoever waited longer"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    // Long enough that the skipped side clearly waited longer.
    await press(green, "Next");
    await Promise.all([screen(red, "waiting"), screen(green, "waiting")]);
    const blue = await arrive(await context("blue"), origin);
    await press(blue, "Find someone");
    await Promise.all([sees(red, "blue"), sees(blue, "red")]);
    await screen(green, "waiting");
  },

  async "two who met are matched again after 15 s of nobody else, and the page says so"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await press(green, "Next");
    await Promise.all([screen(red, "waiting"), screen(green, "waiting")]);
    await screen(green, "call", 20_000);
    await Promise.all([red, green].map((page) => page.getByText("You met before").waitFor()));
    await Promise.all([sees(red, "green"), sees(green, "red")]);
  },

  async "an invite link brings two people together who were not asked for their age"({ context, origin }) {
    const host = await context("yellow", { permissions: ["camera", "microphone", "clipboard-write", "clipboard-read"] });
    const yellow = await arrive(host, origin, { age: null, path: "/call#invite" });
    await press(yellow, "Invite someone you know");
    await screen(yellow, "waiting");
    await press(yellow, "Copy link");
    await yellow.getByText("Copied", { exact: true }).waitFor();
    const link = await yellow.evaluate(() => navigator.clipboard.readText());
    assert.match(link, new RegExp(`^${origin}/i/[\\w-]{22}$`));
    const red = await arrive(await context("red"), origin, { age: null, path: new URL(link).pathname });
    await press(red, "Join the call");
    await Promise.all([sees(yellow, "red"), sees(red, "yellow")]);
    assert.equal(await red.getByRole("button", { name: "Next" }).count(), 0, "there is no next friend");
    const third = await arrive(await context("blue"), origin, { age: null, path: new URL(link).pathname });
    await press(third, "Join the call");
    await third.getByRole("alert").getByText("two people are in it already").waitFor();
  },

  async "an adult and a minor are never matched, and each meets their own"({ context, origin }) {
    const adult = await arrive(await context("red"), origin, { age: "adult" });
    const minor = await arrive(await context("blue"), origin, { age: "minor" });
    await press(adult, "Find someone");
    await press(minor, "Find someone");
    // Past the three seconds after which everybody is accepted.
    await new Promise((done) => setTimeout(done, 4_000));
    await Promise.all([screen(adult, "waiting"), screen(minor, "waiting")]);
    const other = await arrive(await context("green"), origin, { age: "minor" });
    await press(other, "Find someone");
    await Promise.all([sees(minor, "green"), sees(other, "blue")]);
    await screen(adult, "waiting");
  },

  async "four people make two calls"({ context, origin, server }) {
    const colours = ["red", "green", "blue", "yellow"];
    const people = [];
    for (const colour of colours) people.push(await arrive(await context(colour), origin));
    for (const person of people) await press(person, "Find someone");
    // Paired on arrival: the first with the second, the third with the fourth.
    await Promise.all([sees(people[0], "green"), sees(people[1], "red"), sees(people[2], "yellow"), sees(people[3], "blue")]);
    await stat(server, (stats) => stats.calls, 2);
    assert.equal((await server.stats()).waiting, 0);
  },

  async "whoever goes to another page may be coming back, and the other is told"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await green.goto("about:blank");
    await red.getByText("The other person is coming back.").waitFor({ timeout: 6_000 });
    await green.goto(`${origin}/call`);
    await Promise.all([sees(red, "green"), sees(green, "red")]);
  },

  async "muting and the camera switch reach the other side"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await press(red, "Mute");
    await red.getByRole("button", { name: "Unmute" }).waitFor();
    const microphone = await red.evaluate(() => document.querySelector("video.local").srcObject.getAudioTracks()[0].enabled);
    assert.equal(microphone, false);
    await press(red, "Camera off");
    // A camera that is off sends black.
    await green.waitForFunction(() => {
      const video = document.querySelector("video.remote");
      const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
      const pixels = canvas.getContext("2d");
      pixels.drawImage(video, 0, 0, 8, 8);
      return pixels.getImageData(4, 4, 1, 1).data[0] < 40;
    });
  },

  async "the page says so when there is no server to begin with, and goes on when there is"({ context, origin, server }) {
    const red = await (await context("red")).newPage();
    await red.goto(`${origin}/call`);
    await press(red, "Continue as a guest");
    await press(red, "I am 18 or over");
    await screen(red, "camera");
    await server.pause();
    await press(red, "Turn on camera");
    await press(red, "Find someone");
    await screen(red, "offline");
    await press(red, "Try again");
    await screen(red, "offline");
    await server.restart();
    await press(red, "Try again");
    await screen(red, "ready");
    await press(red, "Find someone");
    await screen(red, "waiting");
  },
};
