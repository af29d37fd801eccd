/**
 * A page that is loaded anew continues its call; a tab that was duplicated, or is late, does not.
 *
 * Each page has a world of its own: that of the next one has what the one before has stored.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../src/core/client.js";
import type { Snapshot } from "../src/generated/protocol.js";
import { settle, World } from "./world.js";
import type { Stream } from "./world.js";

const call = "call-1";
const inCall = (is_peer_here = true): Snapshot => ({ state: "call", call, has_begun: true, is_peer_here });
const callName = (side: string) => `callbox.call:${call}:${side}`;

/** The next page of a tab. */
function nextPage(before: World): { world: World; client: Client<Stream> } {
  const world = new World(before);
  return { world, client: world.client() };
}

/** A page that returned to its call, and was greeted. */
async function returned(before: World, snapshot = inCall()) {
  const page = nextPage(before);
  const coming = page.client.comeBack();
  await settle();
  await page.world.welcome({ snapshot });
  assert.equal(await coming, true);
  return page;
}

const reason = (client: Client<Stream>) => (client.state.name === "ended" ? client.state.reason : null);

test("a page that is loaded anew says its grant, and goes on with the same person by a new connection", async () => {
  const before = new World();
  const { client: old } = await before.talking("caller");
  const since = old.state.name === "connected" && old.state.since;
  const { world, client } = nextPage(before);
  assert.equal(client.hasCall, true);
  const states: string[] = [];
  client.on("state", ({ name }) => states.push(name));
  const coming = client.comeBack();
  assert.deepEqual(await world.hello(), { type: "hello", token: "token-of-mine", grant: "g" });
  await world.welcome({ snapshot: inCall() });
  assert.equal(await coming, true);
  assert.equal(client.hasCall, false, "it is in it now");
  assert.deepEqual(world.take(), [
    { type: "sends", call, picture: "camera", sound: true },
    { type: "offer", call, payload: { type: "offer", sdp: "o", offer: 2, connection: 1 } },
  ]);
  const peer = world.peers.at(-1)!;
  await world.say({ type: "answer", call, from: "callee", payload: { type: "answer", sdp: "a2", offer: 2, connection: 1 } });
  peer.handlers.onStream({ name: "theirs" });
  peer.handlers.onConnected(null, null);
  peer.handlers.onFirstFrame();
  await world.pass(3_000);
  assert.deepEqual([peer.steps, peer.isAttached, client.remoteStream], [["offer", "answer a2"], true, { name: "theirs" }]);
  assert.deepEqual([states, client.state.name === "connected" && client.state.since], [["media-ready", "connecting", "connected"], since]);
  assert.equal(world.peers.filter(({ isClosed }) => !isClosed).length, 1);
});

test("a callee that came back asks for a new connection and answers its offer", async () => {
  const before = new World();
  await before.talking("callee");
  const { world } = await returned(before);
  assert.deepEqual(
    world.take().filter(({ type }) => type === "restart"),
    [{ type: "restart", call, after: 1, replace: true, lost: true }],
  );
  await world.say({ type: "offer", call, from: "caller", payload: { type: "offer", sdp: "o2", offer: 2, connection: 1 } });
  assert.deepEqual(world.take(), [{ type: "answer", call, payload: { type: "answer", sdp: "a", offer: 2, connection: 1 } }]);
  assert.equal(world.peers.at(-1)!.isAttached, true);
});

test("a page that had confirmed and was loaded anew before the call began confirms again, and sends nothing of ours before it begins", async () => {
  const before = new World();
  await before.queued();
  await before.match(call, "callee");
  const { world, client } = await returned(before, { state: "call", call, has_begun: false, is_peer_here: true });
  await settle();
  assert.deepEqual(
    world.take().filter(({ type }) => type === "confirm"),
    [{ type: "confirm", call }],
  );
  await world.say({ type: "offer", call, from: "caller", payload: { type: "offer", sdp: "o2", offer: 2, connection: 1 } });
  const peer = world.peers.at(-1)!;
  assert.deepEqual([peer.steps, peer.isAttached, client.state.name], [["accept o2"], false, "connecting"]);
  await world.say({ type: "begin", call });
  assert.equal(peer.isAttached, true);
});

test("offers and connections are counted on over pages", async () => {
  let world = new World();
  await world.talking("caller");
  for (const expected of [
    { offer: 2, connection: 1 },
    { offer: 3, connection: 2 },
    { offer: 4, connection: 3 },
  ]) {
    ({ world } = await returned(world));
    const [made] = world.take().flatMap((frame) => (frame.type === "offer" ? [frame.payload] : []));
    assert.deepEqual(made, { type: "offer", sdp: "o", ...expected });
  }
});

