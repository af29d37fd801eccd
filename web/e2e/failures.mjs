/**
 * Calls that fail, each for a cause that is made here: the server must name it, by what both browsers, it and the relay know.
 *
 * Every failure is of real browsers and the real server; the networks are those of links.mjs, relays and TURN servers are ours
 * or dead. Some are made at once, since most take the 15 s after which a client gives up.
 */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { startBrowser } from "./browser.mjs";
import { serveCallPage } from "./callpage.mjs";
import { Links } from "./links.mjs";
import { startServer } from "./server.mjs";

/** A call that is cut waits half a minute for its path. */
const LIMIT_MS = 180_000;
/** At once: more browsers than that slow each other down. */
const AT_ONCE = 4;
const RELAY = { relay_listen: "127.0.0.1:0", relay_ports: "30000-32000" };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const state = (page, name, timeout = 60_000) => page.waitForFunction((wanted) => globalThis.callbox?.state.name === wanted, name, { timeout });
const callOf = (page) => page.waitForFunction(() => globalThis.callbox?.state.match?.call, null, { timeout: 30_000 }).then((found) => found.jsonValue());
const sees = (page) => page.waitForFunction(async () => globalThis.made.length > 0 && (await globalThis.counted()).framesDecoded > 5, null, { polling: 200, timeout: 30_000 });

/** The kind of a packet by its first byte (RFC 7983). */
const isDtls = ([first]) => first >= 20 && first <= 63;
const isMedia = ([first]) => first >= 128 && first <= 191;

/** Before a page's own script: what its browser does never ends. */
const hang = (context, method) =>
  context.addInitScript((name) => {
    RTCPeerConnection.prototype[name] = () => new Promise(() => undefined);
  }, method);

const forgetCredentials = (context) =>
  context.addInitScript(() => {
    const Real = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Real {
      constructor({ iceServers, ...rest }) {
        super({ ...rest, iceServers: iceServers.map((server) => (server.credential ? { ...server, credential: "wrong" } : server)) });
      }
    };
  });

/** A port of this machine that takes datagrams and never answers. */
function openSilence() {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.bind(0, "127.0.0.1", () => {
      const url = `127.0.0.1:${socket.address().port}`;
      resolve({ iceServers: [{ urls: [`stun:${url}`] }, { urls: [`turn:${url}`], username: "a", credential: "b" }], close: () => socket.close() });
    });
  });
}

/** Kills the page as a crash does. */
const kill = (page) => page.goto("chrome://crash").catch(() => undefined);
const ended = (pages) => Promise.all(pages.map((page) => state(page, "ended")));

/**
 * The failures. `forced` is the configuration of each side's connections, `prepare` changes its browser before the page
 * comes, and `run` makes the failure. A run ends when the call has.
 */
const FAILURES = {
  dtls_failed: { prepare: ({ links }) => links.drop(isDtls), run: ({ pages }) => ended(pages) },
  no_candidates: { forced: [{}, { iceTransportPolicy: "relay" }], run: ({ pages }) => ended(pages) },
  no_answer: {
    prepare: ({ contexts }) => Promise.all(contexts.map((context) => hang(context, "setRemoteDescription"))),
    async run({ pages }) {
      await Promise.all(pages.map((page) => state(page, "connecting")));
      const callee = await pages[0].evaluate(() => (globalThis.callbox.state.match.side === "callee" ? 0 : 1));
      await kill(pages[callee]);
      await gone(pages[1 - callee]);
    },
  },
  permission_denied: {
    async run({ pages: [page, other] }) {
      await state(page, "connecting");
      await page.evaluate(() => globalThis.callbox.hangUp("media_denied"));
      await ended([page, other]);
    },
    prepare: ({ links }) => links.cut(),
  },
  path_died: {
    async run({ pages, links }) {
      await Promise.all(pages.map(sees));
      // The SDK looks ten times a second, and reports.
      await pause(1_000);
      links.cut();
      await ended(pages);
    },
  },
  no_first_frame: { prepare: ({ links }) => links.drop(isMedia), run: ({ pages }) => ended(pages) },
  ice_failed: { prepare: ({ links }) => links.cut(), run: ({ pages }) => ended(pages) },
  no_offer: { prepare: ({ contexts }) => Promise.all(contexts.map((context) => hang(context, "createOffer"))), run: ({ pages }) => ended(pages) },
  page_gone: {
    async run({ pages: [page, other] }) {
      await Promise.all([page, other].map(sees));
      await pause(1_000);
      await kill(other);
      await gone(page);
    },
  },
  relay_refused: {
    settings: RELAY,
    forced: [0, 1].map(() => ({ iceTransportPolicy: "relay" })),
    // As after a mistake in the settings of a TURN server: its own URLs, and no credential that it knows.
    prepare: ({ contexts }) => Promise.all(contexts.map(forgetCredentials)),
    run: ({ pages }) => ended(pages),
  },
  relay_unreachable: {
    forced: ({ silence }) => [0, 1].map(() => ({ iceServers: silence.iceServers, iceTransportPolicy: "relay" })),
    run: ({ pages }) => ended(pages),
  },
  udp_blocked: {
    settings: RELAY,
    forced: ({ silence }) => [{ iceServers: silence.iceServers }, {}],
    prepare: ({ links }) => links.cut(),
    run: ({ pages }) => ended(pages),
  },
  server_restarted: {
    prepare: ({ links }) => links.drop(isDtls),
    async run({ pages: [page, other], server }) {
      await Promise.all([page, other].map((one) => state(one, "connecting")));
      await server.kill();
      await kill(other);
      await server.restart();
      await gone(page);
    },
  },
};

