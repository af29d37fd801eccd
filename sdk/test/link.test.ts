/**
 * A socket that may be dead: it is asked, and dropped only when its successor was greeted.
 *
 * The world's newest socket is the successor; what the old one still says is said by name.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallboxError } from "../src/core/errors.js";
import type { Client } from "../src/core/client.js";
import { settle, World } from "./world.js";
import type { Stream } from "./world.js";

const snapshot = { state: "call", call: "call-1", has_begun: true, is_peer_here: true } as const;

/** A client in a call that flows, its first socket, and what it reports of its connection to the server. */
async function talking() {
  const world = new World();
  const { client, coming } = await world.talking("caller");
  const heard: string[] = [];
  client.on("signaling", (state) => heard.push(state));
  return { world, client, coming, heard, first: world.opened[0]! };
}

/** Another network, and the old socket has not proved in time that it lives: the successor has said hello. */
async function replaced(world: World): Promise<void> {
  await world.network(false);
  await world.pass(250);
  await world.open();
}

const chat = (world: World, text: string, seq: number, socket = world.opened.at(-1)!) => world.say({ type: "chat", call: "call-1", from: "callee", text, seq }, socket);
const lines = (client: Client<Stream>) => client.chat.filter(({ from }) => from === "peer").map(({ text }) => text);

test("a socket that may be dead is asked, and only the answer proves that it lives: all else may have come before", async () => {
  const frames = [{ type: "pong" }, { type: "ack", ack: 1 }, { type: "chat", call: "call-1", from: "callee", text: "x", seq: 1 }] as const;
  for (const frame of frames) {
    const { world, heard } = await talking();
    await world.network(false);
    assert.deepEqual(world.take(), [{ type: "ping" }]);
    await world.pass(249);
    await world.say(frame);
    await world.pass(5_000);
    const expected = frame.type === "pong" ? [1, []] : [2, ["reconnecting"]];
    assert.deepEqual([world.sockets, heard], expected, frame.type);
    assert.equal(world.closedWith, null);
  }
});

test("without a frame its successor is opened 250 ms after another network, or after media fell silent for 400 ms, and the app hears of it 750 ms later", async () => {
  for (const isNetwork of [true, false]) {
    const { world, coming, heard } = await talking();
    if (isNetwork) {
      await world.network(false);
    } else {
      coming.stop();
      await world.pass(400);
    }
    await world.pass(249);
    assert.deepEqual([world.sockets, heard], [1, []]);
    await world.pass(1);
    assert.deepEqual([world.sockets, heard], [2, []]);
    await world.pass(749);
    assert.deepEqual(heard, []);
    await world.pass(1);
    assert.deepEqual([world.sockets, heard], [2, ["reconnecting"]]);
  }
});

test("a socket that has just proved that it lives is not asked again because media are interrupted, but because of another network", async () => {
  const { world, coming } = await talking();
  const pings = () => world.take().filter(({ type }) => type === "ping").length;
  coming.stop();
  await world.pass(400);
  assert.equal(pings(), 1);
  await world.say({ type: "pong" });
  await world.pass(400);
  assert.equal(pings(), 0);
  await world.network(false);
  assert.equal(pings(), 1);
});

test("where the network was gone the successor is opened at once, and the old socket still stays until it is greeted", async () => {
  const { world, first } = await talking();
  await world.network(true);
  await world.pass(0);
  assert.deepEqual([world.sockets, first.closedWith], [2, null]);
  assert.deepEqual((await world.hello()).resume, { session: "s", epoch: "e", ack: 0 });
  await world.welcome({ recovered: true, ack: 4 });
  assert.equal(first.closedWith, 4409);
});

test("a shorter patience takes the place of a longer one, and the socket is asked once", async () => {
  const { world, coming } = await talking();
  coming.stop();
  await world.pass(400);
  await world.network(true);
  await world.pass(0);
  assert.equal(world.sockets, 2);
  assert.equal(world.take().filter(({ type }) => type === "ping").length, 1);
});

test("an answer that comes late keeps the old socket, as long as the successor has said nothing", async () => {
  const { world, client, heard, first } = await talking();
  await world.network(false);
  await world.pass(250);
  await world.say({ type: "pong" }, first);
  assert.deepEqual([heard, first.closedWith, world.opened[1]!.closedWith, world.opened[1]!.hello], [[], null, 4409, null]);
  await world.pass(10_000);
  assert.deepEqual(heard, []);
  assert.equal(world.sockets, 2);
  client.sendChat("here");
  assert.equal(first.sent.at(-1)?.type, "chat");
});

