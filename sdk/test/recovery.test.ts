/**
 * A path that dies in mid-call: noticed early, searched for anew, and given up only after half a minute.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../src/core/client.js";
import { World, settle } from "./world.js";
import type { Stream } from "./world.js";

const sound = (bytes: number) => ({ bytes, hasPath: false });

/** Sound comes for a second, until just now. */
async function stream(world: World): Promise<void> {
  for (let bytes = 100; bytes <= 500; bytes += 100) {
    world.peers.at(-1)!.flowing = sound(bytes);
    await world.pass(200);
  }
}

/** A call with sound that came until now. */
async function flowing(world: World): Promise<Client<Stream>> {
  const client = await world.calling("caller");
  await world.say({ type: "answer", call: "call-1", from: "callee", payload: { sdp: "first" } });
  const peer = world.peers[0]!;
  peer.handlers.onConnected(null, null);
  await stream(world);
  world.take();
  peer.steps.length = 0;
  return client;
}

test("silence of 800 ms searches for a path anew and takes a new socket; sound again is told", async () => {
  const world = new World();
  const client = await flowing(world);
  const media: string[] = [];
  client.on("media", (state) => media.push(state));
  const { sockets } = world;
  await world.pass(600);
  assert.deepEqual([media, world.peers[0]!.steps], [[], []]);
  await world.pass(200);
  assert.deepEqual([media, world.peers[0]!.steps], [["interrupted"], ["restart"]]);
  await world.pass(1);
  assert.equal(world.sockets, sockets + 1);
  // The offer waits for the socket.
  await world.welcome({ recovered: true, ack: 2 });
  assert.equal(world.take().at(-1)?.type, "offer");
  world.peers[0]!.flowing = sound(600);
  await world.pass(200);
  assert.deepEqual(media, ["interrupted", "flowing"]);
  assert.equal(client.state.name, "connected");
});

test("it searches every 2.5 s, each 8 s with a new peer connection, and gives up after 30 s without a path", async () => {
  const world = new World();
  const client = await flowing(world);
  await world.pass(1_000);
  await world.welcome({ recovered: true, ack: 2 });
  await world.pass(7_000);
  assert.deepEqual(world.peers.map(({ steps }) => steps), [["restart", "restart", "restart"]]);
  await world.pass(1_000);
  assert.deepEqual([world.peers.length, world.peers[0]!.isClosed, world.peers[1]!.steps], [2, true, ["offer"]]);
  assert.equal(world.peers[1]!.isAttached, true);
  assert.deepEqual(world.take().at(-1), { type: "offer", call: "call-1", payload: { type: "offer", sdp: "o", connection: 1 } });
  await world.pass(5_100);
  assert.deepEqual(world.peers[1]!.steps, ["offer", "restart", "restart"]);
  assert.equal(String(client.state.name), "connected");
  await world.pass(16_000);
  assert.equal(client.state.name === "ended" && client.state.reason.cause, "media_lost");
  assert.deepEqual(world.peers.map(({ isClosed }) => isClosed), [true, true, true]);
});

test("a new peer connection is answered by one, and what belongs to the old one is thrown away", async () => {
  const world = new World();
  await flowing(world);
  await world.say({ type: "offer", call: "call-1", from: "callee", payload: { sdp: "new", connection: 1 } });
  assert.deepEqual([world.peers.length, world.peers[0]!.isClosed, world.peers[1]!.steps], [2, true, ["accept new"]]);
  assert.deepEqual(world.take(), [{ type: "answer", call: "call-1", payload: { type: "answer", sdp: "a", connection: 1 } }]);
  for (const payload of [{ sdp: "old" }, { sdp: "old", connection: 0 }]) {
    await world.say({ type: "offer", call: "call-1", from: "callee", payload });
    await world.say({ type: "answer", call: "call-1", from: "callee", payload });
  }
  world.peers[0]!.handlers.onCandidate("old");
  await world.pass(100);
  assert.deepEqual([world.peers.length, world.peers[1]!.steps, world.take()], [2, ["accept new"], []]);
  // It counts from zero.
  await stream(world);
  assert.equal(world.peers.length, 2);
});

test("of two new peer connections that cross, that of the polite side is forgotten", async () => {
  for (const side of ["caller", "callee"] as const) {
    const world = new World();
    await world.calling(side);
    if (side === "callee") await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "first" } });
    else await world.say({ type: "answer", call: "call-1", from: "callee", payload: { sdp: "first" } });
    world.peers[0]!.handlers.onConnected(null, null);
    await stream(world);
    await world.pass(2_000);
    await world.welcome({ recovered: true, ack: 2 });
    await world.pass(8_000);
    assert.equal(world.peers.length, 2);
    await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "crossing", connection: 1 } });
    assert.deepEqual(world.peers.slice(1).map(({ steps }) => steps), side === "caller" ? [["offer"]] : [["offer"], ["accept crossing"]]);
  }
});

test("without the server only the first search is kept for it", async () => {
  const world = new World();
  await flowing(world);
  await world.pass(7_000);
  assert.deepEqual(world.peers[0]!.steps, ["restart"]);
  await world.welcome({ recovered: true, ack: 2 });
  await world.pass(200);
  assert.deepEqual(world.peers[0]!.steps, ["restart", "restart"]);
});

test("whoever is merely quiet is not given up, and whoever sends nothing is not missed", async () => {
  for (const flow of [{ bytes: 500, hasPath: true }, null]) {
    const world = new World();
    const client = await flowing(world);
    world.peers[0]!.flowing = flow;
    await world.pass(120_000);
    assert.equal(client.state.name, "connected");
  }
  const world = new World();
  await world.calling("callee");
  world.peers[0]!.handlers.onConnected(null, null);
  await world.pass(60_000);
  assert.deepEqual(world.peers[0]!.steps, []);
});

test("the polite side lets the other search first, and takes its offer for the search", async () => {
  for (const searches of [false, true]) {
    const world = new World();
    await world.calling("callee");
    const peer = world.peers[0]!;
    await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "first" } });
    peer.handlers.onConnected(null, null);
    await stream(world);
    await world.pass(1_600);
    assert.deepEqual(peer.steps, ["accept first"]);
    if (searches) await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "second" } });
    await world.pass(400);
    assert.equal(peer.steps.at(-1), searches ? "accept second" : "restart");
  }
});

test("what comes now and then may be silent for longer", async () => {
  const world = new World();
  await flowing(world);
  for (let bytes = 600; bytes < 800; bytes += 100) {
    world.peers[0]!.flowing = sound(bytes);
    await world.pass(600);
  }
  await world.pass(1_600);
  assert.deepEqual(world.peers[0]!.steps, []);
  await world.pass(600);
  assert.deepEqual(world.peers[0]!.steps, ["restart"]);
});

test("another network is not waited for to fall silent", async () => {
  const world = new World();
  await flowing(world);
  await world.network(false);
  await settle();
  assert.deepEqual(world.peers[0]!.steps, ["restart"]);
});

test("of several offers under way only the answer to the last one counts", async () => {
  const world = new World();
  await flowing(world);
  await world.pass(1_000);
  await world.welcome({ recovered: true, ack: 2 });
  await world.pass(3_000);
  for (const sdp of ["late", "last", "stray"]) {
    await world.say({ type: "answer", call: "call-1", from: "callee", payload: { sdp } });
  }
  assert.deepEqual(world.peers[0]!.steps, ["restart", "restart", "answer last"]);
});
