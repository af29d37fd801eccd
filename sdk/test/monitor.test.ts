import assert from "node:assert/strict";
import { test } from "node:test";
import { BEACON_BYTES_MAX, BEACON_CALLS_MAX, ERRORS_MAX, EVENT_NAME_CHARS_MAX, EVENTS_MAX } from "../src/generated/beacon.js";
import { addCall, addError, addEvent, open, textOf } from "../src/monitor/beacon.js";
import { between, countsOf } from "../src/monitor/counts.js";
import { makeCourse } from "../src/monitor/course.js";
import { optionsOf } from "../src/monitor/options.js";
import { AGE_MS_MAX, BEACONS_MAX, CHARS_MAX, add, readQueue, remove } from "../src/monitor/queue.js";
import { routeOf } from "../src/monitor/routes.js";
import { scrub, scrubStack } from "../src/monitor/scrub.js";
import { summaryOf } from "../src/monitor/summary.js";
import { IDLE_MS, VISIT_MS_MAX, goesOn, newVisit } from "../src/monitor/visit.js";

const MINUTE_MS = 60_000;
const beacon = () => open({ version: 1, visit: "visit", view: "view", sequence: 0, sent_at: 0, started_at: 1_000, route: "/" }, "desk");

test("a visit ends after half an hour of rest or after four hours, and a call keeps it alive", () => {
  const visit = newVisit("id", 0, 1, 0.5);
  assert.ok(goesOn(visit, IDLE_MS - 1, false));
  assert.ok(!goesOn(visit, IDLE_MS, false));
  assert.ok(goesOn(visit, IDLE_MS, true));
  for (let at = 0; at < VISIT_MS_MAX; at += MINUTE_MS) {
    assert.ok(goesOn(visit, at, false));
    visit.seen = at;
  }
  assert.ok(!goesOn(visit, VISIT_MS_MAX, false));
  assert.ok(goesOn(visit, VISIT_MS_MAX, true));
});

test("a clock that was set back, and what is no visit, end the visit", () => {
  const visit = newVisit("id", 1_000, 1, 0);
  assert.ok(!goesOn(visit, 999, false));
  for (const other of [{}, [], "visit", { ...visit, weight: -1 }, { ...visit, seen: "never" }]) assert.ok(!goesOn(other as typeof visit, 1_000, false));
});

test("the sample is drawn once, and its weight makes up for those that were not sent", () => {
  let sum = 0;
  for (let draw = 0; draw < 1_000; draw++) sum += newVisit("id", 0, 0.1, draw / 1_000).weight;
  assert.equal(sum, 1_000);
  assert.equal(newVisit("id", 0, 0, 0).weight, 0);
  assert.equal(newVisit("id", 0, 1, 0.999).weight, 1);
});

test("a later beacon of a view replaces the earlier one, and an answer to that removes no later one", () => {
  const one = { view: "a", seq: 1, at: 0, body: "1" };
  const two = { view: "a", seq: 2, at: 0, body: "2" };
  const other = { view: "b", seq: 1, at: 0, body: "3" };
  const queue = add(add(add([], one), other), two);
  assert.deepEqual(queue, [other, two]);
  assert.deepEqual(remove(queue, one), [other, two]);
  assert.deepEqual(remove(queue, two), [other]);
});

test("the queue holds so many beacons of so many characters, and the oldest go first", () => {
  let queue = readQueue(null, 0);
  for (let view = 0; view < 100; view++) queue = add(queue, { view: `${view}`, seq: 1, at: 1, body: "x" });
  assert.equal(queue.length, BEACONS_MAX);
  assert.equal(queue.at(-1)?.view, "99");
  for (let view = 0; view < 10; view++) queue = add(queue, { view: `large ${view}`, seq: 1, at: 1, body: "x".repeat(15_000) });
  assert.ok(queue.reduce((sum, { body }) => sum + body.length, 0) <= CHARS_MAX);
  assert.equal(queue.at(-1)?.view, "large 9");
  assert.deepEqual(add([], { view: "huge", seq: 1, at: 1, body: "x".repeat(CHARS_MAX + 1) }), []);
});

test("beacons of another day are not sent, and what is no beacon is left out", () => {
  const one = { view: "a", seq: 1, at: AGE_MS_MAX, body: "1" };
  const read = (kept: unknown, now = AGE_MS_MAX) => readQueue(JSON.stringify(kept), now);
  assert.deepEqual(read([one]), [one]);
  assert.deepEqual(read([one], 2 * AGE_MS_MAX), []);
  assert.deepEqual(read([one], -1), []);
  assert.deepEqual(read([one, { view: "b" }, { ...one, body: 5 }, 3]), [one]);
  for (const text of ["", "{", "5", "{}", '"text"', "[null]"]) assert.deepEqual(readQueue(text, 0), []);
});

