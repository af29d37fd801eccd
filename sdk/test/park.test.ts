/**
 * The preparation before there is a match: a connection, and an offer that waits for somebody with the server.
 *
 * Parks cross matches on the wire, so each end of a parked offer is sent: used, not used, of a connection that is no more.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientFrame } from "../src/generated/protocol.js";
import { settle, World } from "./world.js";

const call = "call-1";
const theirs = { type: "offer", sdp: "theirs", offer: 7 };

type Payload = { sdp?: string; offer: number; connection?: number } | null;
const payloads = (frames: ClientFrame[], type: "park" | "offer" | "answer") => frames.flatMap((frame) => (frame.type === type ? [frame.payload as Payload] : []));

/** The frames that parked or offered since. */
const parks = (world: World) => payloads(world.take(), "park");
const offers = (world: World) => payloads(world.take(), "offer");

/** A client that waits, with its offer parked. */
async function parked(world = new World()) {
  const client = await world.queued();
  await world.pass(100);
  assert.deepEqual(parks(world), [{ type: "offer", sdp: "o", offer: 1 }]);
  return { world, client };
}

/** Another network, by which the socket still works. */
async function moved(world: World): Promise<void> {
  await world.network(false);
  await world.say({ type: "pong" });
}

const answered = (world: World, offer: number, connection?: number) =>
  world.say({ type: "answer", call, from: "callee", payload: { type: "answer", sdp: `a${offer}`, offer, ...(connection ? { connection } : {}) } });

test("whoever waits for 100 ms parks an offer, and again with each address that was found since", async () => {
  const world = new World();
  await world.queued();
  await world.pass(99);
  assert.deepEqual(parks(world), []);
  await world.pass(1);
  assert.deepEqual(parks(world), [{ type: "offer", sdp: "o", offer: 1 }]);
  world.peers[0]!.find("c1");
  world.peers[0]!.find("c2");
  await world.pass(50);
  assert.deepEqual(parks(world), [{ type: "offer", sdp: "o+c1+c2", offer: 1 }]);
});

test("whoever is matched at once has parked nothing, and offers or answers as ever", async () => {
  for (const side of ["caller", "callee"] as const) {
    const world = new World();
    await world.queued();
    await world.match(call, side, "auto", side === "callee" ? { offer: theirs } : {});
    await world.pass(1_000);
    const [sent, [peer]] = [world.take(), world.peers];
    assert.deepEqual([payloads(sent, "park"), world.peers.length, peer!.steps], [[], 1, [side === "caller" ? "offer" : "accept theirs"]]);
  }
});

test("a parked offer that went with the match is not sent again, and what was found since follows it", async () => {
  const { world } = await parked();
  await world.match(call, "caller", "auto", { is_offered: true });
  world.peers[0]!.find("c1");
  await world.pass(50);
  assert.deepEqual(world.take(), [
    { type: "confirm", call },
    { type: "candidates", call, payload: [{ candidate: "c1", offer: 1 }] },
  ]);
  await answered(world, 1);
  assert.deepEqual(
    world.peers.map(({ steps }) => steps),
    [["offer", "answer a1"]],
  );
});

test("a parked offer that did not go with the match is sent, with the addresses that it has by then", async () => {
  const { world } = await parked();
  world.peers[0]!.find("c1");
  await world.match(call, "caller");
  await world.pass(1_000);
  const sent = world.take();
  assert.deepEqual([payloads(sent, "offer"), sent.filter(({ type }) => type === "candidates")], [[{ type: "offer", sdp: "o+c1", offer: 1 }], []]);
  await answered(world, 1);
  assert.deepEqual(world.peers[0]!.steps, ["offer", "answer a1"]);
});

test("an answer to an older parked offer gets a new connection, which is numbered, and its first frame is told", async () => {
  const { world } = await parked();
  await moved(world);
  await world.pass(1_000);
  assert.deepEqual(
    parks(world).map((payload) => payload?.offer),
    [2],
  );
  // The server had the first one when the two were matched.
  await world.match(call, "caller", "auto", { is_offered: true });
  await answered(world, 1);
  await world.say({ type: "begin", call });
  assert.deepEqual(offers(world), [{ type: "offer", sdp: "o", offer: 3, connection: 1 }]);
  await answered(world, 3, 1);
  assert.deepEqual(
    world.peers.map(({ steps }) => steps),
    [["offer"], ["offer"], ["offer", "answer a3"]],
  );
  world.peers[2]!.handlers.onConnected(null, null);
  world.peers[2]!.handlers.onFirstFrame();
  assert.deepEqual(
    world.take().flatMap((frame) => (frame.type === "progress" ? [frame.stage] : [])),
    ["connected", "first_frame"],
  );
  assert.deepEqual(
    world.peers.map(({ isClosed }) => isClosed),
    [true, true, false],
  );
});

test("whoever parked an offer and is called takes another connection for the other's offer", async () => {
  for (const comesWithMatch of [true, false]) {
    const { world, client } = await parked();
    await world.match(call, "callee", "auto", comesWithMatch ? { offer: theirs } : {});
    if (!comesWithMatch) await world.say({ type: "offer", call, from: "caller", payload: theirs });
    assert.deepEqual(
      world.peers.map(({ steps, isClosed }) => [steps, isClosed]),
      [
        [["offer"], true],
        [["accept theirs"], false],
      ],
    );
    assert.deepEqual(payloads(world.take(), "answer"), [{ type: "answer", sdp: "a", offer: 7 }]);
    await world.say({ type: "begin", call });
    world.peers[1]!.handlers.onStream({ name: "theirs" });
    world.peers[1]!.handlers.onConnected(null, null);
    assert.deepEqual([client.remoteStream, client.state.name], [{ name: "theirs" }, "connected"]);
  }
});

