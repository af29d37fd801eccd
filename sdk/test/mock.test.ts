/**
 * The mock: whom its exchange pairs, what it says, and how real clients get on with it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../src/core/client.js";
import type { Environment } from "../src/core/environment.js";
import type { AgeClass, ClientFrame, ClientHello, Numbers, ServerFrame } from "../src/generated/protocol.js";
import { Accounts } from "../src/mock/accounts.js";
import { Exchange } from "../src/mock/exchange.js";
import { settle, World } from "./world.js";
import type { Stream } from "./world.js";

type Heard = ServerFrame & Numbers & { lonely_ms?: number };

/** An exchange, its sockets by name, and a clock. */
class Floor {
  readonly world = new World();
  #names = 0;
  readonly name = () => `name-${++this.#names}`;
  readonly heard = new Map<string, Heard[]>();
  readonly closed = new Map<string, number>();
  exchange = this.newExchange();

  newExchange(): Exchange {
    return new Exchange(this.world.environment(), this.name, {
      say: (socket, text) => void this.heard.get(socket)?.push(JSON.parse(text) as Heard),
      end: (socket, code) => void this.closed.set(socket, code),
    });
  }

  /** Somebody arrives by a socket that has their name. */
  arrive(user: string, { age = "adult", companyOf = null, hello = {} }: { age?: AgeClass | null; companyOf?: string | null; hello?: ClientHello } = {}): Heard {
    this.heard.set(user, []);
    this.exchange.open(user, { user: { id: user, age }, tab: `tab of ${user}`, companyOf });
    this.say(user, { type: "hello", ...hello });
    return this.heard.get(user)![0]!;
  }

  say(socket: string, frame: ClientFrame & Numbers): void {
    this.exchange.handleText(socket, JSON.stringify(frame));
  }

  seek(...users: string[]): void {
    for (const user of users) this.say(user, { type: "seek", interests: [] });
  }

  /** The last frame of a type that somebody received. */
  last<Type extends Heard["type"]>(user: string, type: Type): Extract<Heard, { type: Type }> | undefined {
    return this.heard
      .get(user)!
      .filter((frame) => frame.type === type)
      .at(-1) as Extract<Heard, { type: Type }> | undefined;
  }

  /** Two who wait, or do so now, and confirm. */
  call(one: string, two: string): string {
    this.seek(one, two);
    const call = this.last(one, "match")!.call;
    for (const user of [one, two]) this.say(user, { type: "confirm", call });
    return call;
  }
}

test("two who wait are paired, and the call begins once both have confirmed", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.say("ann", { type: "seek", interests: ["chess", "rust"] });
  floor.say("bob", { type: "seek", interests: ["rust"] });
  const [ann, bob] = [floor.last("ann", "match")!, floor.last("bob", "match")!];
  assert.equal(ann.call, bob.call);
  assert.deepEqual([ann.you, bob.you, ann.shared_interests], ["callee", "caller", ["rust"]]);
  floor.say("ann", { type: "confirm", call: ann.call });
  assert.equal(floor.last("ann", "begin"), undefined);
  floor.say("bob", { type: "confirm", call: ann.call });
  assert.ok(floor.last("ann", "begin") && floor.last("bob", "begin"));
});

test("frames are relayed with the side they came from, and counted anew for their reader", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  const call = floor.call("ann", "bob");
  floor.say("bob", { type: "offer", call, payload: { sdp: "o" }, seq: 9, ack: 3 });
  const { type, from, payload, seq } = floor.last("ann", "offer")!;
  assert.deepEqual({ type, from, payload }, { type: "offer", from: "caller", payload: { sdp: "o" } });
  assert.deepEqual(
    floor.heard
      .get("ann")!
      .filter((frame) => frame.seq)
      .map((frame) => frame.seq),
    Array.from({ length: seq! }, (_, index) => index + 1),
  );
  floor.say("ann", { type: "chat", call: "another", text: "hello" });
  assert.equal(floor.last("ann", "error")!.code, "not_in_call");
});

