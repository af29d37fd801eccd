/**
 * A call in trouble: noticed early, repaired by one offer after the other, and given up only after half a minute.
 *
 * The machine's decisions are tested in negotiation.test.ts, the findings of its looks in flow.test.ts; here it is what a
 * whole client does of them, on the wire and with its connections.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientFrame, Sends } from "../src/generated/protocol.js";
import { World } from "./world.js";
import type { Coming, FakePeer } from "./peer.js";

const call = "call-1";

/** The socket proves that it lives. */
const prove = (world: World) => world.say({ type: "pong" });

/** Media stop, and the socket proves that it lives. The caller waits for the other side's word before it makes its offer. */
async function interrupt(world: World, coming: Coming, side: "caller" | "callee" = "caller"): Promise<void> {
  coming.stop();
  await world.pass(400);
  await prove(world);
  await world.pass(side === "caller" ? 1_000 : 400);
}

/** The frames sent, without questions to the socket and reports on our media. */
const take = (world: World) => world.take().filter(({ type }) => !["ping", "sends", "progress", "quality", "sample"].includes(type));

/** Offers and questions for them that were sent, in a few words. */
const asked = (world: World) =>
  take(world)
    .filter(({ type }) => type === "offer" || type === "restart")
    .map(word);

function word(frame: ClientFrame): string {
  if (frame.type === "restart") return `restart after ${frame.after}${frame.replace ? " replace" : ""}${frame.lost ? " lost" : ""}`;
  const { offer, connection } = (frame as { payload: { offer: number; connection?: number } }).payload;
  return `${frame.type} ${offer}${connection === undefined ? "" : ` of ${connection}`}`;
}

/** The other side answers an offer, or offers. */
const answer = (world: World, offer: number, connection?: number) =>
  world.say({ type: "answer", call, from: "callee", payload: { type: "answer", sdp: `a${offer}`, offer, ...(connection === undefined ? {} : { connection }) } });
const offer = (world: World, offer: number, connection?: number) =>
  world.say({ type: "offer", call, from: "caller", payload: { type: "offer", sdp: `o${offer}`, offer, ...(connection === undefined ? {} : { connection }) } });

const steps = (world: World) => world.peers.map((peer: FakePeer) => peer.steps);

test("after silence of 400 ms the socket is asked, after 800 ms the app is told, and one offer searches for another path", async () => {
  const world = new World();
  const { client, peer, coming } = await world.talking("caller");
  const media: string[] = [];
  client.on("media", (state) => media.push(state));
  coming.stop();
  await world.pass(400);
  assert.deepEqual([media, world.take()], [[], [{ type: "ping" }]]);
  await world.pass(200);
  await prove(world);
  assert.deepEqual(media, []);
  await world.pass(200);
  assert.deepEqual([media, peer.steps], [["interrupted"], []]);
  await world.pass(400);
  assert.deepEqual(peer.steps, [], "the other side may have moved, and says so in a moment");
  await world.pass(200);
  assert.deepEqual([peer.steps, asked(world)], [["restart"], ["offer 2"]]);
  await answer(world, 2);
  coming.start();
  await world.pass(60_000);
  assert.deepEqual([media, client.state.name, asked(world), world.peers.length], [["interrupted", "flowing"], "connected", [], 1]);
});

test("just after another network 400 ms of silence are enough for a new connection, and without silence nothing is made", async () => {
  for (const isSilent of [true, false]) {
    const world = new World();
    const { client, coming } = await world.talking("caller");
    await world.network(false);
    await prove(world);
    if (isSilent) coming.stop();
    await world.pass(400);
    await prove(world);
    // Chromium looks for another path sooner if it has none yet.
    assert.deepEqual([client.mediaState, asked(world)], isSilent ? ["interrupted", ["offer 2 of 1"]] : ["flowing", []]);
  }
});

test("a picture that stands for two seconds is frozen though sound comes, and is searched for", async () => {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  coming.isPresented = false;
  await world.pass(1_800);
  assert.equal(client.mediaState, "flowing");
  await world.pass(200);
  await prove(world);
  assert.deepEqual([client.mediaState, asked(world)], ["frozen", ["offer 2"]]);
});

