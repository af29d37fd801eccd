/**
 * A path that dies in mid-call: noticed early, searched for anew, and given up only after half a minute.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../src/core/client.js";
import { World, settle } from "./world.js";
import type { Stream } from "./world.js";

const sound = (bytes: number) => ({ bytes, hasSound: true, hasPath: false });

/** A call with sound that came until now. */
async function flowing(world: World): Promise<Client<Stream>> {
  const client = await world.calling("caller");
  await world.say({ type: "answer", call: "call-1", from: "callee", payload: { sdp: "first" } });
  const peer = world.peers[0]!;
  peer.handlers.onConnected(null);
  peer.flowing = sound(100);
  await world.pass(400);
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
  await world.pass(400);
  assert.deepEqual([media, world.peers[0]!.steps], [[], []]);
  await world.pass(400);
  assert.deepEqual([media, world.peers[0]!.steps], [["interrupted"], ["restart"]]);
  await world.pass(1);
  assert.equal(world.sockets, sockets + 1);
  // The offer waits for the socket.
  await world.welcome({ recovered: true, ack: 2 });
  assert.equal(world.take().at(-1)?.type, "offer");
  world.peers[0]!.flowing = sound(200);
  await world.pass(200);
  assert.deepEqual(media, ["interrupted", "flowing"]);
  assert.equal(client.state.name, "connected");
});

test("it searches every 2.5 s and gives up after 30 s without a path", async () => {
  const world = new World();
  const client = await flowing(world);
  await world.pass(10_000);
  assert.equal(world.peers[0]!.steps.filter((step) => step === "restart").length, 4);
  assert.equal(String(client.state.name), "connected");
  await world.pass(20_000);
  assert.equal(client.state.name === "ended" && client.state.reason.cause, "media_failed");
  assert.equal(world.peers[0]!.isClosed, true);
});

test("whoever is merely quiet is not given up, and whoever sends nothing is not missed", async () => {
  for (const flow of [{ bytes: 100, hasSound: true, hasPath: true }, null]) {
    const world = new World();
    const client = await flowing(world);
    world.peers[0]!.flowing = flow;
    await world.pass(120_000);
    assert.equal(client.state.name, "connected");
  }
  const world = new World();
  await world.calling("callee");
  world.peers[0]!.handlers.onConnected(null);
  await world.pass(60_000);
  assert.deepEqual(world.peers[0]!.steps, []);
});

test("the polite side lets the other search first, and takes its offer for the search", async () => {
  for (const searches of [false, true]) {
    const world = new World();
    await world.calling("callee");
    const peer = world.peers[0]!;
    await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "first" } });
    peer.handlers.onConnected(null);
    peer.flowing = sound(100);
    await world.pass(200);
    await world.pass(1_600);
    assert.deepEqual(peer.steps, ["accept first"]);
    if (searches) await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "second" } });
    await world.pass(400);
    assert.equal(peer.steps.at(-1), searches ? "accept second" : "restart");
  }
});

test("a picture alone may be still for longer than sound", async () => {
  const world = new World();
  await flowing(world);
  world.peers[0]!.flowing = { bytes: 100, hasSound: false, hasPath: true };
  await world.pass(2_000);
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
  await world.pass(4_000);
  await world.welcome({ recovered: true, ack: 2 });
  for (const sdp of ["late", "last", "stray"]) {
    await world.say({ type: "answer", call: "call-1", from: "callee", payload: { sdp } });
  }
  assert.deepEqual(world.peers[0]!.steps, ["restart", "restart", "answer last"]);
});
