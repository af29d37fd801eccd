/**
 * Calls by the relay, between real browsers: the selected pair is judged, as the browser itself reports it.
 */
import assert from "node:assert/strict";
import { serveCallPage } from "./callpage.mjs";
import { startServer } from "./server.mjs";

/** Relayed ports apart from those that the system gives to browsers on the same machine. */
const RELAY = { relay_listen: "127.0.0.1:0", relay_ports: "30000-32000" };

const pairs = (page) =>
  page.evaluate(async () => {
    const all = [...(await globalThis.made.at(-1).getStats()).values()];
    const transport = all.find(({ type }) => type === "transport");
    const pair = all.find(({ id }) => id === transport.selectedCandidatePairId);
    const kind = (id) => all.find((one) => one.id === id)?.candidateType;
    return [kind(pair.localCandidateId), kind(pair.remoteCandidateId)];
  });

/** Two on a server with a relay, until the case has ended; each hides as it wishes. */
async function call({ context }, settings, forced, run, wishes = []) {
  const [server, site] = [await startServer({ ...RELAY, ...settings }), await serveCallPage()];
  try {
    const pages = [];
    for (let count = 0; count < 2; count++) pages.push(await site.open(await context("red"), { server: server.origin, forced, relay: wishes[count] }));
    await Promise.all(pages.map((page) => page.waitForFunction(() => globalThis.callbox?.state.name === "connected")));
    await run(pages, server);
  } finally {
    site.stop();
    await server.stop();
  }
}

const sees = (page, more) => page.waitForFunction(async (frames) => (await globalThis.counted()).framesDecoded > frames, more, { polling: 200 });

/** A call whose server is restarted: relays, credentials and ports are other ones, and the call is the same. */
async function restarted(world) {
  await call(world, {}, { iceTransportPolicy: "relay" }, async (pages, server) => {
    await Promise.all(pages.map((page) => sees(page, 10)));
    const id = await pages[0].evaluate(() => globalThis.callbox.state.match.call);
    await server.pause();
    await server.restart();
    const flows = () => globalThis.news.media.at(-1)?.value === "flowing";
    // Four to eight seconds; on a busy machine, if both sides' offers cross, as long as the ladder has rungs.
    await Promise.all(pages.map((page) => page.waitForFunction(flows, null, { timeout: 20_000 })));
    const before = await pages[0].evaluate(() => globalThis.counted());
    await sees(pages[0], before.framesDecoded + 10);
    assert.equal(await pages[1].evaluate(() => globalThis.callbox.state.match.call), id);
  });
}

/** The page's knowledge of the other side: the kinds of its candidates, and the addresses in its description. */
const learned = (page) =>
  page.evaluate(async () => {
    const peer = globalThis.made.at(-1);
    const kinds = [...(await peer.getStats()).values()].filter(({ type }) => type === "remote-candidate").map((one) => one.candidateType);
    const addresses = peer.remoteDescription.sdp.match(/\d+\.\d+\.\d+\.\d+/g);
    return { kinds: [...new Set(kinds)], addresses: [...new Set(addresses)].toSorted() };
  });

/** The relay's own, and the replacement of addresses. */
const HIDDEN = { kinds: ["relay"], addresses: ["0.0.0.0", "127.0.0.1"] };

export const relays = {
  async "two browsers that may use the relay alone see each other straight across it"(world) {
    await call(world, {}, { iceTransportPolicy: "relay" }, async (pages, server) => {
      await Promise.all(pages.map((page) => sees(page, 10)));
      assert.deepEqual(await Promise.all(pages.map(pairs)), [
        ["relay", "relay"],
        ["relay", "relay"],
      ]);
      // Two seconds of sound and picture, and the moment that the figures are behind.
      await pages[0].waitForTimeout(2_000);
      const { relay } = await server.stats();
      assert.ok(relay.direct_packets > 50 && relay.allocations >= 2, JSON.stringify(relay));
      assert.equal(relay.out_packets, relay.direct_packets, "nothing left the machine");
      await pages[0].evaluate(() => globalThis.callbox.hangUp());
      await pages[1].waitForFunction(() => globalThis.callbox.state.name === "ended");
      const { recent } = await server.stats();
      assert.deepEqual([recent.success_percent, recent.paths], [100, { relay: 1 }]);
    });
  },

  async "where addresses are always hidden two browsers learn of relays alone, and see each other"(world) {
    await call(world, { relay_policy: "always" }, {}, async (pages) => {
      await Promise.all(pages.map((page) => sees(page, 10)));
      for (const page of pages) assert.deepEqual(await learned(page), HIDDEN);
    });
  },

  async "where one of two wants to hide neither learns the other's address, whoever was there first"(world) {
    for (const wishes of [["always"], [undefined, "always"]]) {
      await call(
        world,
        {},
        {},
        async (pages) => {
          await Promise.all(pages.map((page) => sees(page, 10)));
          for (const page of pages) assert.deepEqual(await learned(page), HIDDEN);
          assert.deepEqual(await Promise.all(pages.map(pairs)), [
            ["relay", "relay"],
            ["relay", "relay"],
          ]);
        },
        wishes,
      );
    }
  },

  async "two who stay with each other go over to the shortest path, and nothing is interrupted"(world) {
    await call(world, { relay_policy: "until-both-stay" }, {}, async (pages) => {
      await Promise.all(pages.map((page) => sees(page, 10)));
      assert.deepEqual(await Promise.all(pages.map(pairs)), [
        ["relay", "relay"],
        ["relay", "relay"],
      ]);
      await pages[0].waitForTimeout(29_000);
      const isDirect = async () => (await Promise.all(pages.map(pairs))).flat().every((kind) => kind !== "relay");
      for (let attempt = 0; attempt < 50 && !(await isDirect()); attempt++) await pages[0].waitForTimeout(200);
      assert.ok(await isDirect(), "they are still relayed");
      const before = await pages[1].evaluate(() => globalThis.counted());
      await sees(pages[1], before.framesDecoded + 10);
      const news = await Promise.all(pages.map((page) => page.evaluate(() => [globalThis.news.media.length, globalThis.made.length])));
      assert.deepEqual(
        news,
        [
          [0, 1],
          [0, 1],
        ],
        "interruptions, and connections",
      );
    });
  },

  async "a relayed call outlives a restart of its server"(world) {
    // Two of forty times, on a busy machine, it took more than 20 s, and nobody knows why yet: so one more try, which
    // is printed.
    await restarted(world).catch(async (error) => {
      console.log(`once more, after: ${error.message}`);
      await restarted(world);
    });
  },
};