test("a question for another offer and what a side sends are relayed, and a parked offer is nobody's", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.seek("ann");
  floor.say("ann", { type: "park", payload: { sdp: "parked", offer: 1 } });
  const call = floor.call("bob", "ann");
  assert.deepEqual(
    ["ann", "bob"].map((user) => [floor.last(user, "match")!.is_offered, floor.last(user, "match")!.offer]),
    [
      [false, undefined],
      [false, undefined],
    ],
  );
  floor.say("ann", { type: "restart", call, after: 3, replace: true, lost: false });
  floor.say("ann", { type: "sends", call, picture: "screen", sound: false });
  const { after, replace, lost } = floor.last("bob", "restart")!;
  const { picture, sound } = floor.last("bob", "sends")!;
  assert.deepEqual([after, replace, lost, picture, sound], [3, true, false, "screen", false]);
});

test("a client that asks whether its socket lives is answered at once, by a frame that is not counted", () => {
  const floor = new Floor();
  floor.arrive("ann");
  floor.say("ann", { type: "ping" });
  assert.deepEqual(floor.heard.get("ann")!.at(-1), { type: "pong" });
});

test("a client that sends much is told what has arrived, so that it need not keep it", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  const call = floor.call("ann", "bob");
  for (let seq = 1; seq <= 8; seq++) floor.say("ann", { type: "chat", call, text: "hello", seq });
  assert.deepEqual(floor.last("ann", "ack"), { type: "ack", ack: 8 });
});

test("an adult and a minor never meet", () => {
  const floor = new Floor();
  floor.arrive("ann");
  floor.arrive("kid", { age: "minor" });
  floor.seek("ann", "kid");
  assert.equal(floor.last("ann", "match"), undefined);
});

test("without an answer to the age question nobody waits, and with one they do", () => {
  const floor = new Floor();
  floor.arrive("ann", { age: null });
  floor.seek("ann");
  assert.equal(floor.last("ann", "error")!.code, "age_unanswered");
  floor.exchange.handleUser({ id: "ann", age: "adult" });
  floor.seek("ann");
  assert.ok(floor.last("ann", "queued"));
});

test("next puts the other side back in line with its waiting time, and two alone meet again", async () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.seek("ann");
  await floor.world.pass(700);
  floor.seek("bob");
  const call = floor.last("ann", "match")!.call;
  for (const user of ["ann", "bob"]) floor.say(user, { type: "confirm", call });
  await floor.world.pass(5_000);
  floor.say("bob", { type: "next", call, interests: [] });
  const { cause, by, requeued } = floor.last("ann", "end")!;
  assert.deepEqual({ cause, by, requeued }, { cause: "next", by: "caller", requeued: true });
  assert.equal(floor.last("ann", "queued")!.waited_ms, 700);
  assert.equal(floor.last("ann", "match")!.met_before, true);
  assert.notEqual(floor.last("ann", "match")!.call, call);
});

test("somebody new comes before somebody known who waited longer", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob", "cleo"]) floor.arrive(user);
  floor.say("ann", { type: "end", call: floor.call("ann", "bob"), cause: "hangup" });
  // These two wait side by side, since they must not meet.
  floor.exchange.handleBlock("bob", floor.call("bob", "cleo"));
  floor.seek("bob", "cleo", "ann");
  assert.equal(floor.last("ann", "match")!.call, floor.last("cleo", "match")!.call);
  assert.equal(floor.last("ann", "match")!.met_before, false);
});

test("who hangs up puts nobody back in line", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.say("ann", { type: "end", call: floor.call("ann", "bob"), cause: "hangup" });
  assert.equal(floor.last("bob", "end")!.requeued, false);
  assert.equal(floor.heard.get("bob")!.at(-1)!.type, "end");
});

test("a match that only one side confirms is over after two seconds, and that side waits again", async () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.seek("ann", "bob");
  floor.say("ann", { type: "confirm", call: floor.last("ann", "match")!.call });
  await floor.world.pass(2_000);
  assert.deepEqual([floor.last("ann", "end")!.requeued, floor.last("bob", "end")!.requeued], [true, false]);
  assert.ok(floor.last("ann", "queued"));
});

