/**
 * One trial: two people in a call on the real page, one fault, and a record of what both saw.
 *
 * Nothing of the page's internals is used: it is driven by the names of its buttons, and judged by the screen. The
 * trial ends when both present frames again, or both show why the call has ended, or half a minute has passed.
 */
import { longestGap, togetherFrom } from "./judge.mjs";
import { framesOf, meet } from "./world.mjs";

const RECOVERY_MS_MAX = 30_000;
/** A flow is judged over three seconds, which come on top. */
const JUDGING_MS = 3_500;
/** A page that says "ended" and shows something else within this time has not ended. */
const ENDED_MS = 2_000;
const LOOK_MS = 100;
/** "Excellent" over a picture that is still for longer than this is wrong; the mark is made anew once a second. */
const EXCELLENT_MS_MAX = 2_500;
const SAID_MAX = 40;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Tries a kind on one side, at the kind's own server unless another is given. Returns the record; throws only if
 * there was no call that a fault could hit. `picture(side, page)` is called for each page that reached neither of the
 * good ends.
 */
export async function attempt(world, kind, { side = "a", engines, server, picture } = {}) {
  const coturn = kind.usesCoturn ? await world.coturn() : null;
  server ??= await (kind.usesCoturn ? world.serverWithCoturn() : world.server());
  return await meet(world, { origin: server.origin, engines, relayOnly: kind.relayOnly }, async (people) => {
    const { began, from } = await kind.fault({ lab: world.lab, server, coturn, people }, side);
    const end = await outcome(people, from, side);
    if (end.how === "neither") for (const [one, { page }] of Object.entries(people)) await picture?.(one, page).catch(() => undefined);
    return report(people, { began, from, side, end });
  });
}

/** Both are told why the call is over. The side that was not hit may wait for somebody else, as after any partner who left. */
const hasEnded = (people, hit) =>
  Object.entries(people).every(([one, { watch }]) => watch.now("reason") !== "" && (watch.now("screen") === "ended" || (one !== hit && watch.now("screen") === "waiting")));

/** Which of the good ends was reached, and when. */
async function outcome(people, from, hit) {
  while (Date.now() < from + RECOVERY_MS_MAX + JUDGING_MS) {
    const at = togetherFrom(framesOf(people), from);
    if (at !== null && at - from <= RECOVERY_MS_MAX) return { how: "present", at };
    if (hasEnded(people, hit)) {
      const at = Date.now();
      await pause(ENDED_MS);
      if (hasEnded(people, hit)) return { how: "ended", at };
    }
    await pause(LOOK_MS);
  }
  return { how: "neither", at: Date.now() };
}

/** How many calls there were matches for after this instant that were not there before. */
function otherCalls(people, began) {
  const heard = Object.values(people).flatMap(({ watch }) => watch.log.filter(([, what, text]) => what === "heard" && text.startsWith("match")));
  const before = new Set(heard.filter(([at]) => at < began).map(([, , text]) => text));
  return new Set(heard.map(([, , text]) => text)).size - before.size;
}

function report(people, { began, from, side, end }) {
  const count = (what, text) =>
    Object.values(people)
      .flatMap(({ watch }) => watch.since(began, what))
      .filter((one) => text === undefined || one === text).length;
  const sides = {};
  for (const [one, { watch }] of Object.entries(people)) {
    const told = watch.log.filter(([at, what]) => at >= began && !["excellent", "connection", "colour"].includes(what));
    sides[one] = {
      stillMs: longestGap(watch.frames, began, end.at),
      lately: watch.frames.filter((at) => at > Date.now() - 5_000).length,
      screen: watch.now("screen"),
      markBefore: watch.before(began, "mark"),
      mark: watch.now("mark"),
      reason: watch.now("reason"),
      said: told.slice(0, SAID_MAX).map(([at, what, text]) => `${((at - began) / 1_000).toFixed(2)} ${what}: ${text}`),
    };
  }
  return {
    side,
    how: end.how,
    ms: end.at - from,
    offers: count("sent", "offer"),
    answers: count("sent", "answer"),
    connections: count("connection"),
    otherCalls: otherCalls(people, began),
    excellentMs: Math.max(0, ...Object.values(people).flatMap(({ watch }) => watch.since(began, "excellent"))),
    sides,
  };
}

/** Whether the call came to an end that is right for this kind. */
export function hasGoodEnd(kind, { how, otherCalls }) {
  if (kind.mustEnd) return how === "ended";
  return kind.isSameCall ? how === "present" && otherCalls === 0 : how !== "neither";
}

/** The faults of this result, in words; empty if there are none. Times are not judged here. */
export function faultsOf(kind, result) {
  const faults = [];
  const { how, sides, offers, excellentMs } = result;
  const wanted = kind.mustEnd ? "that the call is over" : kind.isSameCall ? "that the same call goes on" : "that both see each other again, or know why not";
  if (!hasGoodEnd(kind, result)) faults.push(`not so after 30 s: ${wanted}`);
  if (how === "present" && kind.stillMsMin && Math.max(sides.a.stillMs, sides.b.stillMs) < kind.stillMsMin) faults.push("no picture stood still: the lab has cut nothing");
  if (kind.offersMax && offers > kind.offersMax) faults.push(`${offers} offers instead of ${kind.offersMax} at most`);
  if (excellentMs > EXCELLENT_MS_MAX) faults.push(`the page said "Excellent" for ${excellentMs} ms while the picture stood`);
  return faults;
}

/** A result for people: the events on each side, in their order. */
export function describe(result) {
  const lines = [`${result.how} after ${result.ms} ms; ${result.offers} offers, ${result.answers} answers, ${result.connections} new connections`];
  for (const [one, { stillMs, lately, screen, markBefore, mark, reason, said }] of Object.entries(result.sides)) {
    lines.push(
      `  ${one}${one === result.side ? " (hit)" : ""}: stood still for ${stillMs} ms; ${lately} frames in the last 5 s; screen "${screen}", mark "${mark}" after "${markBefore}", reason "${reason}"`,
    );
    lines.push(...said.map((line) => `    ${line}`));
  }
  return lines.join("\n");
}
