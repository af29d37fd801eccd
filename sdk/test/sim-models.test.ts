/**
 * The promises of the simulator's models by themselves: a network that keeps order, a server that keeps sessions, a browser
 * with its quirks. A rule of the client that a run finds broken counts only if these hold.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerHandlers } from "../src/core/environment.js";
import type { ClientFrame, Numbers, ServerFrame } from "../src/generated/protocol.js";
import { PeerConnection } from "./sim/browser.js";
import type { RemoteStream, Surroundings } from "./sim/browser.js";
import { Clock, settle } from "./sim/clock.js";
import { Ether } from "./sim/ice.js";
import { Random } from "./sim/random.js";
import { Gate, Machine } from "./sim/machine.js";
import { Server } from "./sim/server/process.js";
import { Wire } from "./sim/wire.js";

test("a clock runs what is due in the order of its time, and settles promises in between", async () => {
  const clock = new Clock();
  const ran: string[] = [];
  clock.after(20, () => ran.push("late"));
  clock.after(
    10,
    () =>
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => ran.push("promise")),
  );
  clock.after(10, () => ran.push("same time"));
  clock.after(15, () => ran.push("cancelled"))();
  await clock.pass(30);
  assert.deepEqual(ran, ["promise", "same time", "late"]);
});

test("one seed gives the same answers, and each concern its own", () => {
  const draw = (seed: number, name: string) =>
    Array.from(
      { length: 8 },
      (
        (random) => () =>
          random.ms(0, 999)
      )(Random.of(seed, name)),
    );
  assert.deepEqual(draw(7, "a"), draw(7, "a"));
  assert.notDeepEqual(draw(7, "a"), draw(7, "b"));
  assert.notDeepEqual(draw(7, "a"), draw(8, "a"));
});

test("what waits at a closed gate arrives in order after it opens, by the sender's next retransmission", async () => {
  const clock = new Clock();
  const gate = new Gate();
  const arrived: [number, number][] = [];
  const start = clock.now;
  const wire = new Wire<number>(
    clock,
    [gate],
    () => 10,
    (number) => arrived.push([number, clock.now - start]),
  );
  wire.send(1);
  await clock.pass(20);
  gate.close();
  wire.send(2);
  wire.send(3);
  await clock.pass(3_000);
  gate.open();
  await clock.pass(5_000);
  assert.deepEqual(
    arrived.map(([number]) => number),
    [1, 2, 3],
  );
  const [, [, second]] = arrived as [[number, number], [number, number]];
  assert.ok(second > 3_020 && second < 6_100, `after ${second} ms`);
});

test("timers of a machine that sleeps ring when it wakes, or go on where they stood", async () => {
  for (const [sleep, expected] of [
    ["late", 5_000],
    ["still", 5_900],
  ] as const) {
    const clock = new Clock();
    const machine = new Machine("a", clock, new Random(1), 10, () => undefined);
    let rang = 0;
    const start = clock.now;
    machine.after(1_000, () => (rang = clock.now - start));
    await clock.pass(100);
    machine.fallAsleep(sleep);
    await clock.pass(4_900);
    assert.equal(rang, 0);
    machine.wakeUp();
    await clock.pass(2_000);
    assert.equal(rang, expected);
  }
});

/** A client of the server's model: its login, and the frames that it receives. */
class Caller {
  readonly heard: (ServerFrame & Numbers)[] = [];
  closed: number | null = null;
  #end;
  constructor(
    readonly server: Server,
    readonly token = server.handleRequest("POST", "/v1/guests", null, { age: "adult" })[1] as { token: string } | string,
  ) {
    this.#end = server.accept({ send: (text) => this.heard.push(JSON.parse(text)), close: (code) => (this.closed = code) });
  }
  get login(): string {
    return typeof this.token === "string" ? this.token : this.token.token;
  }
  say(frame: (ClientFrame & Numbers) | { type: "ping" }): void {
    this.#end.onText(JSON.stringify(frame));
  }
  hello(more: object = {}): Extract<ServerFrame, { type: "hello" }> {
    this.say({ type: "hello", token: this.login, ...more });
    return this.last("hello");
  }
  close(code: number): void {
    this.#end.onClose(code);
  }
  last<Type extends ServerFrame["type"]>(type: Type): Extract<ServerFrame, { type: Type }> & Numbers {
    const found = this.heard.filter((frame) => frame.type === type).at(-1);
    assert.ok(found, `a ${type} was heard`);
    return found as Extract<ServerFrame, { type: Type }> & Numbers;
  }
  has(type: ServerFrame["type"]): boolean {
    return this.heard.some((frame) => frame.type === type);
  }
}

function serving(): { clock: Clock; server: Server } {
  const clock = new Clock();
  return { clock, server: new Server(clock, { relayPolicy: "auto", keptBytesMax: 65_536, credentialMs: Infinity }, true, () => undefined) };
}

