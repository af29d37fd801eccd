/**
 * Records what a person in front of the real page sees, and what their page sends: frames that are presented, faces,
 * notes, the mark of quality, the colour of the camera; offers and answers on the WebSocket; peer connections.
 *
 * The browser reports frames as it presents them (requestVideoFrameCallback), each with its instant; counters of
 * decoded frames continue even if nothing is presented. All instants are the machine's clock, the same in every
 * browser. Lists in the page are bounded and read a few times a second, so that a reload loses little.
 */

import { COLOURS } from "../browser.mjs";

const TAKE_MS = 150;
/** A trial takes two minutes at most: more than ten times as many frames. */
const KEPT_MAX = 20_000;

/** Runs in the page, before its own scripts. Firefox and Chromium alike; it knows nothing of the SDK. */
function watchPage({ relayOnly, colours }) {
  const LIST_MAX = 4_000;
  const LOOK_MS = 100;
  /** The first frames of a call are pale. */
  const DISTANCE_MAX = 70;
  const seen = { frames: [], log: [] };
  const note = (what, text) => seen.log.length < LIST_MAX && seen.log.push([Date.now(), what, text]);
  globalThis.takeSeen = () => ({ frames: seen.frames.splice(0), log: seen.log.splice(0) });

  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        const [, type] = String(data).match(/"type":"(\w+)"/) ?? [];
        if (type === "match" || type === "ended") note("heard", `${type} ${String(data).match(/"call":"([\w-]+)"/)?.[1] ?? ""}`);
      });
    }
    send(text) {
      const [, type] = String(text).match(/"type":"(\w+)"/) ?? [];
      if (type === "offer" || type === "answer") note("sent", type);
      super.send(text);
    }
  };
  /** The newest last; a call has a few at most. */
  const connections = [];
  const CONNECTIONS_MAX = 20;
  const forced = (configuration) => (relayOnly ? { ...configuration, iceTransportPolicy: "relay" } : configuration);
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(forced(configuration));
      note("connection", "");
      connections.push(this);
      if (connections.length > CONNECTIONS_MAX) connections.shift();
    }
    setConfiguration(configuration) {
      super.setConfiguration(forced(configuration));
    }
  };

  globalThis.usedPath = async () => {
    const open = connections.findLast(({ connectionState }) => connectionState === "connected");
    const all = [...((await open?.getStats()) ?? new Map()).values()];
    // Firefox marks the pair itself.
    const chosen = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
    const pair = all.find(({ type, id, selected }) => type === "candidate-pair" && (id === chosen || selected));
    const local = all.find(({ id }) => id === pair?.localCandidateId);
    return local && { kind: local.candidateType, protocol: local.relayProtocol ?? local.protocol, server: local.url ?? "" };
  };

  /** The camera that it is, by a pixel that no moving bar of its film reaches. */
  const colourOf = (video, pixel) => {
    pixel.drawImage(video, video.videoWidth >> 1, Math.floor(video.videoHeight * 0.9), 1, 1, 0, 0, 1, 1);
    const { data } = pixel.getImageData(0, 0, 1, 1);
    const isNear = ([, { rgb }]) => rgb.every((value, index) => Math.abs(value - data[index]) < DISTANCE_MAX);
    return Object.entries(colours).find(isNear)?.[0];
  };
  // One callback at a time for each element; a new element, or one with another stream, is watched as well.
  const watched = new WeakSet();
  const watchFrames = (video) => {
    if (watched.has(video)) return;
    watched.add(video);
    const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    let colour;
    const handle = () => {
      if (seen.frames.length < LIST_MAX) seen.frames.push(Date.now());
      standing = 0;
      const now = colourOf(video, pixel);
      if (now !== undefined && now !== colour) note("colour", now);
      colour = now ?? colour;
      video.requestVideoFrameCallback(handle);
    };
    video.requestVideoFrameCallback(handle);
  };
  new MutationObserver(() => {
    const video = document.querySelector("video.remote");
    if (video) watchFrames(video);
  }).observe(document, { childList: true, subtree: true });
  let last = {};
  let standing = 0;
  let lookedAt = Date.now();
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent).join(" / ");
  setInterval(() => {
    const video = document.querySelector("video.remote");
    const screen = document.querySelector("[data-screen]")?.dataset.screen ?? "";
    const mark = document.querySelector(".quality [class^=mark-]")?.textContent ?? "";
    const now = { screen, mark, notes: texts(".notes p"), line: texts(".connection p"), reason: texts('[data-screen="ended"] p.lead, [data-screen="waiting"] p[role="status"]') };
    for (const [what, text] of Object.entries(now)) if (text !== last[what]) note(what, text);
    last = now;
    // After a sleep time has passed, but nobody looked at anything.
    const passed = Math.min(Date.now() - lookedAt, 2 * LOOK_MS);
    lookedAt = Date.now();
    standing = video ? standing + passed : 0;
    if (mark === "Excellent" && standing > 1_000) note("excellent", standing);
  }, LOOK_MS);
}

export class Watch {
  frames = [];
  /** [instant, what, text]; what is one of: heard, sent, connection, colour, screen, mark, notes, line, reason, excellent. */
  log = [];
  #page;
  #isOver = false;
  #loop;

  /** Puts the watch into every page of the context, of playwright's or a page of puppeteer's, that is opened from now on. */
  static async install(context, { relayOnly = false } = {}) {
    await (context.addInitScript ?? context.evaluateOnNewDocument).call(context, watchPage, { relayOnly, colours: COLOURS });
  }

  constructor(page) {
    this.#page = page;
    this.#loop = this.#run();
  }

  async #run() {
    while (!this.#isOver) {
      // A page that is being loaded again has nothing to tell yet.
      const taken = await this.#page.evaluate(() => globalThis.takeSeen?.()).catch(() => undefined);
      if (taken && this.frames.length < KEPT_MAX) {
        this.frames.push(...taken.frames);
        this.log.push(...taken.log);
      }
      await new Promise((done) => setTimeout(done, TAKE_MS));
    }
  }

  /** The local end of the path that the newest connection uses: `kind`, and `protocol`, which is that to the relay if it is "relay". */
  path() {
    return this.#page.evaluate(() => globalThis.usedPath());
  }

  /** The last entry of this kind. */
  now(what) {
    return this.log.findLast(([, of]) => of === what)?.[2] ?? "";
  }

  /** The entry of this kind at an instant. */
  before(at, what) {
    return this.log.findLast(([when, of]) => when < at && of === what)?.[2] ?? "";
  }

  /** The entries of this kind from an instant on. */
  since(at, what) {
    return this.log.filter(([when, of]) => when >= at && of === what).map(([, , text]) => text);
  }

  async stop() {
    this.#isOver = true;
    await this.#loop;
  }
}
