/**
 * The frames that the other person of a call may try, and the ones that arrive.
 */
import assert from "node:assert/strict";
import { arrive, screen, press, sees } from "./page.mjs";

/** Offers 15 pictures more than a call has, each of which would cost the other side an encoder; of one codec, since a frame has a bound. */
function wantMore() {
  const { createOffer } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createOffer = function (...rest) {
    if (this.getTransceivers().length === 2) {
      const codecs = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => mimeType === "video/VP8");
      for (let more = 0; more < 15; more++) this.addTransceiver("video", { direction: "recvonly" }).setCodecPreferences(codecs);
    }
    return createOffer.apply(this, rest);
  };
}

function count() {
  globalThis.made = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...rest) {
      super(...rest);
      globalThis.made.push(this);
    }
  };
}

/** Leaves no offer for the next to come, who makes one then. */
function offerNothing() {
  RTCPeerConnection.prototype.createOffer = () => Promise.reject(new Error("none is made here"));
}

export const partner = {
  async "a partner who wants sixteen pictures gets one, and both see each other"({ context, origin }) {
    const [greedy, calm] = [await context("red"), await context("green")];
    await greedy.addInitScript(wantMore);
    await calm.addInitScript(offerNothing);
    await calm.addInitScript(count);
    const [red, green] = [await arrive(greedy, origin), await arrive(calm, origin)];
    await press(green, "Find someone");
    await screen(green, "waiting");
    await press(red, "Find someone");
    await Promise.all([sees(red, "green"), sees(green, "red")]);
    const taken = await green.evaluate(() =>
      globalThis.made
        .at(-1)
        .getTransceivers()
        .map(({ currentDirection }) => currentDirection),
    );
    assert.deepEqual(
      taken.filter((direction) => direction !== "stopped" && direction !== "inactive"),
      ["sendrecv", "sendrecv"],
    );
    assert.match(await green.evaluate(() => globalThis.made.at(-1).remoteDescription.sdp), /(?:^m=video 0 [^]*){15}/m, "all were offered");
  },

  async "an interest that is cut inside an emoji and a line with half of one end nothing"({ context, origin }) {
    const [red, green] = [await arrive(await context("red"), origin), await arrive(await context("green"), origin)];
    await red.locator("#interest").evaluate((field) => {
      field.value = "abcdefghijklmnopqrstuvwxyz01234🎉,";
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await press(red, "Find someone");
    await press(green, "Find someone");
    await Promise.all([sees(red, "green"), sees(green, "red")]);
    await press(red, "Chat");
    // A browser's own field cuts no emoji in half, but a program that fills it may.
    await red.getByRole("textbox", { name: "Write a line" }).evaluate((field) => {
      field.value = "half \ud83d";
      field.form.requestSubmit();
    });
    await press(green, "Chat, 1 not read");
    // Whichever way it is written, it reorders nothing around it.
    await green.getByRole("log").locator("bdi", { hasText: "half \ufffd" }).waitFor();
    await screen(red, "call");
  },
};
