/**
 * Camera, microphone, screen: exchanged in mid-call, taken away, and listed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallboxError } from "../src/core/errors.js";
import { settle, World } from "./world.js";

test("another device or the screen takes the place of the camera in a running call", async () => {
  const world = new World();
  const client = await world.calling("caller");
  await client.useDevice({ kind: "camera", id: "2" });
  await client.shareScreen();
  client.stopSharing();
  assert.deepEqual(world.media, ["open", "use camera 2", "share", "stop sharing"]);
  let told = 0;
  client.on("tracks", () => told++);
  world.peers[0]!.isAttached = false;
  world.mediaHandlers!.onTracks();
  assert.deepEqual([told, world.peers[0]!.isAttached], [1, true]);
});

test("nothing is attached before both have confirmed", async () => {
  const world = new World();
  await world.queued();
  await world.match("call-1", "caller");
  world.mediaHandlers!.onTracks();
  assert.equal(world.peers[0]!.isAttached, false);
});

test("a device that opens after media were closed is closed again", async () => {
  const world = new World();
  const client = world.client();
  await client.startMedia();
  const using = client.useDevice({ kind: "camera", id: "2" });
  client.stopMedia();
  await using;
  assert.deepEqual(world.media, ["open", "use camera 2", "stop", "stop"]);
});

test("without open media no device can be exchanged and no screen shown", async () => {
  const client = new World().client();
  for (const attempt of [() => client.useDevice({ kind: "camera", id: "2" }), () => client.shareScreen()]) {
    await assert.rejects(attempt, (error) => error instanceof CallboxError && error.code === "wrong_state");
  }
});

test("devices are told when media open, since they have names from then on, and when one comes or goes", async () => {
  const world = new World();
  const client = world.client();
  const heard: number[] = [];
  client.on("devices", (devices) => heard.push(devices.length));
  await client.startMedia();
  await settle();
  await world.deviceChange([{ kind: "camera", id: "1", label: "Front" }]);
  assert.deepEqual(heard, [0, 1]);
  client.close();
  await world.deviceChange([]);
  assert.deepEqual(heard, [0, 1]);
});

test("a device that was taken away, with no other, is an error of its own", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const codes: string[] = [];
  client.on("error", ({ code }) => codes.push(code));
  world.mediaHandlers!.onUnplugged("camera");
  assert.deepEqual(codes, ["media_unplugged"]);
  assert.equal(client.state.name, "connecting");
});

test("people say of a call what they think of it, over HTTP", async () => {
  const world = new World();
  Object.assign(world.answers, { "PUT /v1/calls/call-1/rating": [204, null], "POST /v1/calls/call-1/report": [204, null] });
  const client = await world.calling("caller");
  await client.rate("call-1", 4);
  await client.report("call-1", { reason: "spam", note: "an advertisement" });
  assert.deepEqual(
    world.requests.slice(-2).map(({ body }) => JSON.parse(body ?? "") as unknown),
    [{ stars: 4 }, { reason: "spam", note: "an advertisement" }],
  );
});
