/**
 * The faults of a call, kind by kind: the fault itself, and the requirements for the page then.
 *
 * A fault gives two instants: when it began, and from when the time until both see each other again is counted.
 * `offersMax` is over both pages together. `boundMs` is for measurements, at a round trip `p` between the two.
 */

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Long enough that neither side takes it for a packet that was late. */
const CRASH_MS = 1_000;

const outage = (ms) => ({
  what: `the network of one is silent for ${ms / 1_000} s`,
  offersMax: 2,
  /** The picture must have been still so long, or the lab has cut nothing. */
  stillMsMin: 0.8 * ms,
  boundMs: (p) => 2_000 + 5 * p,
  async fault({ lab }, side) {
    const began = Date.now();
    await lab.outage(side, ms);
    return { began, from: Date.now() };
  },
});

const change = (what, sidesOf) => ({
  what,
  offersMax: sidesOf("a").length,
  boundMs: (p) => 1_500 + 5 * p,
  async fault({ lab }, side) {
    const began = Date.now();
    for (const one of sidesOf(side)) lab.switch(one);
    return { began, from: began };
  },
});

/** A crash and a new start; counted from the crash. */
const crash = (what, crashing, more = {}) => ({
  what,
  boundMs: () => 3_000,
  async fault(world) {
    const began = Date.now();
    const thing = crashing(world);
    await thing.kill();
    await pause(CRASH_MS);
    await thing.restart();
    return { began, from: began };
  },
  ...more,
});

/** A graceful restart; counted from the signal. */
const restart = (what, more) => ({
  what,
  isSameCall: true,
  boundMs: () => 3_000,
  async fault({ server }) {
    const began = Date.now();
    await server.pause();
    await server.restart();
    return { began, from: began };
  },
  ...more,
});

const sleep = (ms, more) => ({
  what: `the browser of one sleeps for ${ms / 1_000} s`,
  waitMs: ms,
  async fault({ lab }, side) {
    const began = Date.now();
    lab.sleep(side);
    await pause(ms);
    lab.wake(side);
    return { began, from: Date.now() };
  },
  ...more,
});

const reload = (what, sidesOf) => ({
  what,
  isSameCall: true,
  async fault({ people }, side) {
    const began = Date.now();
    await Promise.all(sidesOf(side).map((one) => people[one].page.reload()));
    return { began, from: began };
  },
});

export const kinds = {
  "outage-1s": outage(1_000),
  "outage-2s": outage(2_000),
  "outage-5s": outage(5_000),
  "switch-one": change("one moves to another network", (side) => [side]),
  "switch-both": change("both move to another network at once", () => ["a", "b"]),
  "server-crash": crash("the server is killed, and both see each other directly", ({ server }) => server),
  "server-crash-relayed": crash("the server is killed, and its relay with it", ({ server }) => server, { relayOnly: true }),
  "server-restart-relayed": restart("the server restarts, and its relay with it", { relayOnly: true }),
  "relay-crash": crash("the only relay is killed", ({ coturn }) => coturn, { relayOnly: true, usesCoturn: true }),
  "sleep-20s": sleep(20_000),
  "sleep-40s": sleep(40_000, { mustEnd: true }),
  "reload-one": reload("one loads the page again", (side) => [side]),
  "reload-both": reload("both load the page again", () => ["a", "b"]),
};

/** Those that are also tried with one of the two in Firefox. */
export const FIREFOX_KINDS = ["outage-1s", "outage-2s", "outage-5s", "switch-one"];