test("nothing is searched for in a minute of a healthy call, whatever is not sent", async () => {
  const says = (picture: Sends["picture"], sound: boolean) => (world: World) => world.say({ type: "sends", call, picture, sound });
  const table = [
    ["a camera that is off", says("none", true), { pictureMs: null }],
    ["a screen share that stands still", says("screen", true), { pictureMs: null }],
    ["a page that is hidden", says("camera", true), { isPresented: null }],
    ["silence, a packet each 400 ms, with the camera off", says("none", true), { pictureMs: null, soundMs: 400 }],
    ["somebody who sends nothing", says("none", false), { pictureMs: null, soundMs: null }],
  ] as const;
  for (const side of ["caller", "callee"] as const) {
    for (const [what, say, change] of table) {
      const world = new World();
      const { client, coming } = await world.talking(side);
      await say(world);
      Object.assign(coming, change);
      for (let second = 0; second < 60; second++) {
        await world.say({ type: "ping" });
        await world.pass(500);
        await prove(world);
        await world.pass(500);
      }
      assert.deepEqual([client.mediaState, asked(world), world.sockets], ["flowing", [], 1], `${side}: ${what}`);
    }
  }
});

test("what comes again counts after three looks", async () => {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  coming.stop();
  await world.pass(1_000);
  coming.start();
  await world.pass(400);
  assert.equal(client.mediaState, "interrupted");
  await world.pass(200);
  assert.equal(client.mediaState, "flowing");
});

test("two seconds after an offer that repaired nothing comes a new connection, and the old one stays until that one has a frame", async () => {
  const world = new World();
  const { client, peer, coming } = await world.talking("caller");
  const streams: unknown[] = [];
  peer.handlers.onStream({ name: "old" });
  client.on("remote-stream", (stream) => streams.push(stream?.name));
  await world.pass(20_000);
  await interrupt(world, coming);
  await answer(world, 2);
  await world.pass(1_800);
  assert.deepEqual(asked(world), ["offer 2"]);
  await world.pass(200);
  assert.deepEqual([asked(world), steps(world)], [["offer 3 of 1"], [["restart", "answer a2"], ["offer"]]]);
  const successor = world.peers[1]!;
  await answer(world, 3, 1);
  assert.deepEqual([successor.isAttached, successor.steps.at(-1), peer.isClosed], [true, "answer a3", false]);
  const again = world.plays(successor);
  successor.handlers.onStream({ name: "new" });
  successor.handlers.onConnected(null, null);
  assert.deepEqual([streams, peer.isClosed], [[], false]);
  successor.handlers.onFirstFrame();
  assert.deepEqual([streams, peer.isClosed], [["new"], true]);
  await world.pass(2_000);
  assert.equal(client.mediaState, "flowing");
  await interrupt(world, again);
  assert.deepEqual(asked(world), ["offer 4 of 1"], "the next trouble begins with a restart, of the connection in use");
});

test("a new connection that is there and shows nothing takes the old one's place after two seconds", async () => {
  const world = new World();
  const { peer, coming } = await world.talking("callee");
  coming.stop();
  await offer(world, 2, 1);
  world.peers[1]!.handlers.onConnected(null, null);
  await world.pass(1_999);
  assert.equal(peer.isClosed, false);
  await world.pass(1);
  assert.deepEqual(
    world.peers.map(({ isClosed }) => isClosed),
    [true, false],
  );
});

test("of connections that never come up two are open at most", async () => {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  coming.stop();
  for (let look = 0; look < 140; look++) {
    await world.pass(200);
    await prove(world);
    const made = take(world)
      .filter(({ type }) => type === "offer")
      .at(-1) as { payload: { offer: number; connection?: number } } | undefined;
    if (made) await answer(world, made.payload.offer, made.payload.connection);
    assert.ok(world.peers.filter(({ isClosed }) => !isClosed).length <= 2);
  }
  assert.ok(world.peers.length > 3);
  client.hangUp();
  assert.ok(world.peers.every(({ isClosed }) => isClosed));
});

test("a callee asks, once, and never offers; what it gets it answers, by a new connection where that is meant", async () => {
  const world = new World();
  const { coming } = await world.talking("callee");
  await interrupt(world, coming, "callee");
  await world.pass(2_000);
  assert.deepEqual(take(world), [{ type: "restart", call, after: 1, replace: false, lost: false }]);
  await offer(world, 2);
  assert.deepEqual(take(world), [{ type: "answer", call, payload: { type: "answer", sdp: "a", offer: 2 } }]);
  await world.pass(2_000);
  assert.deepEqual(asked(world), ["restart after 2 replace"]);
  await offer(world, 3, 1);
  assert.deepEqual(take(world), [{ type: "answer", call, payload: { type: "answer", sdp: "a", offer: 3, connection: 1 } }]);
  assert.deepEqual(steps(world), [["accept o2"], ["accept o3"]]);
});

