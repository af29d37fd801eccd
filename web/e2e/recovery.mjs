/**
 * The faults of a call between two people behind real NAT, once each: outages, other networks, crashes, sleep, F5.
 *
 * Judged by what both pages present. Times are not judged here: `cargo xtask bench recovery` measures the same kinds.
 * A case takes at most half a minute after its fault; a call that continues takes a few seconds.
 */
import assert from "node:assert/strict";
import { kinds } from "./lab/kinds.mjs";
import { attempt, describe, faultsOf } from "./lab/trial.mjs";

/** Both pages come, call, and are judged; the waits of a kind itself are added. */
const LIMIT_MS = 90_000;

function cased(name, kind) {
  const run = async ({ openLab, out }) => {
    const world = await openLab();
    const picture = (side, page) => page.screenshot({ path: `${out}failed-recovery-${name}-${side}.png` });
    const result = await attempt(world, kind, { picture });
    assert.deepEqual(faultsOf(kind, result), [], describe(result));
    console.log(`     ${name}: ${result.how} after ${result.ms} ms, ${result.offers} offers, ${result.connections} new connections`);
  };
  return Object.assign(run, { needsLab: true, limitMs: LIMIT_MS + (kind.waitMs ?? 0) });
}

export const recovery = Object.fromEntries(
  Object.entries(kinds).map(([name, kind]) => [`recovery: ${kind.what}, and both see each other again or know why not (${name})`, cased(name, kind)]),
);
