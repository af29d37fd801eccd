/**
 * The other side's media as people see and hear them, look by look: they flow, the picture is frozen, or nothing comes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Judge, LOOK_MS } from "../src/core/flow.js";
import type { Expected, MediaState } from "../src/core/flow.js";
import { Coming } from "./peer.js";

const CAMERA: Expected = { picture: "camera", sound: true };

class Looks {
  now = 1_000_000;
  readonly coming = new Coming(this);
  readonly judge = new Judge(this.now);
  expected: Expected = CAMERA;

  /** Each change of the state in this time, with the milliseconds since its begin. */
  pass(ms: number): string[] {
    const [begin, changes]: [number, string[]] = [this.now, []];
    while (this.now < begin + ms) {
      const before = this.judge.state;
      const state = this.look();
      if (state !== before) changes.push(`${this.now - begin}: ${state}`);
    }
    return changes;
  }

  look(): MediaState {
    this.now += LOOK_MS;
    return this.judge.handle(this.coming.read(), this.expected, this.now);
  }
}

/** Somebody whose camera and microphone have come for five seconds. */
function flowing(expected: Expected = CAMERA): Looks {
  const looks = new Looks();
  looks.expected = expected;
  assert.deepEqual(looks.pass(5_000), []);
  return looks;
}

test("silence of 800 ms is an interruption, of 400 ms within three seconds of another network, of 200 ms if the socket was lost with the old one", () => {
  const looks = flowing();
  looks.coming.stop();
  assert.deepEqual(looks.pass(5_000), ["800: interrupted"]);
  for (const [hasMoved, sinceMs, silentMs] of [
    [false, 0, 400],
    [false, 2_400, 400],
    [false, 2_600, 800],
    [true, 0, 200],
    [true, 2_600, 200],
    [true, 3_000, 800],
  ] as const) {
    const moved = flowing();
    moved.judge.handleNetwork(hasMoved, moved.now);
    moved.pass(sinceMs);
    moved.coming.stop();
    assert.deepEqual(moved.pass(5_000), [`${silentMs}: interrupted`], `${hasMoved} ${sinceMs}`);
  }
});

test("media that came all the time and don't for 400 ms are silent, before they are interrupted, and not after", () => {
  const looks = flowing();
  looks.coming.stop();
  const silent: boolean[] = [];
  for (let look = 0; look < 5; look++) {
    looks.pass(200);
    silent.push(looks.judge.isSilent);
  }
  assert.deepEqual(silent, [false, true, true, true, false]);
});

test("a picture that is sent no more is not frozen, even if none of it was ever presented", () => {
  const looks = flowing();
  looks.coming.isPresented = false;
  looks.pass(3_000);
  assert.equal(looks.judge.state, "frozen");
  looks.expected = { picture: "none", sound: true };
  looks.coming.pictureMs = null;
  looks.pass(1_000);
  assert.equal(looks.judge.state, "flowing");
});

test("what has not come for a second without a gap may be silent for longer", () => {
  for (const [ms, silentMs] of [
    [800, 2_600],
    [1_000, 800],
  ] as const) {
    const looks = new Looks();
    looks.pass(ms);
    looks.coming.stop();
    looks.expected = { picture: "none", sound: true };
    assert.deepEqual(looks.pass(5_000), [`${silentMs}: interrupted`]);
  }
});

test("one frame alone does not end a trouble", () => {
  const looks = flowing();
  looks.coming.pictureMs = null;
  looks.pass(5_000);
  looks.coming.pictureMs = 200;
  looks.look();
  looks.coming.pictureMs = null;
  assert.deepEqual([looks.judge.state, looks.pass(5_000)], ["frozen", []]);
});

test("a picture that stands for two seconds is frozen, though bytes come and frames are decoded", () => {
  for (const stands of [(coming: Coming) => (coming.pictureMs = null), (coming: Coming) => (coming.isPresented = false)]) {
    const looks = flowing();
    stands(looks.coming);
    assert.deepEqual(looks.pass(60_000), ["2000: frozen"]);
    Object.assign(looks.coming, { pictureMs: 100, isPresented: true });
    assert.deepEqual(looks.pass(60_000), ["200: flowing"], "its bytes never stopped");
  }
});

test("speech that comes and is not played for two seconds is frozen until it is heard, with a picture and without", () => {
  for (const [expected, pictureMs] of [
    [CAMERA, 100],
    [{ picture: "none", sound: true }, null],
  ] as const) {
    const looks = flowing();
    looks.expected = expected;
    looks.coming.pictureMs = pictureMs;
    looks.coming.isPlayed = false;
    assert.deepEqual(looks.pass(60_000), ["2000: frozen"]);
    looks.coming.isPlayed = true;
    assert.deepEqual(looks.pass(60_000), ["200: flowing"]);
  }
});

test("sound that a browser never counted, or that is said to be off, is not missed", () => {
  const uncounted = new Looks();
  uncounted.coming.isPlayed = false;
  assert.deepEqual(uncounted.pass(60_000), []);
  const off = flowing();
  off.expected = { picture: "camera", sound: false };
  off.coming.isPlayed = false;
  assert.deepEqual(off.pass(60_000), []);
});

test("of somebody who has not said what they send, a picture that was seen once is expected on", () => {
  const looks = flowing(null);
  looks.coming.pictureMs = null;
  assert.deepEqual(looks.pass(60_000), ["2000: frozen"]);
  const neverSeen = new Looks();
  neverSeen.expected = null;
  neverSeen.coming.pictureMs = null;
  assert.deepEqual(neverSeen.pass(60_000), []);
});