/** Two in a call that has begun; the first waited and had an offer parked. */
function calling(server: Server): { one: Caller; other: Caller; call: string } {
  const [one, other] = [new Caller(server), new Caller(server)];
  for (const caller of [one, other]) caller.hello();
  one.say({ type: "seek", seq: 1 });
  one.say({ type: "park", payload: "mine", seq: 2 });
  other.say({ type: "seek", seq: 1 });
  const { call } = one.last("match");
  one.say({ type: "confirm", call, seq: 3 });
  other.say({ type: "confirm", call, seq: 2 });
  return { one, other, call };
}

test("a parked offer travels with the match, and its owner calls", () => {
  const { one, other } = calling(serving().server);
  assert.deepEqual([one.last("match").you, one.last("match").is_offered], ["caller", true]);
  assert.deepEqual([other.last("match").you, other.last("match").offer], ["callee", "mine"]);
  assert.ok(one.has("begin") && other.has("begin"));
});

test("a session goes on on another socket, with the frames that it lacks and no other", () => {
  const { server } = serving();
  const { one, other, call } = calling(server);
  const { session, epoch } = one.last("hello");
  const ack = Math.max(...one.heard.map((frame) => frame.seq ?? 0));
  one.close(1006);
  assert.equal(other.last("peer").is_here, false);
  other.say({ type: "chat", call, text: "hello?", seq: 3 });
  const again = new Caller(server, one.login);
  const hello = again.hello({ resume: { session, epoch, ack } });
  assert.deepEqual([hello.recovered, hello.ack], [true, 3]);
  assert.deepEqual(
    again.heard.map((frame) => frame.type),
    ["hello", "chat"],
  );
  assert.equal(other.last("peer").is_here, true);
});

test("a page that goes away leaves its call for a minute, and takes its side again by its grant", async () => {
  const { clock, server } = serving();
  const { one, other, call } = calling(server);
  one.close(1001);
  await clock.pass(50_000);
  assert.ok(!other.has("end"));
  const back = new Caller(server, one.login);
  const hello = back.hello({ grant: one.last("match").grant });
  assert.deepEqual(hello.snapshot, { state: "call", call, has_begun: true, is_peer_here: false }, "the other was silent for 25 s");
  back.close(1001);
  await clock.pass(61_000);
  assert.deepEqual(new Caller(server, one.login).hello({ grant: one.last("match").grant }).snapshot, { state: "idle" });
});

test("a server that crashed brings a call back by a grant, and none that is over", async () => {
  const { clock, server } = serving();
  const { one, other, call } = calling(server);
  const { grant } = other.last("match");
  server.crash();
  server.start();
  const back = new Caller(server, other.login);
  assert.deepEqual(back.hello({ grant }).snapshot, { state: "call", call, has_begun: true, is_peer_here: false });
  back.say({ type: "end", call, cause: "hangup", seq: 1 });
  await clock.pass(1_000);
  server.crash();
  server.start();
  assert.deepEqual(new Caller(server, one.login).hello({ grant: one.last("match").grant }).snapshot, { state: "idle" });
});

test("`left` is believed only of somebody who has no socket, and nobody who is away is requeued", () => {
  const { server } = serving();
  const first = calling(server);
  first.one.say({ type: "end", call: first.call, cause: "left", seq: 4 });
  assert.deepEqual([first.one.last("end").cause, first.one.last("end").requeued], ["hangup", false]);
  const { one, other, call } = calling(server);
  one.close(1001);
  other.say({ type: "end", call, cause: "left", seq: 3 });
  assert.deepEqual([other.last("end").cause, other.last("end").by, other.last("end").requeued], ["left", "caller", true]);
  assert.ok(server.exchange?.isWaiting(other.login) && !server.exchange.isWaiting(one.login));
});

test("a client that is silent for 25 s loses its socket, and one that asks is answered at once", async () => {
  const { clock, server } = serving();
  const caller = new Caller(server);
  caller.hello();
  caller.say({ type: "ping" });
  assert.ok(caller.has("pong" as ServerFrame["type"]));
  await clock.pass(26_000);
  assert.equal(caller.closed, 4408);
  assert.ok(caller.has("ping"));
});

/** Two browsers that reach each other. */
class Pair {
  readonly clock = new Clock();
  readonly server = new Server(this.clock, { relayPolicy: "auto", keptBytesMax: 65_536, credentialMs: Infinity }, false, () => this.refresh());
  readonly ether: Ether;
  readonly machines: Machine[];
  readonly connections: PeerConnection[] = [];
  connected = 0;

  constructor(readonly seed = 1) {
    this.ether = new Ether(this.clock, new Random(seed), () => this.server, { isDirect: true, slowShare: 0 });
    this.machines = ["a", "b"].map((name) => new Machine(name, this.clock, new Random(seed), 20, () => this.refresh()));
    for (const machine of this.machines) this.connections.push(this.make(machine));
  }