test("routes tell of nobody", () => {
  for (const [path, route] of [
    ["/", "/"],
    ["/about-us/team", "/about-us/team"],
    ["/room/42/edit", "/room/:id/edit"],
    ["/i/Ab3_x-9QzLk", "/i/:id"],
    ["/u/018f0000-0000-4000-8000-000000000001", "/u/:id"],
    ["/mail/ada@example.org", "/mail/:id"],
    ["/mail/ada%40example.org", "/mail/:id"],
    [`/x/${"y".repeat(24)}`, "/x/:id"],
    ["/v1/docs", "/v1/docs"],
  ] as const)
    assert.equal(routeOf(path), route);
  assert.ok(routeOf("/word".repeat(100)).length <= 120);
});

test("a message leaves without what may tell of a person", () => {
  for (const [message, left] of [
    ["Failed to fetch https://x.example/a/b?token=abc#part now", "Failed to fetch https://x.example/a/b now"],
    ["GET /api/me?mail=ada failed", "GET /api/me failed"],
    ["no user ada.l@mail.example.org here", "no user <mail> here"],
    ["https://ada:secret@example.org/x", "<mail>/x"],
    ["peer 203.0.113.7 and 2001:db8::1 gone", "peer <id> and <id> gone"],
    ["call +44 20 7946 0958 now", "call <id> now"],
    ["order 12345678", "order <id>"],
    ["session 018f0000-0000-4000-8000-000000000001", "session <id>"],
    [`Unexpected token 'h', "hello dear" is not valid JSON`, `Unexpected token 'h', "…" is not valid JSON`],
    [`Unexpected token 'h', "hello" is not valid JSON`, `Unexpected token 'h', "…" is not valid JSON`],
    [`can't access property "name", user is undefined`, `can't access property "name", user is undefined`],
    [`said "I live in a yellow house"`, `said "…"`],
    ["Cannot read properties of undefined (reading 'foo')", "Cannot read properties of undefined (reading 'foo')"],
    ["data:image/png;base64,AAAA/BBBB", "data:…"],
    ["two\nlines\u0000", "two lines "],
  ] as const)
    assert.equal(scrub(message, 300), left);
  assert.equal(scrub("a".repeat(1_000), 300).length, 300);
});

test("the patterns take no longer for a text that is made to hold them up", () => {
  for (const part of ["a", "1", "@", "/", '"', ":", "a.", "1 ", "a@b."]) assert.ok(scrub(part.repeat(100_000), 300).length <= 300);
  for (const part of ["at ", "@", ":1", "at x?:1", "\n"]) assert.ok(scrubStack(part.repeat(100_000), 1_000).length <= 1_000);
});

test("a stack is its places, without messages and queries", () => {
  const chromium = "Error: my dear @ home:5 said\n    at talk (https://x.example/app.js?v=3&u=ada:10:5)\n    at async https://x.example/b.js#h:1:2\n    at <anonymous>";
  assert.equal(scrubStack(chromium, 1_000), "    at talk (https://x.example/app.js:10:5)\n    at async https://x.example/b.js:1:2\n");
  assert.equal(scrubStack("talk@https://x.example/app.js?v=3:10:5\n@https://x.example/b.js:1:2\n", 1_000), "talk@https://x.example/app.js:10:5\n@https://x.example/b.js:1:2\n");
  const deep = scrubStack("    at f (https://x.example/app.js:10:5)\n".repeat(500), 1_000);
  assert.ok(deep.length <= 1_000 && deep.endsWith("app.js:10:5)\n"));
  assert.equal(scrubStack("at https://x.example/b.js:1:2", 1_000), "at https://x.example/b.js:1:2\n");
});

test("errors of one kind are one entry with its count, and those beyond the bound are counted", () => {
  const view = beacon();
  for (let time = 0; time < 3; time++) addError(view, "error", { name: "TypeError", message: "no" }, 1_500 + time);
  assert.deepEqual(view.errors, [{ kind: "error", name: "TypeError", message: "no", stack: null, at_ms: 500, count: 3 }]);
  for (let kind = 0; kind < 20; kind++) addError(view, "rejection", { message: `no ${"x".repeat(kind)}` }, 2_000);
  assert.equal(view.errors.length, ERRORS_MAX);
  assert.equal(view.errors_dropped, 20 - ERRORS_MAX + 1);
});

test("features are counted by their names, and what is no name is none", () => {
  const view = beacon();
  for (const name of ["chat", "chat", "my dear", "", "x".repeat(EVENT_NAME_CHARS_MAX + 1), "<b>"]) addEvent(view, name);
  assert.deepEqual(view.events, [{ name: "chat", count: 2 }]);
  addEvent(view, "x".repeat(EVENT_NAME_CHARS_MAX));
  assert.equal(view.events.length, 2);
  for (let name = 0; name < 50; name++) addEvent(view, `name-${name}`);
  assert.equal(view.events.length, EVENTS_MAX);
});