test("once the successor has said hello it is the successor's turn, and what the old socket still brings is taken", async () => {
  const { world, client, heard, first } = await talking();
  await replaced(world);
  await chat(world, "late", 1, first);
  assert.deepEqual([heard, first.closedWith, lines(client)], [[], null, ["late"]]);
  await world.welcome({ recovered: true, ack: 4 });
  assert.deepEqual([heard, first.closedWith], [[], 4409]);
  await chat(world, "late", 1);
  await chat(world, "new", 2);
  await chat(world, "of a socket that is closed", 3, first);
  assert.deepEqual(lines(client), ["late", "new"]);
});

test("what is sent while a socket is in doubt is sent by it, and again by its successor if it did not arrive", async () => {
  const { world, client, first } = await talking();
  await replaced(world);
  client.sendChat("one");
  const { seq } = first.sent.at(-1)!;
  await world.welcome({ recovered: true, ack: seq! - 1 });
  assert.deepEqual(
    world.opened[1]!.sent.filter(({ type }) => type === "chat").map((frame) => frame.seq),
    [seq],
  );
});

test("that the server parts with the old socket because of its successor is not the end", async () => {
  const { world, client, heard, first } = await talking();
  const errors: CallboxError[] = [];
  client.on("error", (error) => errors.push(error));
  await replaced(world);
  await world.say({ type: "leave", reason: "superseded", action: "disconnect" }, first);
  first.handlers.onClose(4409);
  await world.welcome({ recovered: true, ack: 4 });
  assert.deepEqual([heard, errors, client.state.name], [["reconnecting", "online"], [], "connected"]);
});

test("a network that takes both sockets is waited out, and one attempt is under way at a time", async () => {
  const { world, heard, first } = await talking();
  await replaced(world);
  first.handlers.onClose(1006);
  await world.lose();
  await world.pass(125);
  assert.equal(world.sockets, 3);
  await world.welcome({ recovered: true, ack: 4 });
  await world.pass(20_000);
  assert.deepEqual([world.sockets, heard], [3, ["reconnecting", "online"]]);
});

test("an old socket that speaks while its successor has failed is used on", async () => {
  const { world, heard, first } = await talking();
  await world.network(false);
  await world.pass(250);
  await world.lose();
  await world.say({ type: "pong" }, first);
  await world.pass(10_000);
  assert.deepEqual([world.sockets, heard, first.closedWith], [2, ["reconnecting", "online"], null]);
});

test("a burst of events of one change of the network opens one socket", async () => {
  for (const isBack of [false, true]) {
    const { world, client } = await talking();
    for (let n = 0; n < 5; n++) {
      await world.network(isBack && n === 0);
      await world.pass(60);
    }
    await world.welcome({ recovered: true, ack: 4 });
    // The last of the burst asks the new socket.
    await world.network(false);
    await world.say({ type: "pong" });
    await world.pass(10_000);
    assert.deepEqual([world.sockets, client.signaling], [2, "online"], String(isBack));
  }
});

test("an attempt that set out on a network that is gone is made anew, and one that has said hello after a second", async () => {
  const { world } = await talking();
  await world.network(false);
  await world.pass(250 + 299);
  await world.network(false);
  assert.equal(world.sockets, 2, "it is of the same change");
  await world.pass(1);
  await world.network(false);
  assert.deepEqual([world.sockets, world.opened[1]!.closedWith], [3, 4409]);
  await world.open();
  await world.pass(1_000);
  await world.network(false);
  await world.pass(999);
  assert.equal(world.sockets, 3, "its answer may be on its way");
  await world.pass(1);
  assert.equal(world.sockets, 4);
});

test("a hello of ours that arrives after it was given up is no other tab's, once", async () => {
  const { world, client } = await talking();
  await replaced(world);
  await world.network(false);
  await world.pass(1_000);
  await world.welcome({ recovered: true, ack: 4 });
  for (const isOver of [false, true]) {
    await world.say({ type: "leave", reason: "superseded", action: "disconnect" });
    await world.lose(4409);
    assert.equal(client.state.name, isOver ? "ended" : "connected");
    if (isOver) break;
    await world.pass(200);
    await world.welcome({ recovered: true, ack: 4 });
  }
});

test("a search that is asked for while the socket is in doubt goes out when it proves that it lives", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const first = client.seek();
  await world.welcome();
  await first;
  client.cancel();
  await world.say({ type: "idle" });
  world.take();
  await world.network(false);
  await world.pass(1_000);
  assert.equal(client.signaling, "reconnecting");
  void client.seek({ interests: ["go"] });
  await settle();
  await world.say({ type: "pong" }, world.opened[0]);
  assert.equal(client.signaling, "online");
  assert.deepEqual(
    world.take().filter(({ type }) => type === "seek"),
    [{ type: "seek", interests: ["go"] }],
  );
});

