/**
 * A lab with its servers and browsers, and two people who come to the real page there, call each other and see each other.
 *
 * Servers and browsers are started when they are first needed, and kept: a trial takes seconds, a browser's start as many.
 */
import { arriveInFirefox } from "../firefox.mjs";
import { openLab } from "../lab.mjs";
import { arrive, press } from "../page.mjs";
import { coturnSettings, startCoturn } from "./coturn.mjs";
import { togetherFrom } from "./judge.mjs";
import { Watch } from "./watch.mjs";

const CALL_MS_MAX = 20_000;
const LOOK_MS = 100;
const FRAMES_A_SECOND = 15;
/** Painting more would take time from the calls. */
const VIEWPORT = { width: 480, height: 360 };
/** The camera's colour of each person, in Chromium. */
export const COLOUR_OF = { a: "red", b: "green" };

const CHROMIUM = { a: "chromium", b: "chromium" };
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class World {
  /** Milliseconds there and back between the two people. */
  p;
  lab;
  #things = new Map();

  static async open(p) {
    const world = new World();
    world.p = p;
    world.lab = await openLab(p);
    return world;
  }

  #keep(name, start) {
    if (!this.#things.has(name)) this.#things.set(name, start());
    return this.#things.get(name);
  }

  server = () => this.#keep("server", () => this.lab.startServer());
  /** At its name, with HTTPS: nothing but `callbox serve`. */
  namedServer = () => this.#keep("namedServer", () => this.lab.startNamedServer());
  coturn = () => this.#keep("coturn", () => startCoturn(this.lab));
  serverWithCoturn = () => this.#keep("serverWithCoturn", () => this.lab.startServer(coturnSettings, 8081));
  browser = (side, engine) =>
    this.#keep(`${side} ${engine}`, () => {
      if (engine === "firefox") return this.lab.startFirefox(side);
      return this.lab.startBrowser(side, COLOUR_OF[side], FRAMES_A_SECOND);
    });

  close = () => this.lab.close();
}

/** A person in front of the page, with the watch on it, before a call. */
async function come(world, side, engine, origin, { relayOnly, proxies = {} }) {
  const browser = await world.browser(side, engine);
  const proxy = proxies[side] && { server: proxies[side] };
  const context = await browser.context({ viewport: VIEWPORT, proxy });
  if (engine === "firefox") {
    const person = await arriveInFirefox(context, origin, (page) => Watch.install(page, { relayOnly }));
    return { context, page: person.page, press: person.press, watch: new Watch(person.page) };
  }
  await Watch.install(context, { relayOnly });
  const page = await arrive(context, origin);
  return { context, page, press: (name) => press(page, name), watch: new Watch(page) };
}

/**
 * Two people come to `origin` and call each other; `run` is called with them by their sides once both present frames,
 * and with the milliseconds that this took from the match on. Throws if they don't. `picture(side, page)` is called
 * for each page when something throws.
 */
export async function meet(world, { origin, engines = CHROMIUM, relayOnly = false, proxies, callMsMax = CALL_MS_MAX, picture }, run) {
  const people = {};
  try {
    await Promise.all(
      ["a", "b"].map(async (one) => {
        people[one] = await come(world, one, engines[one], origin, { relayOnly, proxies });
      }),
    );
    // The first waits, so it makes the offers.
    for (const one of ["a", "b"]) await people[one].press("Find someone");
    return await run(people, await called(people, callMsMax));
  } catch (error) {
    for (const [one, { page }] of Object.entries(people)) await picture?.(one, page).catch(() => undefined);
    throw error;
  } finally {
    await Promise.all(Object.values(people).map(({ watch }) => watch.stop()));
    await Promise.all(Object.values(people).map(({ context }) => context.close().catch(() => undefined)));
  }
}

export const framesOf = (people) => Object.values(people).map(({ watch }) => watch.frames);

async function called(people, msMax) {
  const began = Date.now();
  while (Date.now() < began + msMax) {
    const at = togetherFrom(framesOf(people), began);
    if (at !== null) return at - matchedAt(people);
    await pause(LOOK_MS);
  }
  const state = Object.entries(people).map(
    ([one, { watch }]) => `${one}: ${watch.frames.length} frames, screen "${watch.now("screen")}", "${watch.now("notes")}${watch.now("reason")}"`,
  );
  throw new Error(`they did not see each other within ${msMax / 1_000} s: ${state.join("; ")}`);
}

/** The instant at which the first of them got the match. */
function matchedAt(people) {
  const matches = Object.values(people).flatMap(({ watch }) => watch.log.filter(([, what, text]) => what === "heard" && text.startsWith("match")));
  return Math.min(...matches.map(([at]) => at));
}