test("the side that stayed gives the page that came back a new connection at once, whatever it had wanted meanwhile", async () => {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  await world.say({ type: "peer", call, is_here: false });
  coming.stop();
  await world.pass(500);
  await world.say({ type: "pong" });
  await world.pass(1_500);
  world.take();
  await world.say({ type: "peer", call, is_here: true });
  await world.pass(50);
  await world.say({ type: "restart", call, after: 1, replace: true, lost: true });
  const offers = world.take().flatMap((frame) => (frame.type === "offer" ? [frame.payload as { offer: number; connection?: number }] : []));
  assert.equal(offers.at(-1)?.connection, 1, JSON.stringify(offers));
  assert.equal(client.state.name, "connected");
});

test("the page before holds its claim until the browser has put it away: a second is waited for it", async () => {
  for (const heldMs of [900, 1_100]) {
    const before = new World();
    await before.talking("caller");
    const { world, client } = nextPage(before);
    world.claimedElsewhere.add(callName("caller"));
    const coming = client.comeBack();
    await world.pass(heldMs);
    world.claimedElsewhere.clear();
    await world.pass(100);
    await (heldMs < 1_000 ? world.welcome({ snapshot: inCall() }) : settle());
    assert.deepEqual([await coming, client.state.name, world.sockets], heldMs < 1_000 ? [true, "connecting", 1] : [false, "idle", 0]);
  }
});

test("a tab that was duplicated has a copy of the kept call and never uses it", async () => {
  const before = new World();
  const { client: original } = await before.talking("caller");
  assert.ok(before.claimed.has(callName("caller")));
  const { world, client } = nextPage(before);
  for (const name of before.claimed) world.claimedElsewhere.add(name);
  const coming = client.comeBack();
  await world.pass(1_000);
  assert.deepEqual([await coming, client.hasCall, client.state.name, world.sockets, world.media], [false, false, "idle", 0, []]);
  assert.deepEqual([original.state.name, nextPage(before).client.hasCall], ["connected", true]);
});

test("a call is one server's, and another server hears nothing of it", async () => {
  const before = new World();
  await before.talking("caller");
  const world = new World(before);
  const other = world.client({ server: "https://calls.example" });
  assert.deepEqual([other.hasCall, await other.comeBack(), world.client().hasCall], [false, false, true]);
});

test("what proves the call is no name that other pages see", async () => {
  const world = new World();
  await world.talking("caller");
  assert.deepEqual(
    [...world.claimed].filter((name) => name.startsWith("callbox.call")),
    [callName("caller")],
  );
  assert.deepEqual(
    [...world.originStore.items.values()].filter((value) => value.includes('"g"')),
    [],
  );
});

test("whoever comes back late finds the call ended, and nobody is searched for", async () => {
  const before = new World();
  await before.talking("caller");
  const { world, client } = await returned(before, { state: "idle" });
  assert.deepEqual(reason(client), { cause: "left", by: "me", requeued: false });
  await world.pass(60_000);
  assert.deepEqual([world.take().filter(({ type }) => type === "seek"), world.peers.filter(({ isClosed }) => !isClosed)], [[], []]);
  assert.equal(nextPage(world).client.hasCall, false);
});

test("the one of two reloaded pages that comes back waits ten seconds for the other", async () => {
  for (const side of ["caller", "callee"] as const) {
    const before = new World();
    await before.talking(side);
    const { world, client } = await returned(before, inCall(false));
    assert.equal(client.peer.isHere, false);
    await world.pass(9_900);
    assert.deepEqual([client.state.name, world.take().filter(({ type }) => type === "offer" || type === "restart")], ["connecting", []], side);
    await world.pass(300);
    assert.equal(client.state.name, "connecting", "the server has the last word");
    await world.say({ type: "end", call, cause: "left", by: side === "caller" ? "callee" : "caller", requeued: true });
    assert.deepEqual(reason(client), { cause: "left", by: "peer", requeued: true }, side);
    assert.deepEqual(
      world.take().filter(({ type }) => type === "end"),
      [{ type: "end", call, cause: "left" }],
    );
  }
});