test("a block ends the call, and the two never meet again", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  const call = floor.call("ann", "bob");
  floor.exchange.handleBlock("bob", call);
  assert.equal(floor.last("ann", "end")!.cause, "blocked");
  floor.seek("ann", "bob");
  assert.equal(floor.last("ann", "match")!.call, call);
});

test("an invite is for two, and whoever has another code is refused", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob", "cleo"]) floor.arrive(user, { age: null });
  for (const user of ["ann", "bob", "cleo"]) floor.say(user, { type: "join", invite: "mock-1" });
  assert.equal(floor.last("ann", "match")!.kind, "invite");
  assert.equal(floor.last("cleo", "error")!.code, "invite_invalid");
  floor.say("cleo", { type: "join", invite: "of a server" });
  assert.equal(floor.heard.get("cleo")!.filter((frame) => frame.type === "error").length, 2);
});

test("company is due after two seconds, after three where others are connected, and never for an invite", () => {
  const floor = new Floor();
  floor.arrive("ann");
  floor.seek("ann");
  assert.equal(floor.last("ann", "queued")!.lonely_ms, 2_000);
  floor.arrive("kid", { age: "minor" });
  floor.seek("kid");
  assert.equal(floor.last("kid", "queued")!.lonely_ms, 3_000);
});

test("company meets its own person and nobody else, and does not wait", () => {
  const floor = new Floor();
  for (const user of ["ann", "kid"]) floor.arrive(user, { age: user === "kid" ? "minor" : "adult" });
  floor.seek("ann");
  floor.arrive("machine", { companyOf: "kid" });
  floor.seek("machine");
  assert.equal(floor.last("machine", "error")!.code, "conflict");
  floor.seek("kid", "machine");
  const { call } = floor.last("machine", "match")!;
  assert.equal(floor.last("kid", "match")!.call, call);
  floor.say("kid", { type: "next", call, interests: [] });
  assert.equal(floor.last("machine", "end")!.requeued, false);
  assert.equal(floor.last("kid", "queued")!.lonely_ms, 3_000);
});

test("a page that is gone ends its call, and the other side waits again", () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.call("ann", "bob");
  floor.exchange.handleGone("tab of ann");
  const { cause, by, requeued } = floor.last("bob", "end")!;
  assert.deepEqual({ cause, by, requeued }, { cause: "peer_lost", by: "callee", requeued: true });
});

test("a session outlives its socket for ten seconds", async () => {
  const floor = new Floor();
  const { session } = floor.arrive("ann") as Extract<Heard, { type: "hello" }>;
  floor.arrive("bob");
  const call = floor.call("ann", "bob");
  floor.exchange.handleClosed("ann", 4409);
  const back = floor.arrive("ann", { hello: { resume: { session, epoch: "e", ack: 0 } } }) as Extract<Heard, { type: "hello" }>;
  assert.deepEqual(back.snapshot, { state: "call", call, has_begun: true, is_peer_here: true });
  floor.exchange.handleClosed("ann", 1006);
  await floor.world.pass(10_000);
  assert.equal(floor.last("bob", "end")!.cause, "peer_lost");
});

test("a second session of a user takes the place of the first", () => {
  const floor = new Floor();
  floor.arrive("ann");
  const first = floor.heard.get("ann")!;
  floor.exchange.open("ann again", { user: { id: "ann", age: "adult" }, tab: "another", companyOf: null });
  floor.heard.set("ann again", []);
  floor.say("ann again", { type: "hello" });
  assert.equal(first.at(-1)!.type, "leave");
  assert.equal(floor.closed.get("ann"), 4409);
});

test("another exchange restores a call by the grants of both sides", async () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  const call = floor.call("ann", "bob");
  const grants = ["ann", "bob"].map((user) => floor.last(user, "match")!.grant);
  floor.exchange = floor.newExchange();
  const ann = floor.arrive("ann", { hello: { grant: grants[0]! } }) as Extract<Heard, { type: "hello" }>;
  assert.deepEqual(ann.snapshot, { state: "call", call, has_begun: true, is_peer_here: true });
  floor.arrive("eve", { hello: { grant: grants[1]! } });
  floor.arrive("bob", { hello: { grant: grants[1]! } });
  floor.say("ann", { type: "chat", call, text: "still here" });
  assert.equal(floor.last("bob", "chat")!.text, "still here");
  assert.equal(floor.last("eve", "chat"), undefined);
  await floor.world.pass(20_000);
  assert.equal(floor.last("ann", "end"), undefined);
});