test("the last calls of a view are kept", () => {
  const view = beacon();
  for (let call = 0; call < 20; call++) addCall(view, 1_000 + call).cause = `${call}`;
  assert.equal(view.calls.length, BEACON_CALLS_MAX);
  assert.equal(view.calls.at(-1)?.cause, "19");
});

test("a beacon that would be too large goes without stacks", () => {
  const view = beacon();
  const stack = (line: number) => `at ä${"ö".repeat(400)} (https://x.example/app.js:${line}:1)`;
  addError(view, "error", { message: "no", stack: stack(0) }, 0);
  assert.equal(textOf(view), JSON.stringify(view));
  for (let line = 1; line < ERRORS_MAX; line++) addError(view, "error", { message: '"'.repeat(299) + line, stack: stack(line) }, 0);
  const text = textOf(view);
  assert.ok(new TextEncoder().encode(text).length <= BEACON_BYTES_MAX);
  assert.equal(JSON.parse(text).errors.length, ERRORS_MAX);
  assert.equal(view.errors[0]?.stack, `${stack(0)}\n`);
});

test("a connection's counts become readings between two looks", () => {
  const report = (packetsReceived: number, packetsLost: number) =>
    new Map<string, object>([
      ["a", { type: "inbound-rtp", packetsReceived, packetsLost, jitter: 0.02 }],
      ["b", { type: "inbound-rtp", packetsReceived: 0 }],
      ["p", { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.1, localCandidateId: "l", remoteCandidateId: "r" }],
      ["q", { type: "candidate-pair", nominated: false, state: "succeeded", currentRoundTripTime: 9 }],
      ["l", { type: "local-candidate", candidateType: "relay" }],
      ["r", { type: "remote-candidate", candidateType: "host" }],
    ]) as Parameters<typeof countsOf>[0];
  const before = countsOf(report(100, 0));
  assert.deepEqual(before, { packets: 100, lost: 0, jitterMs: 20, roundTripMs: 100, isRelayed: true });
  const good = between(before, countsOf(report(200, 0)));
  assert.equal(good.level, "excellent");
  assert.deepEqual([good.expected, good.lost], [100, 0]);
  assert.equal(between(before, countsOf(report(180, 20))).level, "poor");
  assert.equal(between(before, countsOf(report(190, 10))).level, "good");
  assert.equal(between(before, countsOf(report(100, 0))).level, "disconnected");
});

test("the course of a call is its means, and the level of most of it", () => {
  const take = makeCourse();
  const reading = { level: "good", score: 80, roundTripMs: 100, jitterMs: 10, lost: 0, expected: 100 } as const;
  take(reading);
  take(reading);
  assert.deepEqual(take({ ...reading, level: "poor", score: 50, lost: 30 }), { level: "good", score: 70, rtt_ms: 100, jitter_ms: 10, loss_permille: 100 });
});

test("the summary has all its keys before anything is known", () => {
  assert.deepEqual(summaryOf(undefined, 5), {
    coreWebVitals: { fcp: null, lcp: null, cls: null, fid: null, inp: null, ttfb: null },
    sessionMetrics: { pageViews: 0, errors: 0, duration: 0, loadTime: null, connectionQuality: "unknown" },
  });
  const visit = { ...newVisit("id", 1_000, 1, 0), views: 2, errors: 1 };
  const { coreWebVitals, sessionMetrics } = summaryOf({ vitals: { cls: 0, lcp: 900, load: 950 }, visit, level: "frozen" }, 4_000);
  assert.deepEqual([coreWebVitals.cls, coreWebVitals.lcp, coreWebVitals.inp], [0, 900, null]);
  assert.deepEqual(sessionMetrics, { pageViews: 2, errors: 1, duration: 3_000, loadTime: 950, connectionQuality: "lost" });
});

test("a script tag gives options by its attributes", () => {
  const options = optionsOf({ release: "1.2", route: "/call", respectDoNotTrack: "" }, "https://call.example/monitor.js?x=1");
  assert.deepEqual([options.server, options.release, options.respectDoNotTrack], ["https://call.example", "1.2", true]);
  assert.equal(options.routeOf?.(new URL("https://call.example/i/secret")), "/call");
  assert.equal(optionsOf({}, "https://call.example/monitor.js").respectDoNotTrack, false);
  // A rate is a text there.
  assert.equal(newVisit("id", 0, optionsOf({ sampleRate: "0.5" }, "https://call.example/").sampleRate!, 0.4).weight, 2);
});
