/**
 * Sockets come and go; the wait and the call do not notice, and nothing is lost or doubled.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallboxError } from "../src/core/errors.js";
import { Stream } from "../src/core/stream.js";
import { settle, World } from "./world.js";

/** A call whose media connection is up. */
async function connected(world: World, side: "caller" | "callee" = "caller") {
  const client = await world.calling(side);
  if (side === "caller") await world.say({ type: "answer", call: "call-1", from: "callee", payload: { type: "answer", sdp: "first", offer: 1 } });
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  world.take();
  return client;
}

test("a lost socket ends neither the wait nor the call, and media is not touched", async () => {
  const world = new World();
  const client = await connected(world);
  const heard: string[] = [];
  client.on("signaling", (state) => heard.push(state));
  await world.lose();
  assert.equal(client.signaling, "reconnecting");
  await world.pass(125);
  assert.deepEqual(await world.hello(), { type: "hello", token: "token-of-mine", resume: { session: "s", epoch: "e", ack: 0 }, grant: "g" });
  await world.welcome({ recovered: true, ack: 2 });
  assert.deepEqual(heard, ["reconnecting", "online"]);
  assert.equal(client.state.name, "connected");
  assert.equal(world.peers[0]!.isClosed, false);
});

test("frames are numbered, and those that the server lacks are sent again with the same number", async () => {
  const world = new World();
  const client = await connected(world);
  client.sendChat("one");
  const seqs = world.takeNumbered().map(({ seq }) => seq);
  await world.lose();
  client.sendChat("two");
  assert.deepEqual(world.takeNumbered(), [], "it waits for a socket");
  await world.pass(200);
  const last = seqs.at(-1)!;
  await world.welcome({ recovered: true, ack: last - 1 });
  assert.deepEqual(
    world.takeNumbered().map((frame) => [frame.seq, frame.type === "chat" && frame.text]),
    [
      [last, "one"],
      [last + 1, "two"],
    ],
  );
});

test("a frame that was seen is passed over, `skipped` moves on, and a gap brings us back", async () => {
  const world = new World();
  const client = await connected(world);
  const lines: string[] = [];
  client.on("chat", (line) => lines.push(line.text));
  const chat = (seq: number, text: string) => world.say({ type: "chat", call: "call-1", from: "callee", text, seq });
  await chat(1, "one");
  await chat(1, "one");
  await world.say({ type: "skipped", seq: 4 });
  await chat(5, "five");
  assert.deepEqual(lines, ["one", "five"]);
  await chat(7, "seven");
  assert.equal(world.closedWith, 4410);
  assert.equal(client.signaling, "reconnecting");
  await world.pass(250);
  assert.equal((await world.hello()).resume?.ack, 5);
});

test("what we have is told with the next frame, or by an `ack` after 16", async () => {
  const world = new World();
  await connected(world);
  for (let seq = 1; seq <= 15; seq++) await world.say({ type: "chat", call: "call-1", from: "callee", text: "x", seq });
  assert.deepEqual(world.takeNumbered(), []);
  await world.say({ type: "chat", call: "call-1", from: "callee", text: "x", seq: 16 });
  assert.deepEqual(world.takeNumbered(), [{ type: "ack", ack: 16 }]);
  await world.say({ type: "ping" });
  assert.deepEqual(world.takeNumbered(), [{ type: "pong" }], "told once");
});

test("attempts have full jitter: from nothing up to a wait that doubles, 400 ms at most in ten seconds of a call, then 5 s in the first minute", async () => {
  const waits: number[] = [];
  const world = new World();
  await connected(world);
  world.nextRandom = 0.999_999;
  await world.lose();
  for (let attempt = 0; attempt < 28; attempt++) {
    const [start, sockets] = [world.now, world.sockets];
    while (world.sockets === sockets) await world.pass(1);
    waits.push(world.now - start);
    await world.lose();
  }
  // A server that restarts is back within seconds, and a call waits for it.
  assert.deepEqual(waits, [250, ...Array<number>(25).fill(400), 5_000, 5_000]);
  // Greeted again, the next loss is another; once the session has ended there is no hurry.
  await world.pass(5_000);
  await world.welcome({ recovered: true, ack: 4 });
  await world.lose();
  const waitAgain = async (ms: number) => {
    const { sockets } = world;
    await world.pass(ms - 1);
    const before = world.sockets - sockets;
    await world.pass(1);
    return [before, world.sockets - sockets];
  };
  assert.deepEqual(await waitAgain(250), [0, 1]);
  for (let n = 0; n < 12; n++) await world.pass(5_000).then(() => world.lose());
  await world.pass(30_000);
  await world.lose();
  assert.deepEqual(await waitAgain(30_000), [0, 1]);
  world.nextRandom = 0;
  await world.lose();
  const { sockets } = world;
  await world.pass(0);
  assert.equal(world.sockets, sockets + 1, "with random, at once");
});