test("the question of an older state is passed over while an offer is open, so that one trouble gets one offer", async () => {
  const world = new World();
  const { coming } = await world.talking("caller");
  await interrupt(world, coming);
  await world.say({ type: "restart", call, after: 1, replace: false, lost: false });
  assert.deepEqual(asked(world), ["offer 2"]);
  await answer(world, 2);
  await world.say({ type: "restart", call, after: 1, replace: false, lost: false });
  assert.deepEqual(asked(world), []);
  await world.say({ type: "restart", call, after: 2, replace: true, lost: false });
  assert.deepEqual(asked(world), ["offer 3 of 1"]);
});

test("an offer or an answer that went with a lost session is made again, on a new connection where nothing comes", async () => {
  for (const [side, lost, again] of [
    ["caller", "offer 2", "offer 3 of 1"],
    ["callee", "restart after 1", "restart after 1 replace lost"],
  ] as const) {
    const world = new World();
    const { coming } = await world.talking(side);
    await interrupt(world, coming, side);
    await world.pass(200);
    assert.deepEqual(asked(world), [lost]);
    await world.lose();
    await world.pass(200);
    await world.welcome({ session: "s2", snapshot: { state: "call", call, has_begun: true, is_peer_here: true } });
    await world.pass(1_000);
    assert.deepEqual(asked(world), [again]);
  }
});

test("after a lost session the other side is waited for, and an open offer is made again when it is there", async () => {
  const world = new World();
  const { coming } = await world.talking("caller");
  await interrupt(world, coming);
  take(world);
  await world.lose();
  await world.pass(200);
  await world.welcome({ session: "s2", snapshot: { state: "call", call, has_begun: true, is_peer_here: false } });
  await world.pass(2_000);
  assert.deepEqual(asked(world), []);
  await world.say({ type: "peer", call, is_here: true });
  assert.deepEqual(asked(world), ["offer 3 of 1"]);
  // A question that comes now is from before the peer was notified.
  await world.say({ type: "restart", call, after: 1, replace: false, lost: true });
  assert.deepEqual(asked(world), []);
});

test("an answer to a superseded offer is thrown away, and so is one that comes twice", async () => {
  const world = new World();
  const { peer, coming } = await world.talking("caller");
  await interrupt(world, coming);
  await world.pass(4_000);
  assert.deepEqual(asked(world), ["offer 2", "offer 3"]);
  for (const number of [2, 3, 3, 2]) await answer(world, number);
  assert.deepEqual(peer.steps, ["restart", "restart", "answer a3"]);
});

test("candidates of an offer that is still to come are kept, and those of an older one are dropped", async () => {
  const world = new World();
  const { peer } = await world.talking("callee");
  const candidates = (...payload: unknown[]) => world.say({ type: "candidates", call, from: "caller", payload });
  await candidates({ candidate: "later", offer: 2 });
  assert.deepEqual(peer.steps, []);
  await offer(world, 2);
  await candidates({ candidate: "old", offer: 1 }, { candidate: "now", offer: 2 });
  assert.deepEqual(peer.steps, ["accept o2", "candidate later", "candidate now"]);
  await offer(world, 3, 1);
  await candidates({ candidate: "old", offer: 2 }, { candidate: "new", offer: 3, connection: 1 });
  assert.deepEqual(world.peers[1]!.steps, ["accept o3", "candidate new"]);
});

test("after 30 s in which nothing comes the call is over, and nobody else is searched for", async () => {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  await interrupt(world, coming, "callee");
  for (let second = 0; second < 29; second++) {
    await prove(world);
    await world.pass(1_000);
  }
  assert.equal(String(client.state.name), "connected");
  take(world);
  await world.pass(1_000);
  assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "media_lost", by: "me", requeued: false });
  await world.pass(60_000);
  assert.deepEqual(take(world), [{ type: "end", call, cause: "media_lost" }]);
  assert.ok(world.peers.every(({ isClosed }) => isClosed));
});

