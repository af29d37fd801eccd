/**
 * How a call is going: the score, the word for it, and the reports to the server.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "../src/core/environment.js";
import { Meter } from "../src/core/quality.js";
import { settle, World } from "./world.js";

interface Going {
  rtt?: number;
  jitter?: number;
  loss?: number;
  freezeMs?: number;
  isSilent?: boolean;
  /** The picture is frozen, though one is sent. */
  isStanding?: boolean;
}

/** Counters that grow by a second of a call that goes like this. */
class Counters {
  #now: Reading = {
    roundTripMs: 40,
    availableKbps: 1_000,
    receivedBytes: 0,
    sentBytes: 0,
    sound: { packets: 0, lost: 0, jitterMs: 0, freezes: 0, freezeMs: 0 },
    picture: { packets: 0, lost: 0, jitterMs: 0, freezes: 0, freezeMs: 0 },
    lostThere: 0,
  };

  second({ rtt = 40, jitter = 2, loss = 0, freezeMs = 0, isSilent = false }: Going = {}): Reading {
    const packets = isSilent ? 0 : 50;
    const medium = (before: NonNullable<Reading["sound"]>) => ({
      packets: before.packets + packets * (1 - loss),
      lost: before.lost + packets * loss,
      jitterMs: jitter,
      freezes: before.freezes + (freezeMs > 0 ? 1 : 0),
      freezeMs: before.freezeMs + freezeMs,
    });
    return (this.#now = {
      ...this.#now,
      roundTripMs: rtt,
      receivedBytes: this.#now.receivedBytes + packets * 1_000,
      sentBytes: this.#now.sentBytes + 25_000,
      sound: medium(this.#now.sound!),
      picture: medium(this.#now.picture!),
    });
  }
}

/** The words of these seconds, after five good ones. */
function levels(goings: Going[]): string[] {
  const [meter, counters] = [new Meter(), new Counters()];
  const all = [...Array<Going>(6).fill({}), ...goings].map(
    (going, second) => meter.handle(counters.second(going), going.isStanding ? "frozen" : "flowing", 1_000 * second)?.level ?? "none",
  );
  assert.deepEqual(all.slice(0, 6), ["none", ...Array<string>(5).fill("excellent")]);
  return all.slice(6);
}

test("the score falls with delay, jitter and loss as the formula says", () => {
  const score = (going: Going) => {
    const [meter, counters] = [new Meter(), new Counters()];
    meter.handle(counters.second(going), "flowing", 0);
    return meter.handle(counters.second(going), "flowing", 1_000)!.score.toFixed(2);
  };
  assert.equal(score({ rtt: 100, jitter: 5 }), (94.768 - 120 / 40).toFixed(2));
  assert.equal(score({ rtt: 300, jitter: 20 }), (94.768 - (350 - 120) / 10).toFixed(2));
  assert.equal(score({ rtt: 100, jitter: 5, loss: 0.1 }), (94.768 - 120 / 40 - 25).toFixed(2));
  assert.equal(score({ loss: 1 }), "0.00");
});

test("one bad second changes no word, two of three do, and it takes five good ones to clear", () => {
  const [bad, good]: Going[] = [{ loss: 0.4 }, {}];
  // The score is smoothed: what was bad weighs for a while.
  assert.deepEqual(levels([bad!, ...Array<Going>(8).fill(good!)]).includes("excellent"), true);
  assert.equal(levels([bad!])[0], "excellent");
  assert.equal(levels([bad!, bad!])[1], "poor");
  const after = levels([bad!, bad!, ...Array<Going>(16).fill(good!)]).slice(2);
  assert.ok(after.indexOf("excellent") === -1 || after.indexOf("excellent") >= 5, String(after));
  assert.equal(after.at(-1), "excellent");
});

test("a picture that freezes is poor, however good the score", () => {
  assert.deepEqual(levels([{ freezeMs: 20 }, { freezeMs: 20 }]), ["excellent", "poor"]);
  assert.deepEqual(levels([{ freezeMs: 19 }, { freezeMs: 19 }]), ["excellent", "excellent"]);
});

test("silence of two seconds is disconnected at once, and sound again is poor before it is good", () => {
  const silent = { isSilent: true };
  assert.deepEqual(levels([silent, silent, silent, {}]), ["excellent", "disconnected", "disconnected", "poor"]);
});

test("a picture that stands is frozen at once, whatever the score, and poor before it is good again", () => {
  const standing = { isStanding: true };
  const good = Array<Going>(7).fill({});
  assert.deepEqual(levels([standing, standing, ...good]), ["frozen", "frozen", ...Array<string>(6).fill("poor"), "excellent"]);
  const silent = { isSilent: true, isStanding: true };
  assert.deepEqual(levels([silent, silent, standing]), ["frozen", "disconnected", "frozen"], "silence is worse");
});

test("counters that begin anew are not taken for a jump back", () => {
  const [meter, counters] = [new Meter(), new Counters()];
  meter.handle(counters.second(), "flowing", 0);
  meter.handle(counters.second(), "flowing", 1_000);
  const anew = new Counters();
  assert.equal(meter.handle(anew.second(), "flowing", 2_000), null);
  assert.equal(meter.handle(anew.second(), "flowing", 3_000)!.level, "excellent");
});