test("a restored call whose other side stays away is over", async () => {
  const floor = new Floor();
  for (const user of ["ann", "bob"]) floor.arrive(user);
  floor.call("ann", "bob");
  const { grant } = floor.last("ann", "match")!;
  floor.exchange = floor.newExchange();
  floor.arrive("ann", { hello: { grant } });
  await floor.world.pass(10_000);
  const { cause, by, requeued } = floor.last("ann", "end")!;
  assert.deepEqual({ cause, by, requeued }, { cause: "peer_lost", by: "caller", requeued: true });
});

/** A client whose server is the exchange, as a tab has it; its sockets are returned, so that a test can break them. */
function tabOn(floor: Floor, user: string): { client: Client<Stream>; world: World; break: () => void } {
  const world = new World();
  let lose: () => void = () => undefined;
  const accounts = new Accounts(world.environment(), () => `${user}-${floor.name()}`, {
    onUser: (changed) => floor.exchange.handleUser(changed),
    onBlock: (...block) => floor.exchange.handleBlock(...block),
  });
  const env: Environment<Stream> = {
    ...world.environment(),
    fetch: (url, request) => Promise.resolve(accounts.answer(url, request)),
    openSocket(_url, _protocol, handlers) {
      const socket = floor.name();
      const heard: Heard[] = [];
      heard.push = (...frames) => {
        for (const frame of frames) queueMicrotask(() => handlers.onMessage(JSON.stringify(frame)));
        return 0;
      };
      floor.heard.set(socket, heard);
      floor.exchange.open(socket, { user: accounts.user!, tab: user, companyOf: null });
      queueMicrotask(() => handlers.onOpen());
      lose = () => handlers.onClose(1006);
      return {
        send: (text) => queueMicrotask(() => floor.exchange.handleText(socket, text)),
        close: (code) => floor.exchange.handleClosed(socket, code),
      };
    },
  };
  return { client: new Client(env, { server: "https://mock.example" }), world, break: () => lose() };
}

async function calling(): Promise<{ floor: Floor; tabs: ReturnType<typeof tabOn>[] }> {
  const floor = new Floor();
  const tabs = ["ann", "bob"].map((user) => tabOn(floor, user));
  for (const { client } of tabs) {
    await client.signIn({ age: "adult" });
    await client.startMedia();
    await client.seek({ interests: ["chess"] });
  }
  await settle();
  return { floor, tabs };
}

test("two clients go from the wait into a call, talk, and hang up", async () => {
  const { tabs } = await calling();
  const [ann, bob] = tabs.map(({ client }) => client) as [Client<Stream>, Client<Stream>];
  assert.deepEqual([ann.state.name, bob.state.name], ["connecting", "connecting"]);
  for (let line = 0; line < 30; line++) ann.sendChat(`line ${line}`);
  await settle();
  assert.equal(bob.chat.at(-1)!.text, "line 29");
  bob.hangUp();
  await settle();
  assert.equal(ann.state.name, "ended");
});

test("a client that answers the age question after its hello may wait", async () => {
  const floor = new Floor();
  const { client } = tabOn(floor, "ann");
  await client.signIn();
  await client.startMedia();
  await client.seek();
  await settle();
  await client.setAge("adult");
  await client.seek();
  await settle();
  assert.equal(client.state.name, "queued");
});

test("two clients stay in their call when the tab with the exchange closes", async () => {
  const { floor, tabs } = await calling();
  const ids = tabs.map(({ client }) => client.state.name === "connecting" && client.state.match.call);
  floor.exchange = floor.newExchange();
  for (const tab of tabs) tab.break();
  for (const { world } of tabs) await world.pass(300);
  assert.deepEqual(
    tabs.map(({ client }) => client.state.name === "connecting" && client.state.match.call),
    ids,
  );
  tabs[0]!.client.sendChat("still here");
  await settle();
  assert.equal(tabs[1]!.client.chat.at(-1)?.text, "still here");
});
