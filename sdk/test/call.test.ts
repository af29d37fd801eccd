/**
 * The way through a call, and what it promises on the wire.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, World } from "./world.js";

test("the states come in their order, and the caller offers with its confirmation", async () => {
  const world = new World();
  const states: string[] = [];
  const client = world.client();
  client.on("state", (state) => states.push(state.name));
  await client.startMedia();
  const seeking = client.seek({ interests: ["chess"] });
  await world.welcome();
  await seeking;
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
  await world.say({ type: "queued", kind: "random", waited_ms: 400 });
  assert.deepEqual(client.state, { name: "queued", kind: "random", since: world.now - 400 });
  await world.match("call-1", "caller");
  assert.deepEqual(world.take(), [
    { type: "confirm", call: "call-1" },
    { type: "offer", call: "call-1", payload: { type: "offer", sdp: "o", offer: 1 } },
  ]);
  await world.say({ type: "begin", call: "call-1" });
  assert.deepEqual(world.take(), [{ type: "sends", call: "call-1", picture: "camera", sound: true }]);
  await world.say({ type: "answer", call: "call-1", from: "callee", payload: { type: "answer", sdp: "x", offer: 1 } });
  world.peers[0]!.handlers.onConnected({ local: "host", remote: "srflx" }, 20);
  world.peers[0]!.handlers.onFirstFrame();
  assert.deepEqual(world.take(), [
    { type: "progress", call: "call-1", stage: "connected", path: { local: "host", remote: "srflx" }, dtls_ms: 20 },
    { type: "progress", call: "call-1", stage: "first_frame" },
  ]);
  client.hangUp();
  assert.deepEqual(world.take(), [{ type: "end", call: "call-1", cause: "hangup" }]);
  assert.deepEqual(states, ["media-ready", "queued", "matched", "connecting", "connected", "ended"]);
});

test("a connection is ready before there is a match, and nothing of ours is sent before both have confirmed", async () => {
  const world = new World();
  const client = await world.queued();
  assert.equal(world.peers.length, 1);
  const peer = world.peers[0]!;
  await world.match("call-1", "callee");
  await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "their" } });
  assert.deepEqual(peer.steps, ["accept their"]);
  peer.handlers.onStream({ name: "theirs" });
  peer.handlers.onConnected(null, null);
  assert.equal(client.state.name, "matched");
  assert.equal(client.remoteStream, null);
  assert.equal(peer.isAttached, false);
  await world.say({ type: "begin", call: "call-1" });
  assert.equal(client.state.name, "connected");
  assert.deepEqual(client.remoteStream, { name: "theirs" });
  assert.equal(peer.isAttached, true);
  assert.equal(world.peers.length, 1);
});

test("a path is searched for while our person is asked, and nothing is shown before both said yes", async () => {
  const world = new World();
  const client = await world.queued({ confirm: () => new Promise(() => undefined) });
  await world.match("call-1", "callee");
  await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "their" } });
  const peer = world.peers[0]!;
  peer.handlers.onStream({ name: "theirs" });
  assert.deepEqual([peer.steps, peer.isAttached, client.remoteStream], [["accept their"], false, null]);
});

test("where the app wants so, an offer that comes before our person has said yes waits for it, and goes with a no", async () => {
  for (const answer of [true, false]) {
    const world = new World();
    let say: (answer: boolean) => void = () => undefined;
    await world.queued({ confirm: () => new Promise((resolve) => (say = resolve)), negotiateBeforeConfirm: false });
    await world.match("call-1", "callee");
    await world.say({ type: "offer", call: "call-1", from: "caller", payload: { sdp: "their" } });
    const peer = world.peers[0]!;
    assert.deepEqual(peer.steps, []);
    say(answer);
    await settle();
    assert.deepEqual(peer.steps, answer ? ["accept their"] : []);
    await world.say({ type: "end", call: "call-1", cause: "declined", by: "callee", requeued: false });
    assert.equal(peer.isClosed, true);
  }
});

test("a connection is made anew where the network changes while we wait, and closed when nobody may come any more", async () => {
  const world = new World();
  const client = await world.queued();
  await world.network(false);
  await world.pass(300);
  assert.deepEqual(
    world.peers.map((peer) => peer.isClosed),
    [true, false],
  );
  client.stopMedia();
  assert.ok(world.peers.every((peer) => peer.isClosed));
  const { length } = world.peers;
  await world.network(false);
  await world.pass(300);
  assert.equal(world.peers.length, length);
});

test("a connection that is not there after 15 s ends the call as failed media", async () => {
  const world = new World();
  const client = await world.calling("callee");
  world.take();
  await world.pass(15_000);
  assert.deepEqual(world.take(), [{ type: "end", call: "call-1", cause: "media_failed" }]);
  assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "media_failed", by: "me", requeued: false });
  assert.ok(world.peers[0]!.isClosed);
});

test("a connected call is not ended by the timer", async () => {
  const world = new World();
  const client = await world.calling("callee");
  world.peers[0]!.handlers.onConnected(null, null);
  for (let second = 0; second < 60; second++) {
    await world.say({ type: "ping" });
    await world.pass(1_000);
  }
  assert.equal(client.state.name, "connected");
});

test("next leaves and waits in one frame, and the retry after a refusal is our own", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const errors: string[] = [];
  client.on("error", (error) => errors.push(error.code));
  world.take();
  client.next();
  assert.deepEqual(world.take(), [{ type: "next", call: "call-1", interests: ["chess"] }]);
  assert.ok(world.peers[0]!.isClosed);
  await world.say({ type: "error", code: "rate_limited", message: "slow down", retry_after_ms: 700 });
  await world.pass(699);
  assert.deepEqual(world.take(), []);
  await world.pass(1);
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
  assert.deepEqual(errors, ["rate_limited"]);
});

test("whoever cancels after a refused next does not seek again", async () => {
  const world = new World();
  const client = await world.calling("caller");
  client.next();
  await world.say({ type: "error", code: "rate_limited", message: "slow down", retry_after_ms: 700 });
  client.cancel();
  world.take();
  await world.pass(10_000);
  assert.deepEqual(
    world.take().filter((frame) => frame.type === "seek"),
    [],
  );
  assert.equal(client.state.name, "media-ready");
});

test("a skipped side hears why, and waits again with the time it had", async () => {
  const world = new World();
  const client = await world.calling("callee");
  await world.say({ type: "end", call: "call-1", cause: "next", by: "caller", requeued: true });
  assert.deepEqual(client.state.name === "ended" && client.state.reason, { cause: "next", by: "peer", requeued: true });
  await world.say({ type: "queued", kind: "random", waited_ms: 5_000 });
  assert.equal(client.state.name, "queued");
});

test("an app may ask its person, and a no declines", async () => {
  const world = new World();
  const asked: string[] = [];
  await world.queued({
    confirm: (match) => {
      asked.push(...match.sharedInterests);
      return false;
    },
  });
  world.take();
  await world.match("call-1", "callee");
  assert.deepEqual(world.take(), [{ type: "decline", call: "call-1" }]);
  assert.deepEqual(asked, ["chess"]);
});

test("an answer that comes after the match is over is not sent", async () => {
  const world = new World();
  let answer: (yes: boolean) => void = () => undefined;
  await world.queued({ confirm: () => new Promise((resolve) => (answer = resolve)) });
  world.take();
  await world.match("call-1", "callee");
  await world.say({ type: "end", call: "call-1", cause: "unconfirmed", by: "callee", requeued: false });
  answer(true);
  await settle();
  assert.deepEqual(world.take(), []);
});

test("the other's picture goes with the call, and is told once", async () => {
  const world = new World();
  const { client, peer } = await world.talking("callee");
  const streams: (string | undefined)[] = [];
  client.on("remote-stream", (stream) => streams.push(stream?.name));
  peer.handlers.onStream({ name: "theirs" });
  client.hangUp();
  assert.deepEqual([client.remoteStream, streams], [null, ["theirs", undefined]]);
  await client.seek();
  client.cancel();
  client.dismiss();
  assert.equal(streams.length, 2);
});

test("frames of a call that is over change nothing", async () => {
  const world = new World();
  const client = await world.calling("caller");
  client.hangUp();
  world.take();
  const before = client.state;
  const call = "call-1";
  await world.say({ type: "answer", call, from: "callee", payload: {} });
  await world.say({ type: "chat", call, from: "callee", text: "x" });
  await world.say({ type: "end", call, cause: "hangup", by: "caller", requeued: false });
  await world.say({ type: "error", code: "not_in_call", message: "late" });
  assert.equal(client.state, before);
  assert.deepEqual(world.take(), []);
});

test("an end can be dismissed, but not the wait that follows from it", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const name = () => client.state.name;
  client.dismiss();
  assert.equal(name(), "connecting", "there is nothing to dismiss yet");
  await world.say({ type: "end", call: "call-1", cause: "next", by: "callee", requeued: true });
  client.dismiss();
  assert.equal(name(), "ended");
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  await world.match("call-2", "callee");
  client.hangUp();
  client.dismiss();
  assert.equal(name(), "media-ready");
});

test("chat goes both ways and only in a call", async () => {
  const world = new World();
  const client = await world.queued();
  assert.throws(() => client.sendChat("x"), { code: "wrong_state" });
  await world.match("call-1", "caller");
  const lines: string[] = [];
  client.on("chat", (line) => lines.push(`${line.from}: ${line.text}`));
  client.sendChat("hello");
  await world.say({ type: "chat", call: "call-1", from: "callee", text: "hi" });
  assert.deepEqual(lines, ["me: hello", "peer: hi"]);
});

test("half an emoji is never sent, neither in a frame nor in a body", async () => {
  const world = new World();
  const client = await world.calling("caller");
  world.take();
  client.sendChat("half \ud83d, whole 😀");
  assert.deepEqual(
    world.take().map((frame) => frame.type === "chat" && frame.text),
    ["half \ufffd, whole 😀"],
  );
  world.answers["POST /v1/calls/call-1/report"] = [204, null];
  await client.report("call-1", { reason: "other", note: "\ude00" });
  assert.match(world.requests.at(-1)!.body!, /"note":"\ufffd"/);
});

test("a partner who wants connection after connection gets a few, and each later one only in a while", async () => {
  for (const side of ["caller", "callee"] as const) {
    const world = new World();
    await world.calling(side);
    const made = () => world.peers.length;
    const ask = async (connection: number) => {
      const [call, offer] = ["call-1", connection + 1];
      if (side === "callee") await world.say({ type: "offer", call, from: "caller", payload: { type: "offer", sdp: "x", offer, connection } });
      else await world.say({ type: "restart", call, after: 1_000 + connection, replace: true, lost: true });
    };
    const before = made();
    for (let connection = 1; connection <= 100; connection++) await ask(connection);
    assert.ok(made() - before <= 13, `${side}: ${made() - before} connections at once`);
    const [then, at] = [made(), world.now];
    for (let connection = 101; connection <= 200; connection++) {
      await world.pass(100);
      await ask(connection);
    }
    assert.ok(made() - then <= (world.now - at) / 5_000 + 2, `${side}: ${made() - then} in ${world.now - at} ms`);
  }
});

test("where addresses are hidden until both stay, a call begins by relays and its caller then searches for the shortest path", async () => {
  for (const side of ["caller", "callee"] as const) {
    const world = new World();
    world.relayPolicy = "until-both-stay";
    const client = await world.calling(side);
    const [peer] = world.peers;
    assert.equal(peer!.paths.relayOnly, true);
    if (side === "caller") await world.say({ type: "answer", call: "call-1", from: "callee", payload: { type: "answer", sdp: "x", offer: 1 } });
    peer!.handlers.onConnected(null, null);
    await settle();
    peer!.steps.length = 0;
    await world.say({ type: "reveal", call: "another" });
    assert.equal(peer!.paths.relayOnly, true);
    await world.say({ type: "reveal", call: "call-1" });
    await world.pass(1_000);
    assert.equal(peer!.paths.relayOnly, false);
    assert.deepEqual(peer!.steps, side === "caller" ? ["restart"] : []);
    // The next person is another stranger.
    client.next();
    await world.say({ type: "queued", kind: "random", waited_ms: 0 });
    assert.equal(world.peers.at(-1)!.paths.relayOnly, true);
  }
});

test("whoever wants to hide searches through relays alone from the start, and says so in each wish until told otherwise", async () => {
  const world = new World();
  const client = world.client();
  const asked = (type: "seek" | "next") => {
    const frame = world.sent.filter((one) => one.type === type).at(-1);
    return frame && "relay" in frame ? frame.relay : null;
  };
  await client.startMedia();
  const seeking = client.seek({ relay: "always" });
  await world.welcome();
  await seeking;
  assert.equal(asked("seek"), "always");
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  assert.equal(world.peers.at(-1)!.paths.relayOnly, true);
  await world.match("call-1", "caller", "always");
  client.next();
  assert.equal(asked("next"), "always");
  client.cancel();
  await client.seek({ relay: "auto" });
  assert.equal(asked("seek"), "auto");
});

test("a connection that was prepared with other addresses is not used where the other side wants to hide", async () => {
  const world = new World();
  await world.queued();
  const [prepared] = world.peers;
  assert.equal(prepared!.paths.relayOnly, false);
  await world.match("call-1", "caller", "until-both-stay");
  assert.equal(world.peers.length, 2);
  assert.deepEqual([prepared!.isClosed, world.peers[1]!.paths.relayOnly], [true, true]);
});