/** A call that goes like this, a second each. */
async function call(world: World, goings: Going[], counters = new Counters()): Promise<void> {
  for (const going of goings) {
    world.peers.at(-1)!.counted = counters.second(going);
    world.peers.at(-1)!.flowing = () => ({ bytes: world.now, hasPath: true, decoded: 0, presented: null, packets: 0, samples: 0 });
    await world.pass(1_000);
  }
}

test("the app hears each second how it goes, and the server how it was", async () => {
  const world = new World();
  const client = await world.calling("caller");
  const heard: (string | undefined)[] = [];
  client.on("quality", (quality) => heard.push(quality?.level));
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  const counters = new Counters();
  await call(world, [{}, {}, {}], counters);
  // A reading that fails is passed over.
  world.peers[0]!.counted = null;
  await world.pass(1_000);
  await call(world, [{}], counters);
  world.take();
  client.hangUp();
  assert.deepEqual(heard, ["excellent", "excellent", "excellent", undefined]);
  const [end, quality] = world.take();
  assert.equal(end?.type, "end");
  assert.ok(quality?.type === "quality");
  const { call: id, excellent_s, score, rtt_ms, loss_permille, received_kbps, sent_kbps, audio_only_s } = quality;
  assert.deepEqual([id, excellent_s, score, rtt_ms, loss_permille, audio_only_s], ["call-1", 3, 93, 40, 0, 0]);
  // The third second is half of two, since one reading failed.
  assert.deepEqual([received_kbps, sent_kbps], [333, 167]);
});

test("a side that was left tells too, and one that never connected does not", async () => {
  for (const connects of [true, false]) {
    const world = new World();
    await world.calling("callee");
    if (connects) world.peers[0]!.handlers.onConnected(null, null);
    await settle();
    await call(world, [{}, {}, {}]);
    world.take();
    await world.say({ type: "end", call: "call-1", cause: "hangup", by: "caller", requeued: false });
    assert.deepEqual(
      world.takeAll().map(({ type }) => type),
      connects ? ["quality", "evidence"] : ["evidence"],
    );
  }
});

test("a call that goes on reports every half minute how it was so far, so that a killed tab counts", async () => {
  const world = new World();
  await world.calling("caller");
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  const counters = new Counters();
  const reported = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed++) {
      await call(world, [{}], counters);
      await world.say({ type: "ping" });
    }
    return world.take().flatMap((frame) => (frame.type === "quality" ? [frame.excellent_s] : []));
  };
  // Of the first readings nothing can be said.
  assert.deepEqual(await reported(30), []);
  assert.deepEqual(await reported(2), [30]);
  assert.deepEqual(await reported(30), [60]);
});

test("evidence of a call that never connected counts addresses by kind, and has none of them", async () => {
  const world = new World();
  await world.calling("callee");
  await world.say({ type: "offer", call: "call-1", from: "caller", payload: { type: "offer", sdp: "o", offer: 1 } });
  world.peers[0]!.relayError = 486;
  world.take();
  await world.say({ type: "end", call: "call-1", cause: "media_failed", by: "caller", requeued: false });
  assert.deepEqual(world.takeAll(), [
    {
      type: "evidence",
      call: "call-1",
      gathered: { host: 0, srflx: 0, relay: 0 },
      received: { host: 1, srflx: 0, relay: 1 },
      relay_error: 486,
      ice: "checking",
      dtls: "new",
    },
  ]);
});

test("a server that forgot the call hears again how far it came", async () => {
  const world = new World();
  const { peer } = await world.talking("caller");
  peer.handlers.onFirstFrame();
  world.take();
  await world.lose();
  await world.pass(125);
  await world.welcome({ session: "s2", snapshot: { state: "call", call: "call-1", has_begun: true, is_peer_here: true } });
  const stages = world.take().flatMap((frame) => (frame.type === "progress" ? [frame.stage] : []));
  assert.deepEqual(stages, ["connected", "first_frame"]);
});

test("a bad stretch is sampled every ten seconds, and a good one is not", async () => {
  const world = new World();
  await world.calling("caller");
  world.peers[0]!.handlers.onConnected(null, null);
  await settle();
  world.take();
  const counters = new Counters();
  const samples = () => world.take().filter(({ type }) => type === "sample");
  await call(world, Array<Going>(21).fill({}), counters);
  await world.say({ type: "ping" });
  assert.deepEqual(samples(), []);
  await call(world, Array<Going>(21).fill({ loss: 0.3, rtt: 400 }), counters);
  const [first, second, ...rest] = samples();
  assert.ok(first?.type === "sample" && second?.type === "sample" && rest.length === 0);
  assert.deepEqual([second.level, second.loss_permille, second.rtt_ms], ["poor", 300, 400]);
});

test("what is told at the end counts interruptions, and offers after the first", async () => {
  const world = new World();
  const { client, peer, coming } = await world.talking("caller");
  const counters = new Counters();
  const second = async () => {
    peer.counted = counters.second();
    await world.pass(500);
    await world.say({ type: "pong" });
    await world.pass(500);
  };
  for (const change of [() => coming.stop(), () => coming.start(), () => undefined]) {
    change();
    await second();
    await second();
  }
  assert.equal(client.mediaState, "flowing");
  world.take();
  client.hangUp();
  const quality = world.take().find(({ type }) => type === "quality");
  assert.ok(quality?.type === "quality");
  assert.deepEqual([quality.interruptions, quality.restarts], [1, 1]);
});
