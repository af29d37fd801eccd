/**
 * Ten times `next` in a row between six people: after each, whoever is paired sees the one they are paired with.
 *
 * Six cameras of six colours, so that it is known who sees whom. Whoever was left or has moved on waits, or is paired
 * with somebody new; the others must not notice. How long the new picture takes is printed, not judged.
 */
import assert from "node:assert/strict";
import { COLOURS } from "./browser.mjs";
import { Watch } from "./lab/watch.mjs";
import { arrive, click, press } from "./page.mjs";

const TURNS = 10;
const LOOK_MS = 50;
/** Those who have all met are paired again after 15 s; everything else is a matter of a second or two. */
const SETTLED_MS_MAX = 25_000;
/** A camera of ten frames a second, on a machine that shows eleven other pictures. */
const GAP_MS_MAX = 1_500;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Whom a person is in a call with by what they see in it, or `null` while they wait or see nothing of this call yet. */
function seen({ watch }) {
  if (watch.now("face") !== "call") return null;
  const since = watch.log.findLast(([, what, text]) => what === "heard" && text.startsWith("match"))?.[0] ?? 0;
  const colour = watch.log.findLast(([at, what]) => what === "colour" && at >= since);
  return colour ? { colour: colour[2], at: colour[0] } : null;
}

const isMoving = ({ watch }) => Date.now() - (watch.frames.at(-1) ?? 0) < GAP_MS_MAX;

/** What is wrong at this moment; empty once everybody waits or sees, moving, somebody who sees them. */
function wrongs(people) {
  const list = [];
  for (const [colour, person] of Object.entries(people)) {
    const face = person.watch.now("face");
    const sight = seen(person);
    if (face === "waiting") continue;
    if (sight === null) list.push(`${colour} is on the face "${face}" and sees nobody`);
    else if (seen(people[sight.colour])?.colour !== colour) list.push(`${colour} sees ${sight.colour}, who does not see them`);
    else if (!isMoving(person)) list.push(`${colour} sees a picture of ${sight.colour} that stands`);
  }
  return list;
}

/** Waits until nothing has been wrong for a moment, and somebody is in a call. */
async function settled(people, isChanged, when) {
  const began = Date.now();
  let list = [];
  for (let good = 0; Date.now() < began + SETTLED_MS_MAX; ) {
    await pause(LOOK_MS);
    list = wrongs(people);
    const isPaired = Object.values(people).some((person) => seen(person) !== null);
    good = list.length === 0 && isPaired && isChanged() ? good + 1 : 0;
    // What a page tells is taken over three times in this while.
    if (good === 10) return;
  }
  assert.fail(`${when}: ${list.join("; ") || "nobody is in a call"}`);
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
          const [colour, person] = Object.entries(people).filter(([, one]) => seen(one) !== null).toSorted(([, a], [, b]) => a.turns - b.turns)[0];
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
    { limitMs: 180_000 },
  ),
};
