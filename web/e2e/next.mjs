/**
 * Ten times `next` in a row between six people: after each, every paired person sees the one they are paired with.
 *
 * Six cameras of six colours, so that it is known who sees whom. A person who was left or has moved on waits, or is
 * paired with somebody new; the others must not notice. How long the new picture takes is printed, not judged.
 */
import assert from "node:assert/strict";
import { COLOURS } from "./browser.mjs";
import { Watch } from "./lab/watch.mjs";
import { arrive, click, press } from "./page.mjs";

const TURNS = 10;
const LOOK_MS = 50;
/** Those who have all met are paired again after 15 s; everything else is a matter of a second or two. */
const SETTLED_MS_MAX = 40_000;
/** Pages of a busy machine that answered a match too late; each continues as a person would. */
const TOO_LATE_MAX = 6;
/** The pages' events are read three times in this time. */
const GOOD_MS = 500;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The person that somebody sees in their call, or `null` while they wait or see nothing of this call yet. */
function seen({ watch }) {
  if (watch.now("screen") !== "call") return null;
  const since = watch.log.findLast(([, what, text]) => what === "heard" && text.startsWith("match"))?.[0] ?? 0;
  const colour = watch.log.findLast(([at, what]) => what === "colour" && at >= since);
  return colour ? { colour: colour[2], at: colour[0] } : null;
}

/** The faults at this moment; empty once everybody waits or sees somebody who sees them. */
function wrongs(people) {
  const list = [];
  for (const [colour, person] of Object.entries(people)) {
    const screen = person.watch.now("screen");
    const sight = seen(person);
    if (screen === "waiting") continue;
    if (sight === null) list.push(`${colour} is on the screen "${screen}" and sees nobody`);
    else if (seen(people[sight.colour])?.colour !== colour) list.push(`${colour} sees ${sight.colour}, who does not see them`);
  }
  return list;
}

/** The people whose picture has not moved since this instant: on a busy machine frames are late, and a frozen one
 * never comes. */
function standing(people, since) {
  const list = Object.entries(people).filter(([, person]) => seen(person) !== null && (person.watch.frames.at(-1) ?? 0) < since);
  return list.map(([colour, person]) => `${colour} sees a picture of ${seen(person).colour} that stands`);
}

/** A person who was not in time for a match has left the line, and asks for somebody else. */
async function askAgain(people) {
  for (const [colour, person] of Object.entries(people)) {
    if (person.watch.now("screen") !== "ended" || !person.watch.now("reason").includes("too late")) continue;
    const at = person.watch.log.findLast(([, what]) => what === "screen")[0];
    if (person.lateAt === at) continue;
    person.lateAt = at;
    person.late = (person.late ?? 0) + 1;
    console.log(`     ${colour} answered a match too late, and asks for somebody else`);
    await click(person.page, "Find someone else");
  }
  const late = Object.values(people).reduce((sum, { late = 0 }) => sum + late, 0);
  assert.ok(late <= TOO_LATE_MAX, `${late} matches were answered too late`);
}

/** Waits until nothing has been wrong for a moment, somebody is in a call, and every picture has moved since. */
async function settled(people, isChanged, when) {
  const began = Date.now();
  let list = [];
  for (let goodSince = null; Date.now() < began + SETTLED_MS_MAX;) {
    await pause(LOOK_MS);
    await askAgain(people);
    list = wrongs(people);
    if (!Object.values(people).some((person) => seen(person) !== null)) list.push("nobody is in a call");
    if (!isChanged()) list.push("nothing has changed");
    if (list.length > 0) {
      goodSince = null;
      continue;
    }
    goodSince ??= Date.now();
    list = standing(people, goodSince + GOOD_MS);
    if (list.length === 0) return;
  }
  for (const [colour, { watch }] of Object.entries(people)) console.log(`     ${colour}: ${told(watch, began)}`);
  assert.fail(`${when}: ${list.join("; ")}`);
}

/** The events and screens of a page since this instant, each with its milliseconds. */
function told({ log }, from) {
  const lines = log.filter(([at, what]) => at >= from && what !== "line");
  return lines.map(([at, what, text]) => `${at - from} ${what} ${text}`).join(", ") || "nothing";
}

/** Milliseconds until those who were paired after this instant saw each other, by whom. */
function newPairs(people, from) {
  const pairs = [];
  for (const [colour, person] of Object.entries(people)) {
    const sight = seen(person);
    const other = sight && people[sight.colour];
    if (!other || colour > sight.colour || sight.at < from) continue;
    pairs.push({ text: `${colour} and ${sight.colour}`, ms: Math.max(sight.at, seen(other).at) - from });
  }
  return pairs;
}

export const next = {
  "ten times next between six people: everybody sees whom they are with, and nobody stands still": Object.assign(
    async ({ context, origin }) => {
      const people = {};
      const opened = await Promise.all(Object.keys(COLOURS).map((colour) => context(colour, { viewport: { width: 480, height: 360 } })));
      for (const [index, colour] of Object.keys(COLOURS).entries()) {
        await Watch.install(opened[index]);
        const page = await arrive(opened[index], origin);
        people[colour] = { page, watch: new Watch(page), turns: 0 };
      }
      try {
        for (const { page } of Object.values(people)) await press(page, "Find someone");
        await settled(people, () => Object.values(people).every((person) => seen(person) !== null), "at first");
        let met = 0;
        for (let turn = 1; turn <= TURNS; turn++) {
          const [colour, person] = Object.entries(people)
            .filter(([, one]) => seen(one) !== null)
            .toSorted(([, a], [, b]) => a.turns - b.turns)[0];
          person.turns += 1;
          const before = seen(person).at;
          const from = Math.round(await click(person.page, "Next"));
          await settled(people, () => seen(person) === null || seen(person).at > before, `after next number ${turn}, by ${colour}`);
          const pairs = newPairs(people, from);
          met += pairs.length;
          console.log(`     next ${turn}, by ${colour}: ${pairs.map(({ text, ms }) => `${text} after ${ms} ms`).join(", ") || "two wait"}`);
        }
        assert.ok(met >= TURNS / 2, `only ${met} pairs were new`);
        const errors = Object.values(people).flatMap(({ page }) => page.errors);
        assert.deepEqual(errors, []);
      } finally {
        await Promise.all(Object.values(people).map(({ watch }) => watch.stop()));
      }
    },
    { limitMs: 300_000 },
  ),
};