  make(machine: Machine, more: Partial<PeerHandlers<RemoteStream>> = {}): PeerConnection {
    const around: Surroundings = {
      machine,
      ether: this.ether,
      random: new Random(this.seed + this.connections.length),
      quirks: { slowStep: 0, frozenRestart: 0, lateBytes: 0, restartsSlowly: false },
      server: () => this.server,
      sent: () => ({ packets: 70, frames: 10, samples: 48_000 }),
      shows: () => true,
      isHidden: () => false,
      onChange: () => this.refresh(),
    };
    const nothing = () => undefined;
    const handlers = { onCandidate: nothing, onStream: nothing, onConnected: () => void this.connected++, onFirstFrame: nothing, onFailed: nothing, ...more };
    return new PeerConnection(`${machine.name}${this.connections.length}`, around, { iceServers: [], relayOnly: false }, { startKbps: null, dtx: true }, handlers);
  }

  refresh(): void {
    this.ether?.update();
    for (const connection of this.connections) if (!connection.isClosed) connection.refresh();
  }

  /** Runs a promise of a browser's to its end. */
  async done<Result>(promise: Promise<Result>): Promise<Result> {
    let isOver = false;
    promise.then(
      () => (isOver = true),
      () => (isOver = true),
    );
    for (let ms = 0; !isOver && ms < 5_000; ms += 10) await this.clock.pass(10);
    return await promise;
  }

  async negotiate(isRestart = false): Promise<void> {
    const [a, b] = this.connections as [PeerConnection, PeerConnection];
    await this.done(a.createOffer(isRestart));
    await this.clock.pass(200);
    await this.done(b.acceptOffer(a.description()!));
    await this.clock.pass(200);
    await this.done(a.acceptAnswer(b.description()!));
    for (const connection of this.connections) connection.attach();
    await this.clock.pass(2_000);
  }
}

test("two browsers that agree on descriptions present each other's pictures", async () => {
  const pair = new Pair();
  await pair.negotiate();
  assert.equal(pair.connected, 2);
  const before = await pair.connections[0]!.flow();
  await pair.clock.pass(1_000);
  const after = await pair.connections[0]!.flow();
  assert.equal(after!.presented! - before!.presented!, 10);
});

test("a path that dies carries nothing, and the browser says so seven seconds later", async () => {
  const pair = new Pair();
  await pair.negotiate();
  const [a] = pair.connections as [PeerConnection];
  pair.machines[1]!.network.gate.close();
  await pair.clock.pass(3_000);
  const dead = await a.flow();
  assert.equal(dead!.hasPath, true);
  await pair.clock.pass(4_100);
  assert.deepEqual([(await a.flow())!.hasPath, (await a.flow())!.decoded], [false, dead!.decoded]);
  pair.machines[1]!.network.gate.open();
  await pair.clock.pass(1_000);
  assert.ok((await a.flow())!.decoded > dead!.decoded, "an outage that was short enough repairs itself");
});

test("after a switch of the network only another search finds a path", async () => {
  const pair = new Pair();
  await pair.negotiate();
  const [a] = pair.connections as [PeerConnection];
  pair.machines[1]!.moveToAnother(0);
  await pair.clock.pass(3_000);
  const dead = await a.flow();
  await pair.negotiate(true);
  assert.ok((await a.flow())!.decoded > dead!.decoded);
  assert.equal(pair.connected, 2, "and it is the same connection");
});

test("steps that do not fit are refused, and one that rolls an offer back leaves a still picture", async () => {
  const pair = new Pair();
  const [a, b] = pair.connections as [PeerConnection, PeerConnection];
  await assert.rejects(pair.done(a.acceptAnswer({ type: "answer", sdp: "{}" })), { name: "InvalidStateError" });
  await assert.rejects(pair.done(a.addCandidate({ candidate: "x", ufrag: "y" })), { name: "InvalidStateError" });
  await pair.negotiate();
  assert.equal(b.isStuck, false);
  const offer = await pair.done(a.createOffer(true));
  await pair.done(b.createOffer(true));
  await pair.done(b.acceptOffer(offer));
  assert.equal(b.isStuck, true);
  const other = pair.make(pair.machines[0]!);
  const stranger = await pair.done(other.createOffer(false));
  await assert.rejects(pair.done(b.acceptOffer(stranger)), /another connection/);
});

test("an answer to a superseded offer makes no path", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const pair = new Pair(seed);
    const [a, b] = pair.connections as [PeerConnection, PeerConnection];
    const first = await pair.done(a.createOffer(false));
    const answer = pair.done(b.acceptOffer(first));
    await pair.done(a.createOffer(true));
    await pair.done(a.acceptAnswer(await answer)).catch(() => undefined);
    await pair.clock.pass(5_000);
    assert.equal(pair.connected, 0);
  }
  await settle();
});
