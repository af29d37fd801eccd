/**
 * The connection to the server: who we are there, signs of life, and its end.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallboxError } from "../src/core/errors.js";
import { settle, World } from "./world.js";

test("a guest with a token says it in the hello and as Bearer, never in a URL", async () => {
  const world = new World();
  await world.queued();
  assert.deepEqual(world.sent[0], { type: "hello", token: "token-of-mine" });
  const client = world.client();
  await client.signIn();
  await client.setAge("adult");
  assert.equal(world.requests.at(-1)!.headers["authorization"], "Bearer token-of-mine");
  assert.ok(world.requests.every(({ url }) => !url.includes("token-of-mine")));
});

test("a guest with a cookie says nothing of it and comes back without a new guest", async () => {
  const world = new World();
  world.answers["POST /v1/guests"] = [201, { user: { id: "me", age: null }, token: null }];
  await world.queued();
  assert.deepEqual(world.sent[0], { type: "hello" });
  await world.client().signIn();
  const asked = world.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
  assert.deepEqual(asked, ["POST /v1/guests", "GET /v1/me"]);
  assert.ok(world.requests.every(({ credentials }) => credentials === "same-origin"));
});

test("another origin's server gets no cookie", async () => {
  const world = new World();
  await world.client({ server: "https://calls.example/" }).signIn();
  assert.equal(world.requests[0]!.credentials, "omit");
  assert.equal(world.requests[0]!.url, "https://calls.example/v1/guests");
});

test("a tab that was duplicated becomes a guest of its own", async () => {
  const world = new World();
  await world.client().signIn();
  world.answers["POST /v1/guests"] = [201, { user: { id: "other", age: null }, token: "token-of-other" }];
  assert.equal((await world.client().signIn()).id, "me", "a second client of the same tab is the same guest");
  world.claimedElsewhere.add("callbox.tab:-of-mine");
  const entering = world.client().signIn();
  await world.pass(1_000);
  assert.equal((await entering).id, "other");
});

test("a page that is loaded anew is the same guest, though the one before it has not evicted of the token yet", async () => {
  const world = new World();
  await world.client().signIn();
  world.claimedElsewhere.add("callbox.tab:-of-mine");
  const entering = world.client().signIn();
  await world.pass(900);
  world.claimedElsewhere.clear();
  await world.pass(50);
  assert.equal((await entering).id, "me");
  assert.equal(world.requests.filter(({ method }) => method === "POST").length, 1);
});

test("a login that the server forgot is replaced", async () => {
  const world = new World();
  world.tabStore.set("callbox.token:https://call.example", "token-of-old");
  world.answers["GET /v1/me"] = [401, { code: "unauthenticated", detail: "no", status: 401, request_id: "r" }];
  assert.equal((await world.client().signIn()).id, "me");
  assert.equal(world.tabStore.get("callbox.token:https://call.example"), "token-of-mine");
});

test("errors of the server keep their code, and no server is an error of its own", async () => {
  const world = new World();
  world.answers["POST /v1/guests"] = [429, { code: "rate_limited", detail: "Please wait.", status: 429, request_id: "r1", retry_after_ms: 900 }];
  await assert.rejects(world.client().signIn(), { code: "rate_limited", retryAfterMs: 900, requestId: "r1", message: "Please wait." });
  world.isReachable = false;
  await assert.rejects(world.client().signIn(), { code: "network" });
});

test("a ping is answered, and silence closes the connection", async () => {
  const world = new World();
  const client = await world.queued();
  await world.pass(20_000);
  world.take();
  await world.say({ type: "ping" });
  assert.deepEqual(world.take(), [{ type: "pong" }]);
  await world.pass(24_999);
  assert.equal(client.signaling, "online");
  await world.pass(1);
  assert.equal(world.closedWith, 4408);
  assert.equal(client.signaling, "reconnecting");
});

test("a hello that is refused rejects the promise that waits for it", async () => {
  for (const [code, expected] of [
    [4401, "unauthenticated"],
    [1013, "unavailable"],
    [1006, "network"],
  ] as const) {
    const world = new World();
    const client = world.client();
    await client.startMedia();
    const seeking = client.seek();
    await settle();
    world.socket!.onClose(code);
    await assert.rejects(seeking, { code: expected });
    assert.equal(client.signaling, "offline");
  }
});

test("seeking needs a camera, and says so", async () => {
  const world = new World();
  await assert.rejects(world.client().seek(), (error: CallboxError) => error.code === "wrong_state" && error.message.includes("startMedia"));
});

test("a listener that throws does not keep the others from hearing", async () => {
  const world = new World();
  const client = world.client();
  const heard: string[] = [];
  client.on("state", () => {
    throw new Error("an app's fault");
  });
  const off = client.on("state", (state) => heard.push(state.name));
  await client.startMedia();
  off();
  client.stopMedia();
  assert.deepEqual(heard, ["media-ready"]);
  assert.deepEqual(world.warnings, ["a listener failed", "a listener failed"]);
});
