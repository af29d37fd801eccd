/**
 * One pair of the matrix: two people behind gateways of two kinds, a call between them, and the path that it takes.
 *
 * Gateways are probed first, so that a successful call proves something. It is judged by frames that are presented on
 * both sides, of the other one's colour; the path is the selected pair of candidates, as each browser reports it.
 */
import assert from "node:assert/strict";
import { gateways } from "./gateways.mjs";
import { COLOUR_OF, meet } from "./world.mjs";

/** The transports that a side without UDP may take; it takes one that is open. */
const STREAMS = { "no-udp": ["tcp", "tls"], "tcp-443": ["tls"], proxy: ["tls"] };

/** Makes the two gateways ones of these kinds, and fails unless they behave so. */
export async function setGateways({ lab }, kinds) {
  for (const [side, kind] of Object.entries(kinds)) lab.setGateway(side, kind);
  const found = await Promise.all(Object.keys(kinds).map((side) => lab.probe(side)));
  const expected = Object.values(kinds).map((kind) => gateways[kind].behaviour);
  assert.deepEqual(found, expected, `gateways ${Object.values(kinds)} do not behave so`);
}

/** Whether two such sides reach each other without a relay: one of them must see the address from which the other
 * really sends. */
export function isDirect({ a, b }) {
  const { behaviour: one } = gateways[a];
  const { behaviour: other } = gateways[b];
  const isOpaque = ({ mapping }) => mapping === "address-and-port-dependent";
  const isStrict = ({ filtering }) => filtering === "address-and-port-dependent";
  return one.hasUdp && other.hasUdp && !(isOpaque(one) && isStrict(other)) && !(isOpaque(other) && isStrict(one));
}

/** Calls behind these gateways; `run` is called during the call. Returns the two paths and the milliseconds. */
export async function tryPair(world, kinds, { server, run = () => undefined, ...options } = {}) {
  await setGateways(world, kinds);
  server ??= await world.namedServer();
  return await meet(world, { origin: server.origin, ...options }, async (people, ms) => {
    const paths = { a: await people.a.watch.path(), b: await people.b.watch.path() };
    await run(people);
    return { ms, paths, faults: faultsOf(kinds, paths, people, options.engines) };
  });
}

function faultsOf(kinds, paths, people, engines = {}) {
  const faults = [];
  for (const side of ["a", "b"]) {
    const [path, other] = [paths[side], side === "a" ? "b" : "a"];
    const colour = people[side].watch.now("colour");
    // Firefox's camera shows all colours one after another.
    if (engines[other] !== "firefox" && colour !== COLOUR_OF[other]) faults.push(`${side} sees ${colour || "no colour"} where ${COLOUR_OF[other]} was sent`);
    const streams = STREAMS[kinds[side]];
    if (streams && !(path?.kind === "relay" && streams.includes(path.protocol))) faults.push(`${side} has no relay by ${streams.join(" or ")}: ${wordsOf(path)}`);
  }
  const isRelayed = [paths.a, paths.b].some((path) => path?.kind === "relay");
  if (isRelayed === isDirect(kinds)) faults.push(isRelayed ? "relayed, though there is a direct way" : "direct, which can't be behind such gateways");
  return faults;
}

const wordsOf = (path) => (path ? [path.kind, path.protocol].join("/") : "no path");

/** A line of the table. */
export function row(kinds, { paths, ms }) {
  const sides = ["a", "b"].map((side) => gateways[kinds[side]].name.padEnd(16));
  return `${sides.join("- ")}: ${wordsOf(paths.a).padEnd(11)} - ${wordsOf(paths.b).padEnd(11)} ${String(ms).padStart(6)} ms`;
}
