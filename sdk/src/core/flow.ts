/**
 * The other side's media as people on this side see and hear them: they flow, the picture is frozen, or nothing comes.
 *
 * Judged by frames that were presented, if a page shows them, by decoded ones else; a picture that is decoded and not
 * presented is frozen, and so is speech of which no sample is played. A side that says that it sends no picture, or shares a
 * screen, is not missed. No IO and no clock: a sample comes five times a second.
 */
import type { Flow } from "./environment.js";

/** Whether the other side's picture and sound come, once they have. */
export type MediaState =
  | "flowing"
  /** The picture is frozen, though one is sent, or speech comes and is not played; the other one may come. */
  | "frozen"
  /** Nothing comes. */
  | "interrupted";

/** The media that the other side says it sends; `null` if it has not said so. */
export type Expected = { readonly picture: "none" | "camera" | "screen"; readonly sound: boolean } | null;

/** How often to look. */
export const LOOK_MS = 200;
const SILENT_MS = 800;
/** The same just after another network: it is the likely cause. */
const SILENT_SOON_MS = 400;
/** The same if the socket to the server was lost with the old network. */
const SILENT_MOVED_MS = 200;
const SOON_MS = 3_000;
/** A silent side sends a packet of sound each 400 ms; a still picture alone comes more seldom. */
const SILENT_SELDOM_MS = 2_500;
/** Media that came at each of so many looks come all the time. */
const STEADY_LOOKS = 5;
const FROZEN_MS = 2_000;
/** So many frames decoded and none presented are a fault, also of a screen that may be still. */
const UNSEEN_MAX = 10;
/** Silence comes as two or three packets a second, speech as at least sixteen. */
const SPEECH_PACKETS = 10;
/** Media that come again must come at so many looks, and with so many frames. */
const FLOWING_LOOKS = 3;
const FLOWING_FRAMES = 2;
/** The looks follow each other; if no picture is awaited, as closely as sound that is silent, or a still screen. */
const ROW_MS = 300;
const ROW_SELDOM_MS = 1_500;

export class Judge {
  #state: MediaState = "flowing";
  #isSilent = false;
  #bytes = 0;
  #decoded = 0;
  #presented: number | null = null;
  #receivedAt: number;
  #seenAt: number;
  /** Whether anything, and whether a picture, ever came. */
  #hasReceived = false;
  #hasSeen = false;
  #wasExpected = false;
  /** Looks in a row that found something new. */
  #steady = 0;
  #wasSteady = false;
  /** The same since it stopped flowing, with the gaps that are usual, and frames in them. */
  #again = 0;
  #againAt = 0;
  #frames = 0;
  /** Frames that were decoded since one was presented, and whether that was called frozen. */
  #unseen = 0;
  #isUnseen = false;
  /** Samples of sound that were played, when the last one was, and how many packets had come by then. */
  #samples = 0;
  #playedAt: number;
  #playedPackets = 0;
  /** Whether samples are counted at all. */
  #hasPlayed = false;
  #lookedAt: number;
  #networkAt = -Infinity;
  #movedAt = -Infinity;
  /** Since when the browser has believed that there is no path. */
  #noPathAt: number | null = null;

  constructor(now: number) {
    this.#receivedAt = this.#seenAt = this.#playedAt = this.#lookedAt = now;
  }

  get state(): MediaState {
    return this.#state;
  }

  /** Whether media that came all the time don't now, for half as long as an interruption takes. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Another connection is shown, which counts from zero. */
  handleNewPeer(now: number): void {
    this.#bytes = this.#decoded = this.#steady = this.#again = this.#frames = this.#unseen = 0;
    this.#samples = this.#playedPackets = 0;
    this.#presented = null;
    this.#isUnseen = false;
    this.#seenAt = this.#playedAt = now;
  }

  /** Another network, perhaps; `hasMoved`: the socket to the server was lost with the old one. */
  handleNetwork(hasMoved: boolean, now: number): void {
    if (hasMoved) this.#movedAt = now;
    this.#networkAt = now;
  }

