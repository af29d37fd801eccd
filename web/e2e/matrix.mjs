/**
 * Every pair of network types: two real browsers behind gateways of two kinds see each other, by nothing but `callbox serve`.
 *
 * Each prints its path, the protocol to the relay, and the milliseconds from the match to frames that stay, on both sides.
 * Three pairs that need UDP, TCP and TLS to the relay always run, the rest with `--full`: all pairs, the same with 100 ms
 * and 5 % loss, Firefox, an HTTP proxy, and what may happen to a call. A case takes half a minute at most but for those.
 */
import assert from "node:assert/strict";
import { gateways, MATRIX_KINDS } from "./lab/gateways.mjs";
import { kinds as faults } from "./lab/kinds.mjs";
import { row, setGateways, tryPair } from "./lab/pair.mjs";
import { startSquid, whyNoSquid } from "./lab/squid.mjs";
import { attempt, describe, faultsOf } from "./lab/trial.mjs";

/** The gateways of a lab before a case, and after it. */
const USUAL = { a: "restricted", b: "restricted" };
/** Both are probed, the pages come, call, and are judged for three seconds; a busy machine is slow. */
const LIMIT_MS = 90_000;
/** Milliseconds there and back between the two, and the share that is lost each way. */
const FAR = { ms: 100, loss: 0.05 };
const FAR_CALL_MS_MAX = 40_000;

const CHROMIUM = { a: "chromium", b: "chromium" };
const MIXED = { a: "firefox", b: "chromium" };

/** Each of the three is the shortest that needs this protocol to the relay. */
const ALWAYS = { udp: ["symmetric", "symmetric"], tcp: ["open", "no-udp"], tls: ["tcp-443", "tcp-443"] };
const RELAYED = { ...ALWAYS, tcp: ["no-udp", "no-udp"] };

const pairs = MATRIX_KINDS.flatMap((a, index) => MATRIX_KINDS.slice(index).map((b) => [a, b]));
const nameOf = ([a, b]) => `${gateways[a].name} and ${gateways[b].name}`;
const pairOf = ([a, b]) => ({ a, b });

/** A case in the shared lab, whose gateways and wires are then as before. */
function inLab(run, properties = {}) {
  const whole = async (context) => {
    const world = await context.openLab();
    const { p } = world;
    try {
      await run(world, context);
    } finally {
      for (const [side, kind] of Object.entries(USUAL)) world.lab.setGateway(side, kind);
      await world.lab.setLoss(0);
      await world.lab.setRoundTrip(p);
    }
  };
  return Object.assign(whole, { needsLab: true, limitMs: LIMIT_MS, ...properties });
}

const picture = (out, name) => (side, page) => page.screenshot({ path: `${out}failed-matrix-${name}-${side}.png` });

async function check(world, kinds, { out, label, ...options }) {
  const result = await tryPair(world, kinds, { ...options, picture: picture(out, label) });
  console.log(`     ${row(kinds, result)}`);
  assert.deepEqual(result.faults, [], row(kinds, result));
  return result;
}

/** One pair, and the protocol to a relay that one of the two must have used. */
const pairCase = (pair, protocol, properties) =>
  inLab(async (world, { out }) => {
    const { paths } = await check(world, pairOf(pair), { out, label: pair.join("-") });
    const used = Object.values(paths).flatMap(({ kind, protocol }) => (kind === "relay" ? [protocol] : []));
    if (protocol) assert.ok(used.includes(protocol), `nobody reached the relay by ${protocol}, but by ${used}`);
  }, properties);

const farCase = (pair) =>
  inLab(
    async (world, { out }) => {
      await world.lab.setRoundTrip(FAR.ms);
      await world.lab.setLoss(FAR.loss);
      await check(world, pairOf(pair), { out, label: `far-${pair.join("-")}`, callMsMax: FAR_CALL_MS_MAX });
    },
    { full: "21 pairs take five minutes", limitMs: LIMIT_MS + FAR_CALL_MS_MAX },
  );

const firefoxCase = (pair) => inLab((world, { out }) => check(world, pairOf(pair), { out, label: `firefox-${pair.join("-")}`, engines: MIXED }), { full: "Firefox starts slowly" });

