/**
 * Addresses, both ways: kept until they are of use, sent in batches, and none beside a description that has it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./world.js";

test("candidates that come before their description are kept and applied after it, in order", async () => {
  const world = new World();
  await world.calling("callee");
  const peer = world.peers[0]!;
  const candidates = (...names: string[]) => world.say({ type: "candidates", call: "call-1", from: "caller", payload: names.map((candidate) => ({ candidate, offer: 1 })) });
  await candidates("c1", "c2");
  assert.deepEqual(peer.steps, []);
  await world.say({ type: "offer", call: "call-1", from: "caller", payload: { type: "offer", sdp: "their", offer: 1 } });
  await candidates("c3");
  assert.deepEqual(peer.steps, ["accept their", "candidate c1", "candidate c2", "candidate c3"]);
});

test("our candidates are sent in one frame, 50 ms after the first, behind our description, and with its number", async () => {
  const world = new World();
  await world.calling("caller");
  world.take();
  const [peer] = world.peers;
  peer!.find("c1");
  await world.pass(40);
  peer!.find("c2");
  assert.deepEqual(world.take(), []);
  await world.pass(10);
  const payload = [
    { candidate: "c1", offer: 1 },
    { candidate: "c2", offer: 1 },
  ];
  assert.deepEqual(world.take(), [{ type: "candidates", call: "call-1", payload }]);
});

test("candidates of a new connection are not waited for with others, and those of one that is closed are not sent", async () => {
  const world = new World();
  const { peer } = await world.talking("callee");
  const candidates = () => world.take().flatMap((frame) => (frame.type === "candidates" ? frame.payload : []));
  await world.say({ type: "offer", call: "call-1", from: "caller", payload: { type: "offer", sdp: "o2", offer: 2, connection: 1 } });
  const successor = world.peers[1]!;
  successor.find("c1");
  await world.pass(10);
  assert.deepEqual(candidates(), [{ candidate: "c1", offer: 2, connection: 1 }]);
  peer.find("of the old one, which is still shown");
  successor.find("c2");
  successor.handlers.onConnected(null, null);
  successor.handlers.onFirstFrame();
  assert.equal(peer.isClosed, true);
  peer.find("of the old one, which is closed");
  await world.pass(50);
  assert.deepEqual(candidates(), [{ candidate: "c2", offer: 2, connection: 1 }]);
});

test("addresses that are found before there is a description are in it, and not sent beside it; 64 are kept for one batch", async () => {
  const world = new World();
  await world.queued();
  const [peer] = world.peers;
  peer!.find("early");
  await world.pass(100);
  assert.deepEqual(
    world.take().filter(({ type }) => type === "candidates"),
    [],
  );
  for (let n = 1; n <= 70; n++) peer!.find(`c${n}`);
  await world.match("call-1", "caller", "auto", { is_offered: true });
  const [sent] = world.take().flatMap((frame) => (frame.type === "candidates" ? [frame.payload as { candidate: string }[]] : []));
  assert.deepEqual([sent?.length, sent?.at(-1)?.candidate], [64, "c70"]);
});

test("a candidate that the browser refuses is one path of many", async () => {
  const world = new World();
  const { client, peer } = await world.talking("callee");
  peer.isBroken = true;
  await world.say({ type: "candidates", call: "call-1", from: "caller", payload: [{ candidate: "c1", offer: 1 }] });
  assert.deepEqual([world.warnings, client.state.name, world.take()], [["a candidate was not taken"], "connected", []]);
});
