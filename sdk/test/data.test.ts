/**
 * The cache of answers: what it asks for, what it shows, and in which order the two may cross.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueryClient } from "@tanstack/query-core";
import { routeOf } from "../src/data/stats.js";
import type { ServerFrame } from "../src/generated/protocol.js";
import { CALLS, ME, openTab, Origin, served, show, tell, watched } from "./data-world.js";
import { settle } from "./world.js";

test("fifty components that show the same make one request, and one watch from its answer on", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const all = Array.from({ length: 50 }, () => show(cache, ME));
  await settle();
  assert.deepEqual(server.take(), ["GET /v1/me"]);
  assert.ok(all.every(({ shown }) => JSON.stringify(shown) === '[{"id":"me","name":"one"}]'));
  assert.deepEqual(world.take(), [{ type: "watch", add: [{ id: 1, path: ME, commit: "a.1" }] }]);
  const { misses, hits, requests, hitRate } = cache.cacheStats();
  assert.deepEqual([misses, hits, requests, hitRate], [1, 49, 1, 49 / 50]);
});

test("a page at rest asks for nothing, for an hour", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  show(cache, ME);
  show(cache, CALLS);
  await settle();
  server.take();
  for (let minute = 0; minute < 60; minute++) {
    await world.pass(15_000);
    await world.say({ type: "ping" });
  }
  show(cache, ME);
  await settle();
  assert.deepEqual(server.take(), [], "nor does another component");
});

test("only what was told is asked for again, once, however often it was told", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  show(cache, CALLS);
  await settle();
  server.take();
  server.isSlow = true;
  server.set(ME, { id: "me", name: "two" });
  await tell(world, server, ME);
  await tell(world, server, ME);
  cache.invalidate("/v1/never/shown");
  await server.arrive();
  assert.deepEqual([server.take(), server.asked.length], [["GET /v1/me"], 0]);
  assert.deepEqual(me.shown, [
    { id: "me", name: "one" },
    { id: "me", name: "two" },
  ]);
});

test("two invalidations in a row are one request", async () => {
  const server = served();
  const { cache } = await openTab(server, new Origin());
  show(cache, ME);
  await settle();
  server.take();
  cache.invalidate(ME);
  cache.invalidate();
  await settle();
  assert.deepEqual(server.take(), ["GET /v1/me"]);
  assert.equal(cache.cacheStats().unchanged, 1);
});

test("an invalidation during the first request is not lost: an answer from before is asked for again and never shown", async () => {
  const server = served();
  const { cache } = await openTab(server, new Origin());
  server.isSlow = true;
  const me = show(cache, ME);
  await settle();
  server.set(ME, { id: "me", name: "two" });
  cache.invalidate(ME);
  await server.arrive();
  assert.deepEqual(me.shown, [], "the answer from before the change");
  await server.arrive();
  assert.deepEqual(me.shown, [{ id: "me", name: "two" }]);
  assert.equal(server.take().length, 2);
});

test("a stale frame that overtakes the answer to a refetch sends it again; one that the answer knows already does not", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.take();
  server.isSlow = true;
  server.set(ME, { id: "me", name: "two" });
  await tell(world, server, ME);
  server.set(ME, { id: "me", name: "three" });
  const late: ServerFrame = { type: "stale", ids: [1], commit: server.commit };
  await world.say(late);
  await server.arrive();
  await server.arrive();
  assert.deepEqual(me.shown.at(-1), { id: "me", name: "three" });
  assert.ok(!JSON.stringify(me.shown).includes("two"), "it was older than what was told");
  assert.equal(server.take().length, 2);
  // The frame was slower than the answer that has the change.
  await world.say(late);
  assert.deepEqual(server.take(), []);
});

test("a stale frame that comes as the answer is about to be shown is not lost", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.take();
  server.isSlow = true;
  server.set(ME, { id: "me", name: "two" });
  await tell(world, server, ME);
  for (let ticks = 0; ticks < 12; ticks++) {
    server.isSlow = true;
    server.asked.shift()?.answer();
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    server.isSlow = false;
    server.set(ME, { id: "me", name: `three ${ticks}` });
    world.socket!.onMessage(JSON.stringify({ type: "stale", ids: [1], commit: server.commit }));
    await settle();
    assert.deepEqual(me.shown.at(-1), { id: "me", name: `three ${ticks}` });
    server.isSlow = true;
    cache.invalidate(ME);
    await settle();
  }
});

test("a value that is pushed needs no request, and an older answer that it overtook is not shown", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.take();
  server.isSlow = true;
  cache.invalidate(ME);
  await settle();
  server.n = 9;
  await world.say({ type: "put", id: 1, etag: '"x"', body: { id: "me", name: "nine" }, commit: "a.9" });
  assert.deepEqual(me.shown.at(-1), { id: "me", name: "nine" });
  await server.arrive();
  assert.deepEqual([me.shown.at(-1), server.asked.length], [{ id: "me", name: "nine" }, 0]);
  await world.say({ type: "put", id: 1, etag: '"y"', body: { id: "me", name: "eight" }, commit: "a.8" });
  assert.deepEqual(me.shown.at(-1), { id: "me", name: "nine" });
  assert.equal(cache.cacheStats().pushed, 1);
});

test("another node cannot be compared: what was asked for before it was told is asked for again", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.take();
  server.isSlow = true;
  cache.invalidate(ME);
  await settle();
  server.node = "b";
  server.set(ME, { id: "me", name: "two" });
  await tell(world, server, ME);
  await server.arrive();
  assert.equal(server.asked.length, 1);
  await server.arrive();
  assert.deepEqual([me.shown.length, me.shown.at(-1), server.asked.length], [2, { id: "me", name: "two" }, 0]);
});

test("our own write is shown at once and never followed by what was before it", async () => {
  const server = served();
  server.bodies.set(ME, { id: "me", profile: "one" });
  const { client, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.isSlow = true;
  // An answer from before the write is on its way.
  cache.invalidate(ME);
  await settle();
  const saved = cache.write<{ profile: unknown }, unknown>(
    ME,
    (account) => ({ ...account, profile: "two" }),
    () => client.login.ask("PUT", "me/profile", "two"),
  );
  assert.deepEqual(cache.peek(ME), { id: "me", profile: "two" }, "at once");
  await saved;
  await server.arrive();
  assert.deepEqual(cache.peek(ME), { id: "me", profile: "two" });
  await server.arrive();
  assert.deepEqual(cache.peek(ME), { id: "me", profile: "two" });
  assert.deepEqual(
    me.shown.map((value) => (value as { profile: string }).profile),
    ["one", "two"],
  );
  assert.equal(server.asked.length, 0);
});

test("a write that is refused is taken back, and what others changed meanwhile stays", async () => {
  const server = served();
  server.bodies.set(ME, { id: "me", profile: "one", stars: 1 });
  const { world, cache } = await openTab(server, new Origin());
  show(cache, ME);
  await settle();
  let refuse: (error: Error) => void = () => undefined;
  const saved = cache.write<{ profile: unknown }, unknown>(
    ME,
    (account) => ({ ...account, profile: "two" }),
    () => new Promise((_, reject) => (refuse = reject)),
  );
  server.set(ME, { id: "me", profile: "one", stars: 5 });
  await tell(world, server, ME);
  assert.deepEqual(cache.peek(ME), { id: "me", profile: "two", stars: 5 }, "over the newer answer too");
  refuse(new Error("no"));
  await assert.rejects(saved, /no/);
  assert.deepEqual(cache.peek(ME), { id: "me", profile: "one", stars: 5 });
});

test("while the server is away what is here is shown, and asked for again when it is back", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  const me = show(cache, ME);
  await settle();
  server.take();
  server.isReachable = false;
  await world.lose();
  await world.pass(5_000);
  cache.invalidate(ME);
  await settle();
  assert.deepEqual([me.observer.getCurrentResult().data, me.observer.getCurrentResult().error?.code], [{ id: "me", name: "one" }, "network"]);
  server.isReachable = true;
  server.set(ME, { id: "me", name: "two" });
  await world.welcome({ recovered: false });
  assert.deepEqual(me.shown.at(-1), { id: "me", name: "two" });
  assert.deepEqual(server.take(), ["GET /v1/me"], "once");
  assert.ok(watched(world).get(ME)! > 1, "it is watched anew");
});

test("a session that was recovered asks for nothing but what was told", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin());
  show(cache, ME);
  show(cache, CALLS);
  await settle();
  server.take();
  world.take();
  await world.lose();
  await world.pass(1_000);
  await world.welcome({ recovered: true, ack: 1 });
  assert.deepEqual([server.take(), world.take()], [[], []]);
});

test("a server that pushes nothing leaves values to their time", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin(), { ttl: 0 });
  const me = show(cache, ME);
  await settle();
  await world.say({ type: "unwatched", id: 1, error: "unavailable" });
  assert.deepEqual(server.take(), ["GET /v1/me", "GET /v1/me"], "what it could not read may have changed");
  me.stop();
  show(cache, ME);
  await settle();
  assert.deepEqual(server.take(), ["GET /v1/me"], "its time was over");
  assert.equal(cache.cacheStats().stale, 1);
});

test("a watch that ends since the server cannot read leaves no old value, and is asked for again with a later answer", async () => {
  const [server, origin] = [served(), new Origin()];
  const { world, cache } = await openTab(server, origin);
  const me = show(cache, ME);
  await settle();
  const first = watched(world).get(ME)!;
  server.set(ME, { id: "me", name: "two" });
  await world.say({ type: "unwatched", id: first, error: "unavailable" });
  assert.deepEqual(me.shown.at(-1), { id: "me", name: "two" });
  assert.equal(watched(world).get(ME), first, "not asked for again at once");
  origin.now += 30_000;
  cache.invalidate(ME);
  await settle();
  const second = watched(world).get(ME)!;
  assert.ok(second > first);
  server.set(ME, { id: "me", name: "three" });
  server.take();
  await tell(world, server, ME);
  assert.deepEqual([me.shown.at(-1), server.take()], [{ id: "me", name: "three" }, ["GET /v1/me"]], "it is pushed again");
});

test("a read after one's own write has it, also before the push, and asks for nothing that has it", async () => {
  const server = served();
  const { client, cache } = await openTab(server, new Origin());
  show(cache, ME);
  show(cache, CALLS);
  await settle();
  server.take();
  await client.login.ask("PUT", "me/profile", "two");
  assert.deepEqual(server.take(), ["PUT /v1/me/profile"], "what is shown waits for the push");
  assert.deepEqual(await cache.read(ME), { id: "me", profile: "two" });
  assert.deepEqual(await cache.read(ME), { id: "me", profile: "two" });
  assert.deepEqual(server.take(), ["GET /v1/me"], "once");
});

test("an app's own client keeps its own queries, and may show ours", async () => {
  const server = served();
  const queryClient = new QueryClient();
  queryClient.setQueryData(["theirs"], 1);
  const { cache } = await openTab(server, new Origin(), { queryClient });
  show(cache, ME);
  await settle();
  assert.deepEqual(queryClient.getQueryData(["callbox", "me", ME]), { id: "me", name: "one" });
  assert.deepEqual(await queryClient.fetchQuery(cache.options(ME) as Parameters<QueryClient["fetchQuery"]>[0]), { id: "me", name: "one" });
  assert.deepEqual(server.take(), ["GET /v1/me"]);
  cache.invalidate();
  cache.close();
  assert.equal(queryClient.getQueryData(["theirs"]), 1);
});

test("without commits the order of asking decides", async () => {
  const server = served();
  server.hasCommits = false;
  const { cache } = await openTab(server, new Origin());
  server.isSlow = true;
  const me = show(cache, ME);
  await settle();
  server.set(ME, { id: "me", name: "two" });
  cache.invalidate(ME);
  await server.arrive();
  await server.arrive();
  assert.deepEqual([me.shown, server.asked.length], [[{ id: "me", name: "two" }], 0]);
});

test("counts name routes and nobody", () => {
  assert.equal(routeOf("/v1/calls/0199a1b2-0000/partner?x=1"), "/v1/calls/:id/partner");
  assert.equal(routeOf("/v1/me/calls?limit=50&before=7"), "/v1/me/calls");
});