test("after a minute we are offline and go on trying, and a network that comes back is tried at once", async () => {
  const world = new World();
  const client = await connected(world);
  world.nextRandom = 0.9;
  await world.lose();
  for (let tries = 0; tries < 30; tries++) {
    await world.pass(5_000);
    if (world.sockets > 1) await world.lose();
  }
  assert.equal(client.signaling, "offline");
  assert.equal(client.state.name, "connected", "media goes its own way");
  const sockets = world.sockets;
  await world.network(false);
  assert.equal(world.sockets, sockets + 1);
  await world.welcome({ recovered: false, session: "s2", snapshot: { state: "call", call: "call-1", has_begun: true, is_peer_here: true } });
  assert.equal(client.signaling, "online");
  assert.equal(client.state.name, "connected");
});

test("a login that the server does not know any more is replaced, and its session is not resumed", async () => {
  const world = new World();
  const client = await connected(world);
  await world.lose(4401);
  await world.pass(125);
  assert.equal((await world.hello()).resume, undefined);
  assert.equal(client.signaling, "reconnecting");
});

test("a server that goes down says when to come back", async () => {
  const world = new World();
  const client = await connected(world);
  await world.say({ type: "leave", reason: "shutdown", action: "resume", after_ms: 2_000 });
  await world.lose(1001);
  assert.equal(client.signaling, "reconnecting");
  await world.pass(1_999);
  assert.equal(world.sockets, 1);
  await world.pass(1);
  assert.equal(world.sockets, 2);
  assert.ok((await world.hello()).resume);
});

test("media that stop while the server restarts get a new connection, since its relay is another; where they flow on nothing is made", async () => {
  for (const isRelayed of [true, false]) {
    const world = new World();
    const { client, coming } = await world.talking("caller");
    await world.say({ type: "leave", reason: "shutdown", action: "resume", after_ms: 900 });
    await world.lose(1001);
    if (isRelayed) coming.stop();
    await world.pass(900);
    await world.welcome({ recovered: true, ack: 0 });
    await world.pass(400);
    const offers = world.take().flatMap((frame) => (frame.type === "offer" ? [(frame.payload as { connection?: number }).connection] : []));
    // The first offer is sent again: the socket was lost before anything of it was acknowledged.
    assert.deepEqual([client.mediaState, offers], isRelayed ? ["interrupted", [undefined, 1]] : ["flowing", [undefined]]);
  }
});

test("`reconnect` means a new session, with what was not sent yet left behind", async () => {
  const world = new World();
  const client = await world.queued();
  await world.say({ type: "leave", reason: "full", action: "reconnect", after_ms: 100 });
  await world.lose(1013);
  world.take();
  await world.pass(100);
  assert.equal((await world.hello()).resume, undefined);
  await world.welcome();
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
  assert.equal(client.state.name, "queued");
});

test("a server that is full at first lets us wait instead of failing", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const seeking = client.seek();
  await settle();
  await world.say({ type: "leave", reason: "full", action: "resume", after_ms: 5_000 });
  await world.lose(1013);
  await world.pass(5_000);
  await world.welcome();
  await seeking;
  assert.equal(client.signaling, "online");
});

test("who is told to stay away stays away, and hears why", async () => {
  for (const [reason, code, expected] of [
    ["superseded", 4409, "superseded"],
    ["duplicate", 4409, "superseded"],
    ["misuse", 4429, "unavailable"],
    ["misuse", 4400, "unavailable"],
  ] as const) {
    const world = new World();
    const client = await connected(world);
    const errors: CallboxError[] = [];
    client.on("error", (error) => errors.push(error));
    await world.say({ type: "leave", reason, action: "disconnect" });
    await world.lose(code);
    await world.pass(120_000);
    assert.equal(world.sockets, 1);
    assert.equal(client.signaling, "offline");
    assert.deepEqual(
      errors.map((error) => error.code),
      [expected],
    );
    assert.equal(client.state.name === "ended" && client.state.reason.cause, "signaling_lost");
    const again = client.seek();
    await world.welcome();
    await again;
    assert.equal(client.signaling, "online", "until the app asks");
  }
});

test("after a crash the call goes on by its grant, and what may be lost is said", async () => {
  const world = new World();
  const client = await connected(world);
  const errors: string[] = [];
  client.on("error", (error) => errors.push(error.message));
  await world.lose();
  client.sendChat("are you there?");
  await world.pass(125);
  assert.equal((await world.hello()).grant, "g");
  await world.welcome({ session: "s2", snapshot: { state: "call", call: "call-1", has_begun: true, is_peer_here: true } });
  assert.equal(client.state.name, "connected");
  assert.deepEqual(errors, ["The connection was interrupted: your last line may not have arrived."]);
  client.sendChat("still here");
  assert.deepEqual(
    world.takeNumbered().map(({ type, seq }) => [type, seq]),
    [
      ["progress", 1],
      ["sends", 2],
      ["chat", 3],
    ],
    "counting starts again",
  );
});

test("a call that was still negotiating starts afresh where the server forgot it: the caller offers again, and the callee asks for it", async () => {
  for (const side of ["caller", "callee"] as const) {
    const world = new World();
    await world.calling(side);
    await world.lose();
    await world.pass(125);
    await world.welcome({ session: "s2", snapshot: { state: "call", call: "call-1", has_begun: true, is_peer_here: true } });
    await world.pass(1_000);
    assert.deepEqual(world.peers[0]!.steps, side === "caller" ? ["offer", "restart"] : []);
    assert.deepEqual(
      world.take().filter(({ type }) => type === "restart"),
      side === "caller" ? [] : [{ type: "restart", call: "call-1", after: 0, replace: false, lost: true }],
    );
    assert.equal(world.peers.length, 1);
  }
});

