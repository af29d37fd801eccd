/**
 * The three ways to a call, each at its fair best: all that may be done before the click is done.
 *
 * A way opens both sides and gives the click, which resolves to the instant it was made at. Cameras are open, logins
 * made, sockets connected. Nobody has a STUN server.
 */

/** Long enough for whatever a side still does of its own accord, such as finding its addresses. */
const PAUSE_MS = 300;
/** Less than the two seconds in which a match must be confirmed. */
const MATCHED_MS = 300;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function open(sides, options) {
  await Promise.all(sides.map((side, index) => side.evaluate((options) => bench.open(options), options(index))));
}

export const ways = {
  /** Both wait with a connection that is ready, and one of them has yet to say yes to the match. */
  prepared: {
    page: "callbox",
    ratioMax: 0.75,
    async prepare(sides, { callbox: server }) {
      const [clicking, other] = sides;
      await open(sides, (index) => ({ server, isAsked: index === 0 }));
      await other.evaluate(() => bench.wait());
      await clicking.evaluate(() => bench.meet());
      await pause(MATCHED_MS);
      return () => clicking.evaluate(() => bench.confirm());
    },
  },
  /** One waits; the other asks for a stranger, and is given the one. */
  cold: {
    page: "callbox",
    ratioMax: 1.05,
    async prepare(sides, { callbox: server }) {
      const [clicking, other] = sides;
      await open(sides, () => ({ server, isAsked: false }));
      // The socket is opened by the first wish.
      await clicking.evaluate(() => bench.wait());
      await clicking.evaluate(() => bench.cancel());
      await other.evaluate(() => bench.wait());
      await pause(PAUSE_MS);
      return () => clicking.evaluate(() => bench.seek());
    },
  },
  /** One calls the other by name, who answers at once. */
  peerjs: {
    page: "peerjs",
    async prepare(sides, { peer: server }) {
      const ids = sides.map(() => crypto.randomUUID());
      await open(sides, (index) => ({ server, id: ids[index] }));
      await pause(PAUSE_MS);
      return () => sides[0].evaluate((id) => bench.call(id), ids[1]);
    },
  },
};