  /** One look: what has come so far; `null` if nothing ever did. */
  handle(flow: Flow | null, expected: Expected, now: number): MediaState {
    const { bytes, decoded, presented, packets, samples } = flow ?? { bytes: 0, decoded: 0, presented: null, packets: 0, samples: 0 };
    const isNew = bytes > this.#bytes;
    this.#bytes = Math.max(bytes, this.#bytes);
    this.#noPathAt = flow?.hasPath === false ? (this.#noPathAt ?? now) : null;
    this.#look(decoded, presented, now);
    const isUnheard = this.#listen(packets, samples, now) && expected?.sound !== false;
    const isExpected = expected === null ? this.#hasSeen : expected.picture === "camera";
    // Its first frame takes a moment.
    if (isExpected && !this.#wasExpected) this.#seenAt = Math.max(this.#seenAt, now);
    this.#wasExpected = isExpected;
    // A picture that is sent no more cannot be seen.
    if (expected?.picture === "none") this.#isUnseen = false;
    // Browsers slow down the looks of a hidden page.
    const row = Math.max(isExpected ? ROW_MS : ROW_SELDOM_MS, 1.5 * (now - this.#lookedAt));
    this.#lookedAt = now;
    if (now - this.#receivedAt > row) this.#again = this.#frames = 0;
    if (isNew) {
      if (this.#again++ === 0) this.#againAt = now;
      this.#hasReceived = true;
      this.#receivedAt = now;
      this.#wasSteady = ++this.#steady >= STEADY_LOOKS;
    } else {
      this.#steady = 0;
    }
    const isOff = expected !== null && expected.picture === "none" && !expected.sound;
    this.#isSilent = this.#wasSteady && !isOff && this.#state === "flowing" && now - this.#receivedAt >= SILENT_SOON_MS;
    const next = this.#next(isExpected, isUnheard, expected, now);
    if (this.#state === "flowing" && next !== "flowing") this.#again = this.#frames = 0;
    if (this.#state !== next) {
      this.#isUnseen = next === "frozen" && this.#unseen >= UNSEEN_MAX;
      this.#unseen = 0;
    }
    return (this.#state = next);
  }

  #look(decoded: number, presented: number | null, now: number): void {
    // From a page that was hidden, or to one: its frames are counted anew from here.
    const isComparable = (presented === null) === (this.#presented === null);
    const more = !isComparable ? 0 : presented === null ? decoded - this.#decoded : presented - (this.#presented ?? 0);
    if (!isComparable) this.#seenAt = Math.max(this.#seenAt, now);
    if (isComparable && presented !== null) this.#unseen += decoded - this.#decoded;
    this.#decoded = decoded;
    this.#presented = presented;
    if (more <= 0) return;
    this.#unseen = 0;
    this.#frames += more;
    this.#hasSeen = true;
    this.#seenAt = now;
  }

  /** Whether speech comes and is not played. */
  #listen(packets: number, samples: number, now: number): boolean {
    if (samples > this.#samples) {
      this.#hasPlayed = true;
      this.#playedAt = now;
      this.#playedPackets = packets;
    }
    this.#samples = samples;
    const seconds = (now - this.#playedAt) / 1_000;
    return this.#hasPlayed && 1_000 * seconds >= FROZEN_MS && packets - this.#playedPackets >= SPEECH_PACKETS * seconds;
  }

  #next(isExpected: boolean, isUnheard: boolean, expected: Expected, now: number): MediaState {
    const sendsNothing = expected !== null && expected.picture === "none" && !expected.sound;
    const isMissed = this.#hasReceived ? !sendsNothing : expected !== null && !sendsNothing;
    // If the other side sends nothing, the browser alone knows whether there is a path; it takes seconds to say so.
    const hasNoPath = this.#noPathAt !== null && now - this.#noPathAt >= SILENT_MS;
    const isSilent = now - this.#receivedAt >= this.#patience(now) && (isMissed || (this.#hasReceived && hasNoPath));
    const isFrozen = isUnheard || ((isExpected || this.#unseen >= UNSEEN_MAX) && now - this.#seenAt >= FROZEN_MS);
    if (this.#state === "flowing") return isSilent ? "interrupted" : isFrozen ? "frozen" : "flowing";
    const comesAgain = !isUnheard && this.#again >= FLOWING_LOOKS && ((!isExpected && !this.#isUnseen) || this.#frames >= FLOWING_FRAMES);
    if (comesAgain || (!isMissed && !isUnheard && !isExpected && !this.#isUnseen && !hasNoPath)) return "flowing";
    // A silent side is not merely frozen; one that makes a sound again may be.
    if (isSilent) return "interrupted";
    // A picture that comes again with the sound takes a moment for its first whole frame.
    return isFrozen && this.#again >= FLOWING_LOOKS && now - this.#againAt >= FROZEN_MS ? "frozen" : this.#state;
  }

  #patience(now: number): number {
    if (!this.#wasSteady) return SILENT_SELDOM_MS;
    if (now - this.#movedAt < SOON_MS) return SILENT_MOVED_MS;
    return now - this.#networkAt < SOON_MS ? SILENT_SOON_MS : SILENT_MS;
  }
}
