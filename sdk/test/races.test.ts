/**
 * Two things at once: what a person decided while something else was already on its way.
 *
 * A person who leaves has left: no frame that crosses the decision may put them before a stranger's camera.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallboxError } from "../src/core/errors.js";
import { World, settle } from "./world.js";

test("whoever hangs up while the other skips does not wait again", async () => {
  const world = new World();
  const client = await world.calling("caller");
  await settle();
  world.take();
  client.hangUp();
  await world.say({ type: "end", call: "call-1", cause: "next", by: "callee", requeued: true });
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  assert.equal(client.state.name, "ended");
  assert.deepEqual(world.take(), [{ type: "end", call: "call-1", cause: "hangup" }, { type: "cancel" }]);
  await world.match("call-2", "caller");
  assert.equal(client.state.name, "ended");
  assert.deepEqual(world.take(), [{ type: "decline", call: "call-2" }]);
});

test("a match that crosses a cancel is declined", async () => {
  const world = new World();
  const client = await world.queued();
  world.take();
  client.cancel();
  await world.match("call-1", "callee");
  assert.equal(client.state.name, "media-ready");
  assert.deepEqual(world.take(), [{ type: "cancel" }, { type: "decline", call: "call-1" }]);
});

test("a stranger is not taken for the friend who was invited meanwhile", async () => {
  const world = new World();
  const client = await world.queued();
  client.cancel();
  await client.join("code");
  world.take();
  await world.match("call-1", "callee");
  assert.deepEqual(world.take(), [{ type: "decline", call: "call-1" }]);
});

test("a friend's invite that crosses a place in the queue is asked for again", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const errors: CallboxError[] = [];
  client.on("error", (error) => errors.push(error));
  await settle();
  world.take();
  client.hangUp();
  await client.join("code");
  await world.say({ type: "end", call: "call-1", cause: "next", by: "callee", requeued: true });
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  await world.say({ type: "error", code: "busy", message: "You are waiting or in a call already." });
  const asked = { type: "join", invite: "code" };
  assert.deepEqual(world.take(), [{ type: "end", call: "call-1", cause: "hangup" }, asked, { type: "cancel" }, asked]);
  await world.say({ type: "idle" });
  await world.say({ type: "queued", kind: "invite", waited_ms: 0 });
  assert.equal(client.state.name, "queued");
  assert.deepEqual(errors, []);
});

test("a search that is cancelled while the connection is made does not begin", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const seeking = client.seek();
  await settle();
  client.cancel();
  await world.welcome();
  await seeking;
  assert.deepEqual(world.take(), []);
});

test("of two searches at once only the last is sent", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const both = [client.seek({ interests: ["go"] }), client.seek({ interests: ["chess"] })];
  await world.welcome();
  await Promise.all(both);
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
});

test("closing while the connection is made ends it", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const refused = assert.rejects(client.seek(), (error) => error instanceof CallboxError && error.code === "wrong_state");
  await settle();
  client.close();
  await world.welcome();
  await refused;
  assert.equal(world.closedWith, 1000);
  assert.equal(client.signaling, "offline");
  assert.deepEqual(world.take(), []);
});

test("a client that was closed can connect again", async () => {
  const world = new World();
  const client = await world.queued();
  client.close();
  await client.startMedia();
  const seeking = client.seek();
  await world.welcome();
  await seeking;
  assert.equal(client.signaling, "online");
});

test("a connection that is lost while we are requeued does not end the wait", async () => {
  const world = new World();
  const client = await world.calling("caller");
  client.next();
  await world.say({ type: "error", code: "rate_limited", message: "", retry_after_ms: 1_500 });
  world.take();
  await world.lose();
  await world.pass(1_500);
  await world.welcome({ recovered: true, ack: 5 });
  assert.deepEqual(world.take(), [{ type: "seek", interests: ["chess"] }]);
  assert.equal(client.state.name, "ended");
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  assert.equal(client.state.name, "queued");
});

test("two sign-ins at once make one guest", async () => {
  const world = new World();
  const client = world.client();
  const [one, other] = await Promise.all([client.signIn(), client.signIn()]);
  assert.equal(one, other);
  assert.equal(world.requests.filter((request) => request.method === "POST").length, 1);
});

test("a sign-in that failed for want of a network keeps its login for the next", async () => {
  const world = new World();
  world.tabStore.set("callbox.token:https://call.example", "token-of-mine");
  const client = world.client();
  world.isReachable = false;
  await assert.rejects(client.signIn());
  world.isReachable = true;
  assert.equal((await client.signIn()).age, "adult");
  assert.ok(
    world.requests.every((request) => request.method === "GET"),
    "no new guest was made",
  );
});

test("a login that the server forgot meanwhile is replaced at the next search", async () => {
  const world = new World();
  const client = world.client();
  await client.signIn();
  await client.startMedia();
  world.answers["GET /v1/me"] = [401, { code: "unauthenticated", detail: "", status: 401, request_id: "r" }];
  const refused = assert.rejects(client.seek());
  await settle();
  world.socket!.onClose(4401);
  await refused;
  const seeking = client.seek();
  await world.welcome();
  await seeking;
  assert.equal(world.requests.filter((request) => request.method === "POST").length, 2);
});

test("a camera that opens after it was given up is closed, and two wishes open it once", async () => {
  const world = new World();
  const client = world.client();
  const opening = client.startMedia();
  const refused = assert.rejects(opening, (error) => error instanceof CallboxError && error.code === "wrong_state");
  client.close();
  await refused;
  assert.equal(client.localStream, null);
  assert.equal(client.state.name, "idle");
  assert.deepEqual(world.media, ["open", "stop"]);
  await Promise.all([client.startMedia(), client.startMedia()]);
  assert.deepEqual(world.media, ["open", "stop", "open"]);
});

test("a connection that comes up after its call is over changes nothing", async () => {
  const world = new World();
  const client = await world.calling("caller");
  client.next();
  await world.say({ type: "queued", kind: "random", waited_ms: 0 });
  await world.match("call-2", "caller");
  await world.say({ type: "begin", call: "call-2" });
  world.peers[0]!.handlers.onConnected(null, null);
  world.peers[0]!.handlers.onStream({ name: "the one before" });
  assert.equal(client.state.name, "connecting");
  assert.equal(client.remoteStream, null);
});
