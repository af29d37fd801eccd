/**
 * Offers, questions and candidates: who sends them, and the numbers by which each is taken, kept or thrown away.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Numbered } from "../src/core/offers.js";
import { flowing, Run } from "./negotiating.js";

test("the caller makes the first offer and takes its answer; the callee answers and offers nothing", () => {
  const [caller, callee] = [new Run("caller"), new Run("callee")];
  assert.deepEqual(
    caller.when((machine, now) => machine.handleStart(now)),
    ["offer 1"],
  );
  assert.deepEqual(caller.answer(1), ["take 1"]);
  assert.deepEqual(
    callee.when((machine, now) => machine.handleStart(now)),
    [],
  );
  assert.deepEqual(callee.offer(1), ["answer 1"]);
});

test("descriptions without numbers are those of a client that counts nothing", () => {
  const [caller, callee] = [new Run("caller"), new Run("callee")];
  caller.when((machine, now) => machine.handleStart(now));
  assert.deepEqual(
    caller.when((machine, now) => machine.handleAnswer({ type: "answer" }, now)),
    ["take 1"],
  );
  assert.deepEqual([callee.offer(), callee.offer()], [["answer 1"], ["answer 2"]]);
});

test("a payload that is no description, as anybody may send, changes nothing", () => {
  for (const payload of [null, 7, "offer"] as unknown as Numbered[]) {
    const run = flowing("callee");
    assert.doesNotThrow(() => run.when((machine) => machine.handleOffer(payload)), String(payload));
    assert.doesNotThrow(() => flowing("caller").when((machine, now) => machine.handleAnswer(payload, now)), String(payload));
  }
});

test("the caller follows an ask unless an offer on its way is meant for it too, or it was answered since", () => {
  const open = () => {
    const run = flowing("caller");
    run.media("interrupted");
    return run;
  };
  const cameBack = () => {
    const run = open();
    run.pass(1_000);
    run.peer(false);
    run.peer(true);
    return run;
  };
  const justBack = () => {
    const run = open();
    run.pass(200);
    run.peer(false);
    run.peer(true);
    return run;
  };
  const older = () => {
    const run = open();
    run.pass(1_000);
    return run;
  };
  const replaced = () => {
    const run = flowing("caller");
    run.ask(1, { replace: true });
    return run;
  };
  const restarted = () => {
    const run = replaced();
    run.answer();
    run.connected();
    run.pass(10_000);
    run.media("interrupted");
    return run;
  };
  const table = [
    ["nothing is under way", () => flowing("caller"), 1, {}, ["offer 2 restart"]],
    ["nothing is under way", () => flowing("caller"), 1, { replace: true }, ["connect 1", "offer 2"]],
    ["it has answered a later one", () => flowing("caller"), 0, {}, []],
    ["one is on its way", open, 1, {}, []],
    ["one is on its way that it may have missed, but it was there", open, 1, { lost: true }, []],
    ["one is open whose answer would be here if it had sent one", open, 2, { replace: true }, []],
    ["one is open whose answer was lost", older, 2, { replace: true, lost: true }, ["connect 1", "offer 3"]],
    ["one was made before it came back", cameBack, 1, { lost: true }, ["offer 3 restart"]],
    ["one was made before it came back, just now", justBack, 1, { lost: true }, ["offer 3 restart"]],
    ["it has answered more than this page counts", () => flowing("caller"), 5, {}, ["offer 6 restart"]],
    ["one was made before it came back, and its page is the same", cameBack, 1, {}, []],
    ["one is on its way that it may have missed, for a second already", older, 1, { lost: true }, ["offer 3 restart"]],
    ["one is on its way, of the connection that it would rather replace: that is given its time", open, 1, { replace: true }, []],
    ["one is on its way, of the connection that went with the page before", open, 1, { replace: true, lost: true }, ["connect 1", "offer 3"]],
    ["one is on its way, of a new connection", replaced, 1, { replace: true }, []],
    ["one is on its way, of a connection that the page before has answered", restarted, 2, { replace: true, lost: true }, ["connect 2", "offer 4"]],
  ] as const;
  for (const [what, make, after, more, expected] of table) assert.deepEqual(make().ask(after, more), expected, `${what}: ${JSON.stringify(more)}`);
});

test("a page that came back has no use for a restart of the connection that went with the page before", () => {
  const run = flowing("caller");
  run.peer(false);
  run.media("interrupted");
  run.pass(1_000);
  // The step that waited for it goes out before its question is there.
  run.peer(true);
  run.now += 50;
  assert.deepEqual(run.ask(1, { replace: true, lost: true }), ["connect 1", "offer 3"]);
});

test("a callee's ask is nobody's but the caller's to follow", () => {
  assert.deepEqual(flowing("callee").ask(1, { replace: true }), []);
});

test("of answers only that to the open offer of the connection in use is taken, and once", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.pass(4_000);
  for (const [offer, connection] of [
    [1, 0],
    [2, 0],
    [4, 0],
    [3, 1],
  ] as const)
    assert.deepEqual(run.answer(offer, connection), [], `${offer} ${connection}`);
  assert.deepEqual([run.answer(3), run.answer(3)], [["take 3"], []]);
});

test("an answer to the first offer, which was superseded meanwhile, is thrown away like any", () => {
  const run = new Run("caller");
  run.when((machine, now) => machine.handleStart(now));
  assert.deepEqual(run.pass(4_000), ["4000: offer 2 restart"]);
  assert.deepEqual([run.answer(1), run.answer(2)], [[], ["take 2"]]);
});

test("an offer that is older than the last one, or of an older connection, is thrown away", () => {
  const run = flowing("callee");
  assert.deepEqual(run.offer(3, 1), ["connect 1", "answer 3"]);
  for (const [offer, connection] of [
    [3, 1],
    [2, 1],
    [4, 0],
  ] as const)
    assert.deepEqual(run.offer(offer, connection), [], `${offer} ${connection}`);
});

test("a parked offer counts as made; an answer to an older one gets a new connection, since that one's is no more", () => {
  const parked = (number: number) => {
    const run = new Run("caller");
    run.when((machine, now) => machine.handleParked(number, now));
    return run;
  };
  assert.deepEqual(parked(3).answer(3), ["take 3"]);
  assert.deepEqual(parked(3).answer(2), ["connect 1", "offer 4"]);
  assert.deepEqual(parked(3).answer(4), []);
  const superseded = parked(3);
  assert.deepEqual(superseded.pass(4_000), ["4000: offer 4 restart"]);
  assert.deepEqual([superseded.answer(3), superseded.answer(4)], [[], ["take 4"]]);
});

test("candidates are added with their description, kept for a later one, and dropped where they are of an older one", () => {
  const of = (name: string, offer?: number, connection?: number) => ({ name, ...(offer === undefined ? {} : { offer }), ...(connection === undefined ? {} : { connection }) });
  const callee = new Run("callee");
  assert.deepEqual(callee.candidates(of("early", 1), of("later", 2)), []);
  assert.deepEqual(callee.offer(1), ["answer 1", "add early"]);
  assert.deepEqual(callee.candidates(of("now", 1), "unnumbered"), ["add now unnumbered"]);
  assert.deepEqual(callee.offer(2), ["answer 2", "add later"]);
  assert.deepEqual(callee.candidates(of("old", 1)), []);
  assert.deepEqual(callee.offer(3, 1), ["connect 1", "answer 3"]);
  assert.deepEqual(callee.candidates(of("old", 2), of("new", 3, 1)), ["add new"]);
});

test("a caller's candidates wait for their answer, too", () => {
  const run = flowing("caller");
  run.media("interrupted");
  assert.deepEqual(run.candidates({ name: "first", offer: 1 }, { name: "second", offer: 2 }), ["add first"]);
  assert.deepEqual(run.answer(), ["take 2", "add second"]);
  assert.deepEqual(run.candidates({ name: "old", offer: 1 }, { name: "third", offer: 2 }), ["add third"]);
});

test("candidates of the connection before are not added to a new one", () => {
  const run = flowing("caller");
  assert.deepEqual(run.ask(1, { replace: true }), ["connect 1", "offer 2"]);
  assert.deepEqual(run.candidates({ name: "old", offer: 1 }), []);
  assert.deepEqual(run.answer(2), ["take 2"]);
});

test("64 candidates are kept", () => {
  const run = new Run("callee");
  run.candidates(...Array.from({ length: 100 }, (_, index) => ({ name: `c${index}`, offer: 1 })));
  assert.equal(run.offer(1)[1]?.split(" ").length, 1 + 64);
});

test("a page that came back counts on from where it was, and gets a new connection", () => {
  const counts = { offer: 4, connection: 1 };
  const returned = (side: "caller" | "callee") => new Run(side, counts).when((machine, now) => machine.handleReturn(now));
  assert.deepEqual(returned("caller"), ["connect 2", "offer 5"]);
  assert.deepEqual(returned("callee"), ["ask after 4 replace lost"]);
});

test("a callee that came back answers no offer of a connection that went with the page before, and asks on for a new one", () => {
  const run = new Run("callee", { offer: 4, connection: 1 });
  run.when((machine, now) => machine.handleReturn(now));
  assert.deepEqual([run.offer(5, 1), run.candidates({ name: "old", offer: 5, connection: 1 })], [[], []]);
  assert.deepEqual(run.pass(4_000), ["4000: ask after 4 replace lost"]);
  assert.deepEqual(run.offer(6, 2), ["connect 2", "answer 6"]);
  assert.deepEqual(run.offer(7, 2), ["answer 7"]);
});

test("a caller whose parked offer went with the match, but whose connection did not last, offers a new one behind it", () => {
  const run = new Run("caller");
  assert.deepEqual(
    run.when((machine, now) => machine.handleStale(2, now)),
    ["connect 1", "offer 3"],
  );
  assert.deepEqual([run.answer(2, 0), run.answer(3, 1)], [[], ["take 3"]]);
});

test("the caller searches for shorter paths when addresses may be told, also if an offer is open or the other side away just then", () => {
  const reveal = (run: Run) => run.when((machine, now) => machine.handleReveal(now));
  assert.deepEqual([reveal(flowing("caller")), reveal(flowing("callee"))], [["offer 2 restart"], []]);
  const open = flowing("caller");
  open.media("interrupted");
  assert.deepEqual([reveal(open), open.answer(), open.pass(1_000)], [[], ["take 2"], ["11000: offer 3 restart"]]);
  const asked = flowing("caller");
  asked.ask(1);
  assert.deepEqual([asked.answer(), reveal(asked), asked.pass(1_000)], [["take 2"], [], ["11000: offer 3 restart"]]);
  const away = flowing("caller");
  away.peer(false);
  assert.deepEqual([reveal(away), away.media("interrupted"), away.media("flowing")], [[], [], []]);
  assert.deepEqual(away.peer(true), ["offer 2 restart"]);
});

test("where restarts are slow the caller makes a new connection instead of each", () => {
  const run = flowing("caller");
  run.machine.handleSlowRestarts();
  assert.deepEqual(run.media("interrupted"), ["connect 1", "offer 2"]);
  run.answer();
  run.connected();
  run.media("flowing");
  run.pass(10_000);
  assert.deepEqual(run.ask(2), ["connect 2", "offer 3"]);
  run.answer();
  run.connected();
  run.pass(10_000);
  assert.deepEqual(
    run.when((machine, now) => machine.handleReveal(now)),
    ["connect 3", "offer 4"],
  );
});

test("a session that is lost again each second, as with a server that cannot stay up, makes a handful of offers and no more", () => {
  const run = flowing("caller");
  run.media("interrupted");
  let offers = 0;
  for (let second = 0; second < 29; second++) {
    const steps = run.when((machine, now) => machine.handleLost(now));
    steps.push(...run.pass(1_000));
    offers += steps.filter((step) => step.includes("offer")).length;
  }
  // Six at once, then 16 s apart.
  assert.ok(offers >= 6 && offers <= 8, `${offers} offers`);
});
