/**
 * The ways to a call, each at its fair best: all that may be done before the click is done.
 *
 * A way opens both sides and gives the click, which resolves to the instant it was made at. Cameras are open, logins
 * made, sockets connected. Everybody has the same STUN server, since both are behind gateways; `p` is the round trip
 * between the two, and pauses grow with it.
 */
import { arrive, click, press, screen } from "../../web/e2e/page.mjs";

/** Long enough for whatever a side still does of its own accord, such as finding its addresses. */
const settled = (p) => 300 + 2 * p;
/** Long enough to make a connection ahead; less than the two seconds in which a match must be confirmed. */
const matched = (p) => 300 + 5 * p;
/** Somebody who comes to the page looks at themselves first. */
const LOOK_MS = 2_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A page of the bench for each side. */
async function goto(name, contexts, { pages, isTraced }) {
  const sides = await Promise.all(contexts.map((context) => context.newPage()));
  await Promise.all(sides.map((side) => side.goto(`${pages}/${name}${isTraced ? "?traced" : ""}`)));
  return sides;
}

async function open(sides, options) {
  await Promise.all(sides.map((side, index) => side.evaluate((options) => bench.open(options), options(index))));
}

/** Our own page for each side, on the screen before a call. */
async function come(contexts, { callbox, script, isTraced }) {
  for (const context of contexts) await context.addInitScript({ content: script });
  return await Promise.all(contexts.map((context) => arrive(context, callbox, { path: isTraced ? "/call?traced" : "/call" })));
}

async function wait(side) {
  await press(side, "Find someone");
  await screen(side, "waiting");
}

export const ways = {
  /** Both wait with a connection that is ready, and one of them has yet to say yes to the match. */
  prepared: {
    target: ({ p }) => ({ text: "<= P + 130 ms", max: p + 130 }),
    open: (contexts, origins) => goto("callbox", contexts, origins),
    async prepare(sides, { callbox: server, p }) {
      const [clicking, other] = sides;
      await open(sides, (index) => ({ server, isAsked: index === 0 }));
      await other.evaluate(() => bench.wait());
      await clicking.evaluate(() => bench.meet());
      await pause(matched(p));
      return () => clicking.evaluate(() => bench.confirm());
    },
  },
  /** One waits; the other asks for a stranger, and is given the one. */
  cold: {
    target: ({ peer }) => ({ text: "<= 0.9x", max: 0.9 * peer }),
    open: (contexts, origins) => goto("callbox", contexts, origins),
    async prepare(sides, { callbox: server, p }) {
      const [clicking, other] = sides;
      await open(sides, () => ({ server, isAsked: false }));
      // The socket is opened by the first wish.
      await clicking.evaluate(() => bench.wait());
      await clicking.evaluate(() => bench.cancel());
      await other.evaluate(() => bench.wait());
      await pause(settled(p));
      return () => clicking.evaluate(() => bench.seek());
    },
  },
  /** Our page: somebody who just came, while another person waits. */
  "page, first click": {
    target: ({ peer }) => ({ text: "<= 0.95x", max: 0.95 * peer }),
    open: come,
    async prepare([clicking, other]) {
      await wait(other);
      await pause(LOOK_MS);
      return () => click(clicking, "Find someone");
    },
  },
  /** Our page: somebody who gave up and tries again, while another person waits. */
  "page, again": {
    target: ({ peer }) => ({ text: "<= 0.95x", max: 0.95 * peer }),
    open: come,
    async prepare([clicking, other]) {
      await wait(clicking);
      await press(clicking, "Cancel");
      await screen(clicking, "ready");
      await wait(other);
      await pause(LOOK_MS);
      return () => click(clicking, "Find someone");
    },
  },
  /** One calls the other by name, who answers at once. */
  peerjs: {
    open: (contexts, origins) => goto("peerjs", contexts, origins),
    async prepare(sides, { peer: server, stun, p }) {
      const ids = sides.map(() => crypto.randomUUID());
      await open(sides, (index) => ({ server, stun, id: ids[index] }));
      await pause(settled(p));
      return () => sides[0].evaluate((id) => bench.call(id), ids[1]);
    },
  },
};