/** The faults of calls that use the relay by one protocol; times are printed, and judged by people who measure. */
const faultCase = (name, pair) =>
  inLab(
    async (world, { out }) => {
      const [kind, server] = [faults[name], await world.namedServer()];
      await setGateways(world, pairOf(pair));
      const result = await attempt(world, { ...kind, relayOnly: false }, { server, engines: CHROMIUM, picture: picture(out, `${name}-${pair.join("-")}`) });
      console.log(`     ${nameOf(pair)}, ${name}: ${result.how} after ${result.ms} ms, where ${kind.boundMs(world.p)} is wanted`);
      assert.deepEqual(faultsOf(kind, result), [], describe(result));
    },
    { full: "each takes half a minute" },
  );

/** Both browsers are behind a proxy, which is all that their networks have. */
async function proxied(world, { out }) {
  const why = whyNoSquid();
  assert.equal(why, null, why);
  const kinds = { a: "proxy", b: "proxy" };
  const squids = {};
  try {
    for (const side of ["a", "b"]) squids[side] = await startSquid(world.lab.gateway(side));
    const proxies = { a: squids.a.url, b: squids.b.url };
    await check(world, kinds, { out, label: "proxy", proxies });
  } finally {
    for (const squid of Object.values(squids)) await squid.stop();
  }
  for (const squid of Object.values(squids)) assert.ok(squid.tunnels().length > 1, "the page and the media had no tunnels");
}

const always = Object.entries(ALWAYS);
const isAlways = (pair) => always.some(([, one]) => String(one) === String(pair));

export const matrix = Object.fromEntries([
  ["matrix: each gateway is what it is called, by the tests of RFC 5780", inLab(proveGateways)],
  ...always.map(([protocol, pair]) => [`matrix: ${nameOf(pair)} see each other, by ${protocol} to the relay`, pairCase(pair, protocol)]),
  ...pairs.filter((pair) => !isAlways(pair)).map((pair) => [`matrix: ${nameOf(pair)} see each other`, pairCase(pair, undefined, { full: "21 pairs take four minutes" })]),
  ["matrix: wires are as long and lose as much as they are told to", inLab(proveWires, { full: "it pings for half a minute" })],
  ...pairs.map((pair) => [`matrix: with 100 ms and 5 % loss ${nameOf(pair)} see each other`, farCase(pair)]),
  ...Object.values(ALWAYS).map((pair) => [`matrix: ${nameOf(pair)} see each other, one in Firefox`, firefoxCase(pair)]),
  ["matrix: two behind HTTP proxies that open tunnels to port 443 alone see each other", inLab(proxied, { full: "it needs squid" })],
  ...["server-crash-relayed", "server-restart-relayed", "switch-one"].flatMap((name) =>
    Object.entries(RELAYED).map(([protocol, pair]) => [`matrix: ${faults[name].what}, by ${protocol} to the relay, and both see each other again`, faultCase(name, pair)]),
  ),
]);

/** A ping is lost on its way there or back; of so many, a share that is 4 deviations off is no chance. */
async function proveWires({ lab }) {
  await lab.setRoundTrip(FAR.ms);
  await lab.setLoss(FAR.loss);
  const count = 1_000;
  const { min, lost } = await lab.ping(count);
  const expected = 1 - (1 - FAR.loss) ** 2;
  const offMax = 4 * Math.sqrt((expected * (1 - expected)) / count);
  console.log(`     ${min} ms there and back, ${(100 * lost).toFixed(1)} % of pings lost, where ${(100 * expected).toFixed(1)} % are expected`);
  assert.ok(min >= FAR.ms, `${min} ms there and back`);
  assert.ok(Math.abs(lost - expected) < offMax, `${lost} lost where ${expected} was expected`);
}

async function proveGateways(world) {
  // Two at once, since each takes two seconds.
  const all = [...MATRIX_KINDS, "proxy", "open"];
  for (let index = 0; index < all.length; index += 2) await setGateways(world, { a: all[index], b: all[index + 1] });
}
