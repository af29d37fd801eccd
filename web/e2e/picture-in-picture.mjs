/**
 * The small window above all others, and the browser's own controls in it.
 *
 * Headless Chromium opens such windows, though nobody sees them. What it draws into them cannot be pressed by a test, so
 * their controls are tested up to where Chromium takes over.
 */
import assert from "node:assert/strict";
import { couple } from "./calls.mjs";
import { screen, press, sees } from "./page.mjs";
import { isAccessible } from "./pages.mjs";

const LABEL = "Picture in picture";

/** Waits until the switch says this, and looks whether the other person's video really is in the window, or none. */
async function isInWindow(page, isOn) {
  await page.getByRole("button", { name: LABEL, exact: true, pressed: isOn }).waitFor();
  const shown = await page.evaluate(() => document.pictureInPictureElement && document.pictureInPictureElement === document.querySelector("video.remote"));
  assert.equal(shown, isOn ? true : null);
}

async function hasNoWindow(page) {
  await page.waitForFunction(() => document.pictureInPictureElement === null);
}

export const pictureInPicture = {
  async "the other person moves into a small window and back, by a press, by the keyboard, and by the window itself"({ context, origin, out }) {
    const { red, green } = await couple(context, origin);
    await isInWindow(red, false);
    await press(red, LABEL);
    await isInWindow(red, true);
    await sees(red, "green");
    await isAccessible(red, "picture-in-picture");
    await red.screenshot({ path: `${out}7-picture-in-picture.png` });
    await press(red, LABEL);
    await isInWindow(red, false);
    await red.keyboard.press("Enter");
    await isInWindow(red, true);
    // As the window's own button does it, which may also pause the picture.
    await red.evaluate(() => {
      document.pictureInPictureElement.pause();
      return document.exitPictureInPicture();
    });
    await isInWindow(red, false);
    await sees(red, "green");
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "the small window closes with the call, whoever ends it"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    for (const page of [red, green]) {
      await press(page, LABEL);
      await isInWindow(page, true);
    }
    await press(red, "Leave");
    for (const page of [red, green]) {
      await screen(page, "ended");
      await hasNoWindow(page);
    }
    // A new call does not begin in a window.
    for (const page of [red, green]) {
      await press(page, "Find someone else");
      await screen(page, "waiting");
    }
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "a small window that opens only after its call ended is closed at once"({ context, origin }) {
    const { red } = await couple(async (colour) => {
      const made = await context(colour);
      await made.addInitScript(() => {
        const ask = HTMLVideoElement.prototype.requestPictureInPicture;
        HTMLVideoElement.prototype.requestPictureInPicture = async function () {
          await new Promise((done) => (window.letOpen = done));
          const opened = await ask.call(this);
          window.hadOpened = true;
          return opened;
        };
      });
      return made;
    }, origin);
    await press(red, LABEL);
    await press(red, "Leave");
    await screen(red, "ended");
    await red.evaluate(() => window.letOpen());
    await red.waitForFunction(() => window.hadOpened);
    await hasNoWindow(red);
  },

  async "a browser that does not open the small window is explained, and one that has none offers none"({ context, origin }) {
    const { red, green } = await couple(async (colour) => {
      const made = await context(colour);
      await made.addInitScript((hasNone) => {
        if (hasNone) Object.defineProperty(Document.prototype, "pictureInPictureEnabled", { value: undefined });
        else HTMLVideoElement.prototype.requestPictureInPicture = () => Promise.reject(new DOMException("no", "NotAllowedError"));
      }, colour === "green");
      return made;
    }, origin);
    await press(red, LABEL);
    await red.getByRole("status").getByText("The small window did not open.").waitFor();
    await isInWindow(red, false);
    assert.equal(await green.getByRole("button", { name: LABEL }).count(), 0);
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "the browser's own controls mute, switch the camera and hang up, and know how things are"({ context, origin }) {
    const { red, green } = await couple(async (colour) => {
      const made = await context(colour);
      await made.addInitScript(() => {
        // Chromium still takes every handler, or the page would get an action that it does not know.
        const set = MediaSession.prototype.setActionHandler;
        window.handlers = {};
        MediaSession.prototype.setActionHandler = function (action, handler) {
          set.call(this, action, handler);
          window.handlers[action] = handler;
        };
        for (const name of ["setMicrophoneActive", "setCameraActive"]) {
          const tell = MediaSession.prototype[name];
          MediaSession.prototype[name] = function (isOn) {
            window[name] = isOn;
            return tell.call(this, isOn);
          };
        }
      });
      return made;
    }, origin);
    const act = (action) => red.evaluate((action) => window.handlers[action]({ action }), action);
    const isTold = (expected) => red.waitForFunction((isOn) => window.setMicrophoneActive === isOn && window.setCameraActive === isOn, expected);
    await isTold(true);
    await act("togglemicrophone");
    await red.getByRole("button", { name: "Unmute" }).waitFor();
    await act("togglecamera");
    await red.getByRole("button", { name: "Camera on" }).waitFor();
    await isTold(false);
    await act("hangup");
    await screen(red, "ended");
    await screen(green, "ended");
    // After the call they do nothing.
    await red.waitForFunction(() => Object.values(window.handlers).every((handler) => handler === null));
    assert.deepEqual([...red.errors, ...green.errors], []);
  },

  async "on the smallest phones all controls of a call are on the screen, apart, and as large as a finger"({ context, origin, out }) {
    const { red } = await couple(context, origin);
    for (const [width, height] of [
      [320, 568],
      [360, 640],
      [390, 844],
      [640, 360],
      [844, 390],
      [1280, 800],
    ]) {
      await red.setViewportSize({ width, height });
      await red.screenshot({ path: `${out}7-controls-${width}x${height}.png` });
      const boxes = await red.evaluate(() =>
        [...document.querySelectorAll(".controls button, .quality, .screen-call .local")].map((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect();
          return { name: element.getAttribute("aria-label") ?? element.textContent, isButton: element.tagName === "BUTTON", left, top, right, bottom };
        }),
      );
      assert.equal(boxes.length, 9);
      const where = `${width}x${height}`;
      for (const [index, box] of boxes.entries()) {
        const { name, isButton, left, top, right, bottom } = box;
        assert.ok(left >= 0 && top >= 0 && right <= width && bottom <= height, `${name} is on the screen at ${where}: ${JSON.stringify(box)}`);
        if (isButton) assert.ok(right - left >= 44 && bottom - top >= 44, `${name} is large enough at ${where}: ${right - left} by ${bottom - top}`);
        for (const other of boxes.slice(index + 1)) {
          const isApart = right <= other.left || other.right <= left || bottom <= other.top || other.bottom <= top;
          assert.ok(isApart, `${name} and ${other.name} are apart at ${where}`);
        }
      }
    }
  },
};
