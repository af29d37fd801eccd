/**
 * When the next step follows in a call that is in trouble: what waits, what is made again, and when it is given up.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flowing, Run } from "./negotiating.js";

test("a trouble gets one restart, then new connections, ever more seldom, and ends the call after 30 s of silence", () => {
  const run = flowing("caller");
  assert.deepEqual(run.media("interrupted"), ["offer 2 restart"]);
  run.answer();
  const later = ["connect 1", "offer 3", "connect 2", "offer 4", "connect 3", "offer 5", "connect 4", "offer 6", "fail media_lost"];
  const times = [2, 2, 8, 8, 16, 16, 24, 24, 30];
  assert.deepEqual(
    run.pass(60_000, { answered: true }),
    later.map((word, index) => `${10_000 + 1_000 * times[index]!}: ${word}`),
  );
});

test("a picture that stands is tried as long as it stands, each minute in the end, and ends nothing", () => {
  const run = flowing("caller");
  assert.deepEqual(run.media("frozen"), ["offer 2 restart"]);
  run.answer();
  const made = run.pass(300_000, { answered: true }).filter((word) => word.includes("offer"));
  assert.deepEqual(
    made.map((word) => (parseInt(word) - 10_000) / 1_000),
    [2, 8, 18, 36, 70, 130, 190, 250],
  );
});

test("a new connection has its two seconds from the moment that it is there", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.answer();
  assert.deepEqual(run.pass(2_000), ["12000: connect 1", "12000: offer 3"]);
  run.answer();
  run.pass(1_800);
  run.connected();
  assert.deepEqual(run.pass(4_000), ["17800: connect 2", "17800: offer 4"], "the third step has four");
});

test("once all has flowed for five seconds the next trouble is another; before that it goes on where it was", () => {
  for (const [wellMs, patience] of [
    [5_000, 2_000],
    [4_800, 8_000],
  ] as const) {
    const run = flowing("caller");
    run.media("interrupted");
    run.answer();
    run.pass(2_000);
    run.answer();
    run.connected();
    run.media("flowing");
    run.pass(wellMs);
    assert.deepEqual(run.media("interrupted"), ["offer 4 restart"]);
    run.answer();
    assert.deepEqual(run.pass(patience), [`${run.now}: connect 2`, `${run.now}: offer 5`]);
  }
});

test("whatever flickers, steps follow each other ever more seldom: after 1, 2, 4, 8 s and then 16", () => {
  for (const [side, done] of [
    ["caller", "offer"],
    ["callee", "ask"],
  ] as const) {
    const run = flowing(side);
    const steps: string[] = [];
    const note = (words: string[]) => steps.push(...words.filter((word) => word.includes(done)));
    for (let n = 0; n < 150; n++) {
      note([...run.media("interrupted"), ...run.pass(200)]);
      if (side === "caller") run.answer();
      note([...run.media("flowing"), ...run.pass(200)]);
    }
    assert.ok(steps.length >= 4 && steps.length <= 8, `${side}: ${steps.join(", ")}`);
  }
});

test("a trouble that shows just after an answer has its two seconds: what was answered may be about to repair it", () => {
  const run = flowing("caller");
  assert.deepEqual(run.ask(1), ["offer 2 restart"]);
  run.answer();
  run.pass(200);
  assert.deepEqual([run.media("interrupted"), run.pass(1_600)], [[], []]);
  assert.deepEqual(run.pass(200), ["12000: offer 3 restart"]);
});

test("a trouble that shows while an offer is open is what that offer is for", () => {
  const run = flowing("caller");
  run.ask(1);
  assert.deepEqual([run.media("interrupted"), run.answer(), run.pass(1_800)], [[], ["take 2"], []]);
});

test("a picture that a restart has left standing gets a new connection, and another that stands a restart", () => {
  for (const [wellMs, expected] of [
    [3_000, ["connect 1", "offer 3"]],
    [6_000, ["offer 3 restart"]],
  ] as const) {
    const run = flowing("caller");
    run.media("interrupted");
    run.answer();
    run.media("flowing");
    run.pass(wellMs);
    assert.deepEqual(run.media("frozen"), expected);
  }
});

test("silence just after our network became another gets a new connection, and a callee asks for one", () => {
  for (const [side, soon, later] of [
    ["caller", ["connect 1", "offer 2"], ["offer 2 restart"]],
    ["callee", ["ask after 1 replace"], ["ask after 1"]],
  ] as const) {
    for (const waitMs of [2_800, 3_000]) {
      const run = flowing(side);
      run.when((machine, now) => machine.handleNetwork(now));
      run.pass(waitMs);
      assert.deepEqual(run.media("interrupted"), waitMs < 3_000 ? soon : later);
    }
  }
});

test("a side that learns only after the silence that it has moved gets a new connection, whatever was wanted before", () => {
  for (const [side, expected] of [
    ["caller", ["connect 1", "offer 2"]],
    ["callee", ["ask after 1 replace"]],
  ] as const) {
    const run = flowing(side);
    run.sure(false);
    run.media("interrupted");
    run.when((machine, now) => machine.handleNetwork(now));
    assert.deepEqual(
      [run.sure(true), ...run.pass(200)].flat().map((word) => word.replace(/^\d+: /, "")),
      expected,
      side,
    );
  }
});

test("a caller that moved makes a new connection, though the callee, who knows nothing of it, asks for a restart", () => {
  const run = flowing("caller");
  run.when((machine, now) => machine.handleNetwork(now));
  assert.deepEqual(run.ask(1), ["connect 1", "offer 2"]);
});

test("the caller gives a callee that moved half a second to say so, and makes one offer then", () => {
  const moved = flowing("caller", 500);
  assert.deepEqual([moved.media("interrupted"), moved.pass(400), moved.ask(1, { replace: true })], [[], [], ["connect 1", "offer 2"]]);
  const silent = flowing("caller", 500);
  assert.deepEqual([silent.media("interrupted"), silent.pass(600)], [[], ["10600: offer 2 restart"]]);
  const well = flowing("caller", 500);
  assert.deepEqual([well.media("interrupted"), well.pass(400), well.media("flowing"), well.pass(60_000)], [[], [], [], []]);
});

test("a new connection that was begun is finished, though the old one carries all again", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.answer();
  run.pass(2_000);
  run.media("flowing");
  run.pass(1_000);
  assert.deepEqual(run.lost(), ["offer 4 restart"]);
  assert.deepEqual([run.answer(), run.connected(), run.pass(60_000)], [["take 4"], [], []]);
});

test("an offer that is not answered is made again after 4 s, then after 8 and 16, and by the same connection", () => {
  const run = flowing("caller");
  run.media("interrupted");
  assert.deepEqual(run.pass(60_000), ["14000: offer 3 restart", "22000: offer 4 restart", "38000: offer 5 restart", "40000: fail media_lost"]);
});

test("an offer that is not answered is let be where all flows, and made again at the next trouble", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.media("flowing");
  assert.deepEqual(run.pass(60_000), []);
  assert.deepEqual(run.media("interrupted"), ["offer 3 restart"]);
});

test("an offer that was made before the other side came back has one second more", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.pass(400);
  run.peer(false);
  run.pass(600);
  assert.deepEqual(run.peer(true), []);
  assert.deepEqual(run.pass(2_000), ["12000: offer 3 restart"]);
});

test("what cannot arrive waits, and is done once: without a sure socket, and while the other side is away", () => {
  for (const [gone, back] of [
    [(run: Run) => run.sure(false), (run: Run) => run.sure(true)],
    [(run: Run) => run.peer(false), (run: Run) => run.peer(true)],
  ] as const) {
    for (const [side, done] of [
      ["caller", "offer 2 restart"],
      ["callee", "ask after 1"],
    ] as const) {
      const run = flowing(side);
      assert.deepEqual(gone(run), []);
      assert.deepEqual(run.media("interrupted"), []);
      assert.deepEqual(run.pass(6_000), []);
      // A callee sees first whether an offer comes with the socket.
      const [at, later] = [back(run), run.pass(800)];
      assert.deepEqual([...at, ...later.map((word) => word.replace(/^\d+: /, ""))], [done]);
    }
  }
});

test("a callee in trouble asks once, then again after 4 s, and then says that offers may be lost", () => {
  const run = flowing("callee");
  assert.deepEqual(run.media("interrupted"), ["ask after 1"]);
  assert.deepEqual(run.pass(28_000), ["14000: ask after 1 lost", "22000: ask after 1 lost", "38000: ask after 1 lost"]);
});

test("an offer that came is news: what is asked for next may not be lost, and is waited for as long as at first", () => {
  const run = flowing("callee");
  run.media("interrupted");
  run.pass(4_000);
  assert.deepEqual(run.offer(2), ["answer 2"]);
  run.answered();
  run.connected();
  run.media("flowing");
  run.pass(20_000);
  assert.deepEqual(run.media("interrupted"), ["ask after 2"]);
  assert.deepEqual(run.pass(4_000), [`${run.now}: ask after 2 lost`]);
});

test("an offer that comes with the socket is what a callee would have asked for", () => {
  for (const comes of [true, false]) {
    const run = flowing("callee");
    run.sure(false);
    run.media("interrupted");
    run.pass(3_000);
    assert.deepEqual(run.sure(true), []);
    run.now += 100;
    if (comes) assert.deepEqual([run.offer(2), run.answered()], [["answer 2"], []]);
    assert.deepEqual(run.pass(1_000).length, comes ? 0 : 1);
  }
});

test("half a minute is counted from when it fell silent, however often that is said", () => {
  const run = flowing("callee");
  run.media("interrupted");
  run.pass(20_000);
  run.media("interrupted");
  assert.equal(run.pass(20_000).at(-1), "40000: fail media_lost");
});

test("a callee gives an offer that came its two seconds before it asks for a new connection", () => {
  const run = flowing("callee");
  run.media("interrupted");
  assert.deepEqual(run.offer(2), ["answer 2"]);
  // Its browser takes a while to answer.
  assert.deepEqual(run.pass(400), []);
  run.answered();
  assert.deepEqual(run.pass(2_000), ["12400: ask after 2 replace"]);
});

test("a callee asks nothing while its answer is being made, unless that fails", () => {
  for (const isBroken of [false, true]) {
    const run = flowing("callee");
    assert.deepEqual([run.offer(2), run.media("interrupted"), run.pass(5_000)], [["answer 2"], [], []]);
    if (isBroken)
      assert.deepEqual(
        run.when((machine, now) => machine.handleBroken(now)),
        ["ask after 1 replace"],
      );
    else assert.deepEqual([run.answered(), run.pass(1_800), run.pass(200).length], [[], [], 1]);
  }
});

test("where the session was lost and nothing comes, a new connection is made: the server's relay has forgotten its addresses too", () => {
  for (const [side, again, soon] of [
    ["caller", ["connect 1", "offer 3"], ["connect 1", "offer 2"]],
    ["callee", ["ask after 1 replace lost"], ["ask after 1 replace lost"]],
  ] as const) {
    const run = flowing(side);
    run.media("interrupted");
    run.pass(1_000);
    assert.deepEqual(run.lost(), again);
    // A server may be back before its silence is noticed.
    const early = flowing(side);
    assert.deepEqual(early.lost(), []);
    early.pass(500);
    assert.deepEqual(early.media("interrupted"), soon);
  }
});

test("where the session was lost, an offer or a question that was open is made again, and otherwise only what needs it", () => {
  assert.deepEqual([flowing("caller").lost(), flowing("callee").lost()], [[], []]);
  assert.deepEqual(new Run("callee").lost(), ["ask after 0 lost"], "the first offer may be lost too");
  const asked = flowing("caller");
  asked.ask(1);
  assert.deepEqual(asked.lost(), ["offer 3 restart"], "somebody wanted it, though all flows here");
});

test("a step that waits for the other side does not grow stronger meanwhile", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.pass(1_000);
  run.peer(false);
  run.lost();
  run.pass(5_000);
  assert.deepEqual(run.peer(true), ["connect 1", "offer 3"]);
});

test("who is away for ten seconds of silence has left; who is away while all flows has not", () => {
  for (const side of ["caller", "callee"] as const) {
    const run = flowing(side);
    run.peer(false);
    assert.deepEqual(run.pass(60_000), []);
    run.media("interrupted");
    assert.deepEqual(run.pass(60_000), ["80000: fail left"]);
  }
});

test("whether somebody has left is not judged by a side that is cut off itself", () => {
  const run = flowing("callee");
  run.media("interrupted");
  run.peer(false);
  run.sure(false);
  assert.deepEqual(run.pass(29_800), []);
});

test("a connection that is not there after 15 s never comes, and one of somebody who went away is not waited for so long", () => {
  const run = new Run("callee");
  assert.deepEqual(run.pass(60_000), ["15000: fail media_failed"]);
  const left = new Run("callee");
  left.peer(false);
  assert.deepEqual(left.pass(60_000), ["10000: fail left"]);
});

test("a step that the browser refuses gets a new connection, four times in a call", () => {
  const run = flowing("caller");
  const broken = () => run.when((machine, now) => machine.handleBroken(now));
  for (let n = 1; n <= 4; n++) assert.deepEqual(broken(), [`connect ${n}`, `offer ${n + 1}`]);
  assert.deepEqual(broken(), ["fail media_lost"]);
  assert.deepEqual(
    flowing("callee").when((machine, now) => machine.handleBroken(now)),
    ["ask after 1 replace"],
  );
});

test("nothing follows once it has failed", () => {
  const run = flowing("caller");
  run.media("interrupted");
  run.pass(40_000);
  assert.deepEqual([run.answer(), run.ask(5), run.media("flowing"), run.media("interrupted"), run.pass(10_000)], [[], [], [], [], []]);
});
