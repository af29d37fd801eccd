/**
 * How much of our picture is sent: down in good time, up with patience, and sound before all.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Adaptation } from "../src/core/adaptation.js";
import type { AdaptationOptions } from "../src/core/adaptation.js";
import { settle, World } from "./world.js";

/** An adaptation, and a network that is so for some seconds. */
function start(options: AdaptationOptions = {}, isSaving = false) {
  const adaptation = new Adaptation(options, isSaving);
  let [now, sentBytes] = [0, 0];
  const shape = () => (adaptation.sending.picture ? adaptation.sending.scaleDownBy : "sound");
  return {
    adaptation,
    shape,
    pass(seconds: number, kbps: number | null, lostThere = 0, sentKbps = 0, isDead = false) {
      for (let second = 0; second < seconds; second++) {
        sentBytes += (sentKbps * 1_000) / 8;
        const nothing = { roundTripMs: null, receivedBytes: 0, sound: null, picture: null };
        adaptation.handle({ ...nothing, sentBytes, availableKbps: kbps, lostThere }, isDead, (now += 1_000));
      }
      return [shape(), adaptation.sending.maxFramerate];
    },
    reconnect: () => (sentBytes = 0),
  };
}

test("the browser's estimate is given five seconds, and then the step that fits is taken", () => {
  const { pass } = start();
  assert.deepEqual(pass(5, 300), [1, 30]);
  assert.deepEqual(pass(3, 300), [2, 15]);
});

test("one low second changes nothing, two do", () => {
  const { pass } = start();
  pass(10, 2_000);
  assert.deepEqual(pass(1, 450), [1, 30]);
  assert.deepEqual(pass(1, 2_000), [1, 30]);
  assert.deepEqual(pass(2, 450), [1, 20]);
});

test("a step that just fits is passed over: it would have to be left again", () => {
  const { pass } = start();
  pass(10, 2_000);
  assert.deepEqual(pass(2, 400), [2, 15]);
});

test("it goes up one step at a time, each after five seconds of more than the step needs", () => {
  const { pass } = start();
  pass(10, 100);
  assert.deepEqual(pass(5, 2_000), [4, 10]);
  assert.deepEqual(pass(1, 2_000), [2, 15]);
  assert.deepEqual(pass(6, 2_000), [1, 20]);
  assert.deepEqual(pass(6, 2_000), [1, 30]);
  // Just enough for the step is not enough to go there.
  pass(3, 400);
  assert.deepEqual(pass(60, 750), [1, 20]);
});

test("loss takes it down however high the estimate, but not the picture away", () => {
  const { pass } = start();
  assert.deepEqual(pass(2, 2_000, 0.2), [1, 20]);
  assert.deepEqual(pass(60, null, 0.2), [4, 10]);
});

test("losses of the step before are not held against the next", () => {
  const { pass } = start();
  pass(10, 2_000);
  assert.deepEqual(pass(2, 2_000, 0.2), [1, 20]);
  assert.deepEqual(pass(3, 2_000, 0.2), [1, 20]);
  assert.deepEqual(pass(3, 2_000, 0.2), [2, 15]);
});

test("nothing is learnt of a path that is dead, whether the same one comes back or another", () => {
  const { pass, reconnect } = start();
  pass(10, 2_000, 0, 90);
  // The browser's estimate falls by a fifth each second without an answer.
  pass(12, 40, 0, 90, true);
  // It begins low and grows, and the reported losses are those of the outage.
  assert.deepEqual(pass(3, 300, 0.6, 90), [1, 20]);
  assert.deepEqual(pass(10, 2_000, 0, 90), [1, 30]);
  reconnect();
  assert.deepEqual(pass(4, 300, 0, 90), [1, 30]);
  // A network that is narrow since then is found as ever.
  assert.deepEqual(pass(3, 300, 0, 90), [2, 15]);
});

test("a narrow network whose sound has gaps is adapted to all the same", () => {
  const { pass } = start();
  pass(10, 2_000, 0, 90);
  for (let gap = 0; gap < 3; gap++) {
    pass(1, 100, 0.3, 90, true);
    pass(3, 100, 0.3, 90);
  }
  assert.deepEqual(pass(1, 100, 0, 90), [4, 10]);
});

test("an estimate that falls no lower is not believed where less arrives: then sound goes alone", () => {
  const { pass, shape } = start();
  pass(10, 96, 0, 90);
  assert.equal(shape(), 4);
  // Sixty and more arrive: the network is narrow, and yet wide enough.
  pass(20, 96, 0.2, 90);
  assert.equal(shape(), 4);
  pass(6, 96, 0.5, 90);
  assert.equal(shape(), "sound");
});

test("where the picture would take the sound with it, sound goes alone; it is tried again ever more seldom", () => {
  const { pass, shape } = start();
  pass(10, 30);
  assert.equal(shape(), "sound");
  const tries: number[] = [];
  for (let second = 1; second <= 200; second++) {
    const before = shape();
    pass(1, 30);
    if (before === "sound" && shape() !== "sound") tries.push(second);
  }
  const waits = tries.slice(1).map((second, index) => second - tries[index]!);
  assert.ok(tries[0]! <= 12 && waits[0]! < waits[1]! && waits[1]! < waits[2]!, `${tries}`);
  // The network is good again: the picture returns with the next try and grows.
  assert.deepEqual(pass(120, 2_000), [1, 30]);
});

test("an app may keep the picture, cap it, or leave all to the browser", () => {
  const keeps = start({ audioOnlyBelowKbps: 0 });
  assert.deepEqual(keeps.pass(60, 10), [4, 10]);
  const caps = start({ maxKbps: 400 });
  assert.equal(caps.adaptation.sending.maxKbps, 400);
  const leaves = start({ adapt: false });
  assert.deepEqual(leaves.pass(60, 10, 0.5), [1, 30]);
});

test("saving data keeps the picture small from the start, and it grows when that ends", async () => {
  const { adaptation, pass } = start({}, true);
  assert.deepEqual(pass(60, 5_000), [2, 15]);
  assert.ok(adaptation.sending.maxKbps <= 350);
  adaptation.setSaving(false);
  assert.deepEqual(pass(20, 5_000), [1, 30]);

  const world = new World();
  world.savesData = true;
  const client = await world.calling("caller");
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  assert.equal(client.savesData, true);
  assert.equal(world.peers[0]!.sendings.at(-1)?.scaleDownBy, 2);
  client.setDataSaver(false);
  assert.equal(world.peers[0]!.sendings.at(-1)?.scaleDownBy, 1);
});

test("the next connection begins with what the last was believed to carry", async () => {
  const world = new World();
  const client = await world.calling("caller");
  assert.equal(world.peers[0]!.options.startKbps, null);
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  const nothing = { roundTripMs: null, receivedBytes: 0, sentBytes: 0, sound: null, picture: null, lostThere: 0 };
  world.peers[0]!.counted = { ...nothing, availableKbps: 900 };
  await world.pass(1_000);
  client.next();
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  assert.equal(world.peers[1]!.options.startKbps, 900);
});