test("nothing is wrong with what sends less, for a minute each", () => {
  const table: Record<string, [expected: Expected, (coming: Coming) => void]> = {
    "a camera that is off": [{ picture: "none", sound: true }, (coming) => (coming.pictureMs = null)],
    "a screen that stands still": [{ picture: "screen", sound: true }, (coming) => (coming.pictureMs = null)],
    "a screen that stands still, and silence": [{ picture: "screen", sound: true }, (coming) => Object.assign(coming, { pictureMs: null, soundMs: 400 })],
    "a camera beside a silent microphone": [CAMERA, (coming) => (coming.soundMs = 400)],
    "silence alone, a packet each 400 ms": [{ picture: "none", sound: true }, (coming) => Object.assign(coming, { pictureMs: null, soundMs: 400 })],
    "a page that is hidden": [CAMERA, (coming) => (coming.isPresented = null)],
    "a slow picture without sound": [{ picture: "camera", sound: false }, (coming) => Object.assign(coming, { soundMs: null, pictureMs: 700 })],
    "somebody who sends nothing": [{ picture: "none", sound: false }, (coming) => coming.stop()],
  };
  for (const [what, [expected, change]] of Object.entries(table)) {
    const looks = flowing();
    looks.expected = expected;
    change(looks.coming);
    assert.deepEqual(looks.pass(60_000), [], what);
  }
});

test("a page that is hidden and shown again has two seconds to present a frame", () => {
  const looks = flowing();
  looks.coming.isPresented = null;
  looks.pass(10_000);
  looks.coming.isPresented = true;
  looks.coming.pictureMs = null;
  assert.deepEqual(looks.pass(10_000), ["2200: frozen"]);
});

test("a camera that is switched on has two seconds for its first frame", () => {
  const looks = flowing();
  looks.expected = { picture: "none", sound: true };
  looks.coming.pictureMs = null;
  looks.pass(10_000);
  looks.expected = CAMERA;
  assert.deepEqual(looks.pass(10_000), ["2200: frozen"]);
});

test("what comes again counts after three looks in a row, with two frames in them", () => {
  const looks = flowing();
  looks.coming.stop();
  looks.pass(2_000);
  looks.coming.start();
  assert.deepEqual(looks.pass(5_000), ["600: flowing"]);
  // Now and then something, as of a path that is not there yet.
  looks.coming.stop();
  looks.pass(2_000);
  for (let n = 0; n < 10; n++) {
    looks.coming.start();
    assert.deepEqual([looks.look(), looks.look()], ["interrupted", "interrupted"]);
    looks.coming.stop();
    looks.pass(1_000);
  }
});

test("silence that is only half repaired is frozen: the sound comes again, the picture does not", () => {
  const looks = flowing();
  looks.coming.stop();
  looks.pass(3_000);
  looks.coming.soundMs = 20;
  assert.deepEqual(looks.pass(20_000), ["2200: frozen"], "its picture has two seconds to come, too");
  looks.coming.stop();
  assert.deepEqual(looks.pass(20_000), ["800: interrupted"]);
});

test("a call that never began to flow is interrupted after 2.5 s, unless nothing is sent", () => {
  for (const [expected, changes] of [
    [CAMERA, ["2200: frozen", "2600: interrupted"]],
    [{ picture: "none", sound: true }, ["2600: interrupted"]],
    [{ picture: "none", sound: false }, []],
    [null, []],
  ] as const) {
    const looks = new Looks();
    looks.expected = expected;
    looks.coming.stop();
    assert.deepEqual(looks.pass(20_000), changes, JSON.stringify(expected));
  }
});

test("of somebody who sends nothing the browser's word counts, once, for as long as it says that there is no path", () => {
  const looks = flowing();
  looks.expected = { picture: "none", sound: false };
  looks.coming.stop();
  looks.pass(10_000);
  looks.coming.hasPath = false;
  assert.deepEqual(looks.pass(20_000), ["1000: interrupted"]);
  looks.coming.hasPath = true;
  assert.deepEqual(looks.pass(20_000), ["200: flowing"]);
});

test("ten frames that are decoded and not presented are a fault, also of a screen that may stand still", () => {
  const looks = flowing({ picture: "screen", sound: true });
  Object.assign(looks.coming, { pictureMs: null });
  assert.deepEqual(looks.pass(10_000), []);
  Object.assign(looks.coming, { pictureMs: 1_000, isPresented: false });
  assert.deepEqual(looks.pass(9_000), []);
  assert.deepEqual(looks.pass(2_000), ["1000: frozen"]);
});

test("a hidden page, whose looks are a second apart, is judged by what came between them", () => {
  const looks = flowing();
  looks.coming.isPresented = null;
  const slow = (seconds: number) => {
    const states: string[] = [];
    for (let n = 0; n < seconds; n++) {
      looks.now += 1_000;
      states.push(looks.judge.handle(looks.coming.read(), looks.expected, looks.now));
    }
    return [...new Set(states)];
  };
  assert.deepEqual(slow(30), ["flowing"]);
  looks.coming.stop();
  assert.deepEqual(slow(3), ["interrupted"]);
  looks.coming.start();
  assert.equal(slow(3).at(-1), "flowing");
});

test("another connection counts from zero, and is no interruption by itself", () => {
  const looks = flowing();
  const first = looks.coming;
  const second = new Coming(looks);
  Object.defineProperty(looks, "coming", { value: second });
  looks.judge.handleNewPeer(looks.now);
  assert.deepEqual(looks.pass(10_000), []);
  second.stop();
  first.read();
  assert.deepEqual(looks.pass(10_000), ["800: interrupted"]);
});