test("an offer that is parked anew when somebody comes is numbered behind the one that they got", async () => {
  // The network became another, and the next offer is not made yet; or the other side hides, and ours is of no use.
  for (const relay of ["auto", "always"] as const) {
    const { world } = await parked();
    if (relay === "auto") {
      await moved(world);
      await world.pass(300);
    }
    await world.match(call, "caller", relay, { is_offered: true });
    await settle();
    assert.deepEqual(offers(world), [{ type: "offer", sdp: "o", offer: 2, connection: 1 }], relay);
    await answered(world, 1);
    assert.ok(
      world.peers.every(({ steps }) => !steps.includes("answer a1")),
      relay,
    );
    await answered(world, 2, 1);
    assert.equal(world.peers.at(-1)!.steps.at(-1), "answer a2", relay);
  }
});

test("an offer that is still being made when somebody comes is sent once it is there", async () => {
  const world = new World();
  await world.queued();
  let make: () => void = () => undefined;
  world.peers[0]!.busy = new Promise((resolve) => (make = resolve));
  await world.pass(100);
  await world.match(call, "caller");
  await settle();
  make();
  await settle();
  const sent = world.take();
  assert.deepEqual([payloads(sent, "park"), payloads(sent, "offer")], [[], [{ type: "offer", sdp: "o", offer: 1 }]]);
});

test("an offer that could not be made is no offer: whoever comes gets another", async () => {
  const world = new World();
  await world.queued();
  world.peers[0]!.isBroken = true;
  await world.pass(100);
  assert.equal(world.warnings.length, 1);
  await world.match(call, "caller");
  await world.pass(200);
  const made = offers(world);
  assert.ok(made.length > 0 && made.every((payload) => payload?.sdp === "o"), JSON.stringify(made));
});

test("whoever waits parks again after each hello, and when they are told other servers", async () => {
  const { world, client } = await parked();
  await world.lose();
  await world.pass(200);
  await world.welcome({ recovered: true, ack: 2 });
  await world.pass(100);
  assert.deepEqual(
    parks(world).map((payload) => payload?.offer),
    [2],
  );
  await world.say({ type: "ice_servers", ice_servers: [{ urls: ["turn:r"], username: "new", credential: "c" }] });
  await world.pass(100);
  assert.deepEqual(
    parks(world).map((payload) => payload?.offer),
    [3],
  );
  assert.deepEqual([world.peers.at(-1)!.paths.iceServers[0]?.username, world.peers.map(({ isClosed }) => isClosed), client.state.name], ["new", [true, true, false], "queued"]);
});

test("whoever does not wait any more has no offer with anybody, and a fresh connection ready for the next search", async () => {
  const world = new World();
  const client = await world.queued();
  await world.pass(100);
  client.cancel();
  await world.say({ type: "idle" });
  world.take();
  await world.pass(1_000);
  assert.deepEqual([parks(world), world.peers.at(-1)!.isClosed, world.peers.at(-1)!.steps], [[], false, []]);
  assert.ok(world.peers.slice(0, -1).every(({ isClosed }) => isClosed));
});

test("whoever wants to be prepared has a socket and a connection before they search, and after each call again", async () => {
  const world = new World();
  const client = world.client();
  const preparing = client.prepare();
  await world.welcome();
  await preparing;
  assert.equal(world.peers.length, 0, "without media there is nothing to connect");
  await client.startMedia();
  assert.deepEqual([world.sockets, world.peers.length, client.state.name], [1, 1, "media-ready"]);
  await client.seek();
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  await world.match(call, "callee", "auto", { offer: theirs });
  assert.deepEqual(
    world.peers.map(({ steps }) => steps),
    [["accept theirs"]],
  );
  client.hangUp();
  assert.equal(world.peers.length, 1);
  client.dismiss();
  assert.deepEqual(
    world.peers.map(({ isClosed }) => isClosed),
    [true, false],
  );
  client.close();
  assert.deepEqual(
    world.peers.map(({ isClosed }) => isClosed),
    [true, true],
  );
});

test("fresh credentials in mid-call are for the next search, and those of a wish to hide for the next connection", async () => {
  const world = new World();
  const { client, peer } = await world.talking("caller");
  await world.say({ type: "ice_servers", ice_servers: [{ urls: ["turn:r"], username: "new", credential: "c" }] });
  assert.deepEqual([world.peers.length, peer.paths.iceServers[0]?.username, peer.steps], [1, "new", []]);
  void client.prepare();
  await settle();
  client.hangUp();
  client.dismiss();
  assert.deepEqual([world.peers.length, world.peers[1]!.paths.relayOnly], [2, false]);
  await client.seek({ relay: "always" });
  assert.deepEqual(
    world.peers.map(({ isClosed }) => isClosed),
    [true, true, false],
  );
  assert.deepEqual([world.peers[2]!.paths.relayOnly, world.peers[2]!.paths.iceServers[0]?.username], [true, "new"]);
});

test("one change of the network that is told several times makes one new connection", async () => {
  const { world } = await parked();
  for (let n = 0; n < 5; n++) {
    await world.network(n === 4);
    await world.pass(100);
  }
  await world.pass(1_000);
  assert.equal(world.peers.length, 2);
});
