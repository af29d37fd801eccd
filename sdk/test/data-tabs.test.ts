/**
 * The cache of answers over tabs and page loads: who watches, who hears, what is kept, and what is left of somebody who went.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sift } from "../src/data/kept.js";
import { CALLS, ME, openTab, Origin, served, show, tell, watched } from "./data-world.js";
import { settle } from "./world.js";

test("one tab watches for all, and the next takes over when it goes", async () => {
  const server = served();
  const origin = new Origin();
  const one = await openTab(server, origin);
  const two = await openTab(server, origin);
  show(one.cache, ME);
  const shown = show(two.cache, ME);
  show(two.cache, CALLS);
  await settle();
  assert.deepEqual([...watched(one.world).keys()].sort(), [ME, CALLS]);
  assert.deepEqual(watched(two.world).size, 0);
  server.take();
  server.set(ME, { id: "me", name: "two" });
  await tell(one.world, server, ME);
  await settle();
  assert.deepEqual(shown.shown.at(-1), { id: "me", name: "two" });
  assert.deepEqual(server.take(), ["GET /v1/me", "GET /v1/me"], "one in each tab");
  one.cache.close();
  await settle();
  assert.deepEqual([...watched(two.world).keys()].sort(), [ME, CALLS]);
  assert.deepEqual(server.take().sort(), ["GET /v1/me", "GET /v1/me/calls?limit=50"], "what was missed between the two");
  server.set(ME, { id: "me", name: "three" });
  await tell(two.world, server, ME);
  assert.deepEqual(shown.shown.at(-1), { id: "me", name: "three" });
});

test("a tab without a session hears by the leader, and by nobody when that is gone", async () => {
  const server = served();
  const origin = new Origin();
  const guest = await openTab(server, origin, { hasSession: false, ttl: 0 });
  const shown = show(guest.cache, ME);
  await settle();
  const leader = await openTab(server, origin);
  await settle();
  server.set(ME, { id: "me", name: "two" });
  await tell(leader.world, server, ME);
  await settle();
  assert.deepEqual(shown.shown.at(-1), { id: "me", name: "two" });
  assert.equal(guest.world.sockets, 0, "it opens none: that would end the leader's");
  server.take();
  show(guest.cache, ME);
  await settle();
  assert.deepEqual(server.take(), []);
  leader.cache.close();
  await settle();
  show(guest.cache, ME);
  await settle();
  assert.deepEqual(server.take(), ["GET /v1/me"], "its time is over");
});

test("what was kept is shown at once, and asked for by its tag", async () => {
  const server = served();
  const origin = new Origin();
  const before = await openTab(server, origin);
  show(before.cache, ME);
  await settle();
  before.cache.close();
  server.take();
  server.isSlow = true;
  const { cache } = await openTab(server, origin);
  const me = show(cache, ME);
  await settle();
  assert.deepEqual([me.shown, server.asked.length], [[{ id: "me", name: "one" }], 1]);
  await server.arrive();
  assert.deepEqual([me.shown.length, cache.cacheStats().unchanged], [1, 1]);
});

test("whoever signs out, or is banned, leaves nothing: on the page, in the browser, in other tabs", async () => {
  for (const end of ["left", "banned"] as const) {
    const server = served();
    const origin = new Origin();
    const one = await openTab(server, origin);
    const two = await openTab(server, origin, { hasSession: false });
    const [mine, theirs] = [show(one.cache, ME), show(two.cache, ME)];
    await settle();
    assert.equal(origin.kept.size, 1);
    if (end === "banned") await one.world.say({ type: "leave", reason: "banned", action: "disconnect" });
    if (end === "banned") await one.world.lose(4403);
    else {
      server.bodies.set("/v1/me/logins/one", null);
      server.bodies.set(ME, { id: "me", login: "one" });
      await one.client.account.signOut();
    }
    await settle();
    assert.equal(origin.kept.size, 0, end);
    assert.equal(mine.observer.getCurrentResult().data, undefined, end);
    assert.equal(theirs.observer.getCurrentResult().data, undefined, end);
    assert.equal(one.cache.peek(ME), undefined);
  }
});

test("more paths than a session may watch are not pushed, and say so by their time", async () => {
  const server = served();
  const { world, cache } = await openTab(server, new Origin(), { ttl: 0 });
  for (let i = 0; i < 130; i++) {
    server.bodies.set(`/v1/x/${i}`, i);
    show(cache, `/v1/x/${i}`);
  }
  await settle();
  assert.equal(watched(world).size, 128);
  server.take();
  show(cache, "/v1/x/3");
  show(cache, "/v1/x/129");
  await settle();
  assert.deepEqual(server.take(), ["GET /v1/x/129"]);
});

test("the newest 128 answers of a week are kept", () => {
  const rows = Array.from({ length: 130 }, (_, at) => ({ path: `${at}`, body: null, etag: null, at }));
  const [kept, dropped] = sift(rows, 1_000);
  assert.deepEqual([kept.length, kept[0]?.path, dropped.map(({ path }) => path)], [128, "129", ["1", "0"]]);
  assert.equal(sift(rows, 8 * 86_400_000)[0].length, 0);
});