test("a search that waits for a socket hears when there is none for a minute, and when the server wants us to stay away", async () => {
  for (const isRefused of [true, false]) {
    const world = new World();
    const client = await world.queued();
    client.cancel();
    await world.lose();
    await world.pass(125);
    assert.equal(world.sockets, 2);
    const refused = assert.rejects(client.seek(), { code: isRefused ? "superseded" : "network" });
    await settle();
    assert.equal(world.sockets, 2, "one attempt is under way already");
    if (isRefused) await world.say({ type: "leave", reason: "duplicate", action: "disconnect" });
    for (const end = world.now + 70_000; world.now < end; await world.pass(500)) if (world.opened.at(-1)!.closedWith === null) await world.lose(isRefused ? 4409 : 1006);
    await refused;
    assert.equal(world.sockets > 2, !isRefused);
  }
});

test("while a successor is under way the old socket is not asked again, whatever becomes of media", async () => {
  const { world, coming } = await talking();
  await replaced(world);
  world.take();
  coming.stop();
  await world.pass(3_000);
  assert.deepEqual([world.take(), world.sockets], [[], 2]);
});

test("a socket that proved late that it lives is not held against the next: that has its own minute", async () => {
  const { world, client, first } = await talking();
  await world.network(false);
  await world.pass(250);
  await world.say({ type: "pong" }, first);
  for (let second = 0; second < 70; second++) {
    await world.say({ type: "ping" }, first);
    await world.pass(1_000);
  }
  first.handlers.onClose(1006);
  await settle();
  await world.pass(125);
  await world.lose();
  assert.equal(client.signaling, "reconnecting");
});

test("a client that was closed listens to the network no more, and begins a new session when it is used again", async () => {
  const { world, client } = await talking();
  client.close();
  const { sockets } = world;
  await world.network(true);
  await world.pass(5_000);
  assert.equal(world.sockets, sockets);
  await client.startMedia();
  void client.seek();
  await settle();
  assert.deepEqual(await world.hello(), { type: "hello", token: "token-of-mine" });
});

test("a client that is closed while its socket is replaced ends the session by both", async () => {
  const { world, client, first } = await talking();
  await replaced(world);
  client.close();
  assert.deepEqual([first.closedWith, world.opened[1]!.closedWith], [1000, 1000]);
});

test("a session that is new behind a successor begins its numbers again, and what may be lost is said", async () => {
  const { world, client } = await talking();
  const errors: string[] = [];
  client.on("error", ({ code }) => errors.push(code));
  await replaced(world);
  client.sendChat("are you there?");
  await world.welcome({ session: "s2", snapshot });
  assert.deepEqual(errors, ["chat_uncertain"]);
  world.take();
  client.sendChat("still here");
  assert.deepEqual(
    world.opened[1]!.sent.filter(({ type }) => type === "chat").map(({ seq }) => seq),
    [4],
    "behind what is said of our media and of the call's steps",
  );
});

test("a page that observes tries until there is a server, and a call takes a session of its own in its place", async () => {
  const world = new World();
  const client = world.client();
  await client.signIn();
  const seen: string[] = [];
  client.on("signaling", (state) => seen.push(state));
  const observing = client.observe();
  assert.deepEqual(await world.hello(), { type: "hello", token: "token-of-mine", observes: true });
  await world.lose();
  await world.pass(250);
  await world.welcome();
  await observing;
  await client.observe();
  assert.equal(world.sockets, 2, "once is enough");
  // Its socket is lost, and its session resumed.
  await world.lose();
  await world.pass(250);
  const resumed = await world.hello();
  assert.deepEqual([resumed.observes, resumed.resume?.session], [true, "s"]);
  await world.welcome({ recovered: true });
  await client.startMedia();
  const seeking = client.seek();
  await settle();
  assert.equal(world.opened[2]!.closedWith, 1000);
  assert.deepEqual(await world.hello(), { type: "hello", token: "token-of-mine" });
  await world.welcome({ session: "s2" });
  await seeking;
  await client.observe();
  assert.deepEqual([world.sockets, client.signaling], [4, "online"], "a session that calls may watch");
  assert.deepEqual(seen, ["online", "reconnecting", "online", "offline", "online"]);
});

test("a page that observes makes no guest of somebody whose login is not known any more", async () => {
  for (const hasLeave of [true, false]) {
    const world = new World();
    const client = world.client();
    await client.signIn();
    const errors: string[] = [];
    client.on("error", ({ code }) => errors.push(code));
    void client.observe();
    await world.welcome();
    const requests = world.requests.length;
    if (hasLeave) await world.say({ type: "leave", reason: "signed_out", action: "disconnect" });
    await world.lose(4401);
    await world.pass(60_000);
    assert.deepEqual([errors, world.sockets, world.requests.length], [["unauthenticated"], 1, requests]);
  }
});