test("a call that was left, is over, or was not confirmed leaves nothing behind", async () => {
  const table: Record<string, (world: World) => Promise<unknown>> = {
    "hung up": async (world) => (await world.talking("caller")).client.hangUp(),
    skipped: async (world) => (await world.talking("caller")).client.next(),
    closed: async (world) => (await world.talking("caller")).client.close(),
    "hung up by the other": async (world) => {
      await world.talking("callee");
      await world.say({ type: "end", call, cause: "hangup", by: "caller", requeued: false });
    },
    declined: async (world) => {
      await world.queued({ confirm: () => false });
      await world.match(call, "caller");
    },
    "asked for": async (world) => {
      await world.queued({ confirm: () => new Promise(() => undefined) });
      await world.match(call, "caller");
    },
    waiting: (world) => world.queued(),
  };
  for (const [what, play] of Object.entries(table)) {
    const before = new World();
    await play(before);
    const { world, client } = nextPage(before);
    assert.equal(client.hasCall, false, what);
    assert.deepEqual([await client.comeBack(), world.sockets, world.media], [false, 0, []], what);
  }
});

test("a page that comes back has its camera and microphone as they were", async () => {
  const before = new World();
  const { client: old } = await before.talking("caller");
  old.setCamera(false);
  old.setMicrophone(false);
  old.setMicrophone(true);
  const { world, client } = await returned(before);
  assert.deepEqual([client.cameraOn, client.microphoneOn, world.media], [false, true, ["open"]]);
  assert.deepEqual(
    world.take().filter(({ type }) => type === "sends"),
    [{ type: "sends", call, picture: "none", sound: true }],
  );
});

test("a page that came back still knows whom its person wants to meet, and that they hide", async () => {
  const before = new World();
  const old = before.client();
  await old.startMedia();
  const seeking = old.seek({ interests: ["chess"], relay: "always" });
  await before.welcome();
  await seeking;
  await before.say({ type: "queued", kind: "random", waited_ms: 0 });
  await before.match(call, "caller", "always");
  await before.say({ type: "begin", call });
  const { world, client } = await returned(before);
  client.next();
  const [next] = world.take().filter(({ type }) => type === "next");
  assert.deepEqual(next, { type: "next", call, interests: ["chess"], relay: "always" });
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  assert.equal(world.peers.at(-1)!.paths.relayOnly, true);
});

test("a page whose camera does not open may try again, and nothing was said to the server", async () => {
  const before = new World();
  await before.talking("caller");
  const { world, client } = nextPage(before);
  world.mediaError = new Error("in use");
  await assert.rejects(client.comeBack(), /in use/);
  assert.deepEqual([client.hasCall, client.state.name, world.sockets], [true, "idle", 0]);
  world.mediaError = null;
  const coming = client.comeBack();
  await settle();
  await world.welcome({ snapshot: inCall() });
  assert.deepEqual([await coming, client.state.name], [true, "connecting"]);
});

test("who waits already does not come back", async () => {
  const before = new World();
  await before.talking("caller");
  const world = new World(before);
  const client = await world.queued();
  await assert.rejects(client.comeBack(), { code: "wrong_state" });
  assert.equal(client.state.name, "queued");
});

test("whoever hangs up on the way back has left, and does not sit down again", async () => {
  const before = new World();
  await before.talking("caller");
  const { world, client } = nextPage(before);
  const coming = client.comeBack();
  await settle();
  client.hangUp();
  assert.equal(client.hasCall, false);
  await world.welcome({ snapshot: inCall() });
  await coming;
  await world.pass(1_000);
  assert.deepEqual([reason(client)?.cause, world.peers.length], ["hangup", 0]);
  assert.deepEqual(world.take(), [{ type: "end", call, cause: "hangup" }], "the server learns of it");
});

test("a server that cannot be reached is tried for ten seconds: it may restart just now", async () => {
  for (const isBack of [true, false]) {
    const before = new World();
    await before.talking("caller");
    const { world, client } = nextPage(before);
    const coming = client.comeBack();
    const refused = isBack ? null : assert.rejects(coming, { code: "network" });
    await settle();
    for (const end = world.now + 9_000; world.now < end; await world.pass(100)) if (world.opened.at(-1)?.closedWith === null) await world.lose();
    assert.equal(client.state.name, "connecting");
    await world.pass(1_000);
    if (isBack) {
      await world.welcome({ snapshot: inCall() });
      assert.equal(await coming, true);
    } else {
      await world.lose();
      await refused;
      assert.deepEqual([reason(client)?.cause, client.hasCall], ["signaling_lost", false]);
    }
  }
});

test("a returned page whose other side skips waits again, as before", async () => {
  const before = new World();
  await before.talking("callee");
  const { world, client } = await returned(before);
  await world.say({ type: "end", call, cause: "next", by: "caller", requeued: true });
  await world.say({ type: "queued", kind: "random", waited_ms: 700 });
  assert.deepEqual([client.state.name, world.take().filter(({ type }) => type === "cancel")], ["queued", []]);
});