test("a call that is no more ends, and nobody is searched for: whoever was in it may have slept for hours", async () => {
  for (const snapshot of [{ state: "idle" }, { state: "queued", kind: "random", waited_ms: 5 }] as const) {
    const world = new World();
    const client = await connected(world);
    await world.lose();
    await world.pass(125);
    world.take();
    await world.welcome({ session: "s2", snapshot });
    assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "peer_lost", by: "me", requeued: false });
    assert.deepEqual(world.take(), snapshot.state === "idle" ? [] : [{ type: "cancel" }]);
  }
});

test("a match that is no more before it began is followed by the next search", async () => {
  const world = new World();
  const client = await world.queued();
  await world.match("call-1", "callee");
  await world.lose();
  await world.pass(125);
  world.take();
  await world.welcome({ session: "s2" });
  assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "peer_lost", by: "me", requeued: true });
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
});

test("a match that we had confirmed is confirmed again where the session was lost, and one that we were still asked about is not", async () => {
  for (const isAsking of [false, true]) {
    const world = new World();
    await world.queued({ confirm: () => (isAsking ? new Promise(() => undefined) : true) });
    await world.match("call-1", "callee");
    await world.lose();
    await world.pass(125);
    world.take();
    await world.welcome({ session: "s2", snapshot: { state: "call", call: "call-1", has_begun: false, is_peer_here: true } });
    const confirmed = world.take().filter(({ type }) => type === "confirm");
    assert.deepEqual(confirmed, isAsking ? [] : [{ type: "confirm", call: "call-1" }]);
  }
});

test("who waited goes on waiting after a crash", async () => {
  const world = new World();
  const client = await world.queued();
  await world.lose();
  await world.pass(125);
  assert.equal((await world.hello()).grant, undefined);
  world.take();
  await world.welcome({ session: "s2" });
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
  assert.equal(client.state.name, "queued");
});

test("past 64 KB the oldest frames are evicted, and the session is not resumed", () => {
  const stream = new Stream();
  for (let n = 0; n < 20; n++) stream.send({ type: "chat", call: "c", text: "x".repeat(4_000) });
  assert.equal(stream.isWhole, false);
  assert.ok(stream.reset().length < 17);
  assert.equal(stream.isWhole, true);
});

test("a thousand cuts lose nothing and double nothing", async () => {
  const world = new World();
  const client = await connected(world);
  const heard: string[] = [];
  const said: string[] = [];
  client.on("chat", (line) => (line.from === "peer" ? heard : said).push(line.text));
  // The other end, by the protocol's rules: what it has, what it keeps, how far we are.
  const server = { received: 0, texts: [] as string[], sent: [] as string[], acked: 0 };
  world.sent.length = 0;
  let random = 42;
  const chance = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(random / 65_536) % below;
  };
  const take = (most: number) => {
    for (const frame of world.sent.splice(0).slice(0, most)) {
      if (frame.ack !== undefined) server.acked = frame.ack;
      if (frame.seq === undefined || frame.seq <= server.received) continue;
      assert.equal(frame.seq, server.received + 1, "no gap within a socket");
      server.received = frame.seq;
      if (frame.type === "chat") server.texts.push(frame.text);
    }
  };
  const say = (seq: number) => world.say({ type: "chat", call: "call-1", from: "callee", text: server.sent[seq - 1]!, seq });
  // The frames sent before this test looked are here already.
  server.received = 3;
  await world.lose();
  for (let cut = 0; cut < 1_000; cut++) {
    await world.pass(5_000);
    await world.welcome({ recovered: true, ack: server.received });
    take(1_000);
    const from = (await world.hello()).resume?.ack ?? server.acked;
    for (let seq = from + 1 - Math.min(chance(2), from); seq <= server.sent.length; seq++) await say(seq);
    for (let n = chance(4); n > 0; n--) client.sendChat(`mine ${cut}.${n}`);
    // Some of it arrives before the cut, some does not.
    take(chance(4));
    for (let n = chance(3); n > 0; n--) {
      server.sent.push(`theirs ${cut}.${n}`);
      if (chance(2) === 0 && heard.length === server.sent.length - 1) await say(server.sent.length);
    }
    take(0);
    world.sent.length = 0;
    await world.lose();
    if (chance(2) === 0) client.sendChat(`away ${cut}`);
  }
  await world.pass(5_000);
  await world.welcome({ recovered: true, ack: server.received });
  take(1_000);
  for (let seq = ((await world.hello()).resume?.ack ?? 0) + 1; seq <= server.sent.length; seq++) await say(seq);
  assert.deepEqual(heard, server.sent);
  assert.deepEqual(server.texts, said);
  assert.ok(said.length > 1_500 && heard.length > 500, `${said.length} and ${heard.length} lines`);
});