test("somebody who is away for ten seconds of silence has left, and whoever stayed waits for the next, if they wait for strangers", async () => {
  for (const hasWish of [true, false]) {
    const world = new World();
    const { client, coming } = await world.talking("callee");
    const here: boolean[] = [];
    client.on("peer", ({ isHere }) => here.push(isHere));
    await world.say({ type: "peer", call, is_here: false });
    coming.stop();
    if (!hasWish) client.cancel();
    await world.pass(400);
    await prove(world);
    await world.pass(10_200);
    assert.deepEqual([client.state.name, asked(world)], ["connected", []]);
    await world.pass(200);
    assert.deepEqual(take(world), [{ type: "end", call, cause: "left" }]);
    assert.equal(String(client.state.name), "connected", "the server has the last word");
    await world.say({ type: "end", call, cause: "left", by: "caller", requeued: true });
    assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "left", by: "peer", requeued: hasWish });
    await world.say({ type: "queued", kind: "random", waited_ms: 0 });
    assert.deepEqual([client.state.name, here], [hasWish ? "queued" : "ended", [false]]);
    if (!hasWish) assert.deepEqual(take(world), [{ type: "cancel" }]);
  }
});

test("somebody whose socket is away while picture and sound come has not left", async () => {
  const world = new World();
  const { client } = await world.talking("caller");
  await world.say({ type: "peer", call, is_here: false });
  for (let second = 0; second < 60; second++) {
    await world.say({ type: "ping" });
    await world.pass(1_000);
  }
  assert.deepEqual([client.state.name, client.peer.isHere, asked(world)], ["connected", false, []]);
  await world.say({ type: "peer", call, is_here: true });
  assert.deepEqual([client.peer.isHere, take(world)], [true, []]);
});

test("an offer waits for a socket that is sure, also over its successor", async () => {
  const world = new World();
  const { peer, coming } = await world.talking("caller");
  coming.stop();
  await world.pass(1_800);
  assert.deepEqual([peer.steps, world.sockets], [[], 2]);
  await world.welcome({ recovered: true, ack: 0 });
  // The old socket fell silent with the media: that is another network.
  assert.deepEqual([steps(world), asked(world).at(-1)], [[[], ["offer"]], "offer 2 of 1"]);
});

test("after a sleep nobody is searched for without being asked, however the call ended", async () => {
  for (const seconds of [9, 12, 20, 40]) {
    const world = new World();
    const { client, coming } = await world.talking("caller");
    coming.stop();
    await world.sleep(1_000 * seconds);
    const hasSlept = seconds >= 10;
    if (seconds < 25) {
      assert.deepEqual(world.take(), [{ type: "ping" }], "whether the server is still there is found out");
    } else {
      assert.equal(world.closedWith, 4408);
      await world.pass(1_000);
      await world.welcome({ recovered: true, ack: 0 });
    }
    world.take();
    await world.say({ type: "end", call, cause: "left", by: "caller", requeued: true });
    assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "left", by: "me", requeued: !hasSlept });
    await world.say({ type: "queued", kind: "random", waited_ms: 0 });
    assert.deepEqual([client.state.name, take(world)], hasSlept ? ["ended", [{ type: "cancel" }]] : ["queued", []]);
  }
});

test("a step that the browser refuses gets a new connection, and the fifth ends the call", async () => {
  const world = new World();
  const { client, peer } = await world.talking("caller");
  peer.isBroken = true;
  await world.say({ type: "restart", call, after: 1, replace: false, lost: false });
  assert.deepEqual([asked(world), world.warnings.length], [["offer 3 of 1"], 1]);
  for (let n = 1; n <= 4; n++) {
    world.peers.at(-1)!.isBroken = true;
    await answer(world, n + 2, n);
  }
  assert.deepEqual([client.state.name === "ended" && client.state.reason.cause, world.peers.length], ["media_lost", 5]);
});

test("both sides tell what they send: when it begins, when it changes, and to somebody who came back", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const sends = () => world.take().flatMap((frame) => (frame.type === "sends" ? [`${frame.picture} ${frame.sound}`] : []));
  assert.deepEqual(sends(), ["camera true"]);
  client.setCamera(false);
  client.setMicrophone(false);
  client.setMicrophone(false);
  client.setCamera(true);
  await client.shareScreen();
  assert.deepEqual(sends(), ["none true", "none false", "camera false", "screen false"]);
  await world.say({ type: "peer", call, is_here: false });
  await world.say({ type: "peer", call, is_here: true });
  assert.deepEqual(sends(), ["screen false"]);
});