/** The side that stays is told that the other one left, and waits for the next. */
const gone = (page) => page.waitForFunction(() => ["ended", "queued", "media-ready"].includes(globalThis.callbox.state.name), null, { timeout: 60_000 });

/** Makes one failure, in a browser of its own: Chromium has no sound left after some ten calls. Returns the story that the server tells of it. */
async function make({ settings = {}, forced, prepare, run }) {
  const [browser, server, site, links, silence] = [await startBrowser("red"), await startServer(settings), await serveCallPage(), new Links(), await openSilence()];
  try {
    const each = typeof forced === "function" ? await forced({ silence }) : forced;
    const contexts = [];
    for (let count = 0; count < 2; count++) contexts.push(await links.join(await browser.context()));
    await prepare?.({ links, contexts });
    const pages = [];
    for (const [index, one] of contexts.entries()) pages.push(await site.open(one, { server: server.origin, forced: each?.[index] }));
    const call = await Promise.any(pages.map(callOf));
    await run({ pages, links, server });
    return await judged(server, call);
  } finally {
    links.close();
    silence.close();
    site.stop();
    await browser.stop();
    await server.stop();
  }
}

/** The story once both sides' reports are there, or have had their time. */
async function judged(server, call) {
  let story;
  for (let waited = 0; waited < 5_000; waited += 250) {
    story = (await server.story(call)) ?? story;
    if (story?.caller.evidence && story.callee.evidence) break;
    await pause(250);
  }
  assert.ok(story, "there is no story of the call");
  return story;
}

/** Makes these failures, some at once; returns how many were named rightly, and the others. */
async function nameAll(names) {
  const [waiting, wrong] = [[...names], []];
  const work = async () => {
    for (let cause = waiting.shift(); cause; cause = waiting.shift()) {
      const began = Date.now();
      const story = await make(FAILURES[cause]).catch((error) => ({ failure: String(error.stack) }));
      const { failure, caller, callee, ...rest } = story;
      console.log(`     ${cause}: ${failure} (${((Date.now() - began) / 1_000).toFixed(0)} s)`);
      if (failure !== cause) wrong.push(JSON.stringify({ cause, failure, evidence: [caller?.evidence, callee?.evidence], ...rest }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong;
}

/** A network that lets nothing out but the page, by real means: the relay is there, and one of the two reaches it. */
async function blocked({ openLab }) {
  const [world, site] = [await openLab(), await serveCallPage()];
  const contexts = [];
  try {
    world.lab.setGateway("a", "page-only");
    const { origin, token } = await world.server();
    const pages = [];
    for (const side of ["a", "b"]) {
      const browser = await world.browser(side, "chromium");
      contexts.push(await browser.context());
      pages.push(await site.openAt(contexts.at(-1), origin, {}));
    }
    const call = await Promise.any(pages.map(callOf));
    await ended(pages);
    await pause(1_000);
    const story = await pages[1].evaluate(
      async ([path, authorization]) => await (await fetch(path, { headers: { authorization } })).json(),
      [`/v1/calls/${call}`, `Bearer ${token}`],
    );
    assert.equal(story.failure, "udp_blocked", JSON.stringify(story));
  } finally {
    site.stop();
    await Promise.all(contexts.map((context) => context.close().catch(() => undefined)));
    world.lab.setGateway("a", "restricted");
  }
}

const ALWAYS = ["dtls_failed", "no_candidates", "no_answer", "permission_denied"];

async function always() {
  assert.deepEqual(await nameAll(ALWAYS), []);
}

async function everyKind() {
  const names = Object.keys(FAILURES);
  const wrong = await nameAll(names);
  console.log(`     ${names.length - wrong.length} of ${names.length} failures were named rightly`);
  assert.ok(wrong.length <= 1, wrong.join("\n"));
}

export const failures = {
  "a call that fails says why: DTLS, no addresses, no answer, no permission": Object.assign(always, { limitMs: LIMIT_MS }),
  "behind a gateway that lets nothing out but the page, the call says that UDP is blocked": Object.assign(blocked, {
    needsLab: true,
    limitMs: LIMIT_MS,
    full: "it waits until both give up",
  }),
  "of every kind of failure that can be made at least all but one are named rightly": Object.assign(everyKind, {
    limitMs: 2 * LIMIT_MS,
    full: "it makes thirteen calls that fail",
  }),
};
