/**
 * HTTPS in a real browser, at a name that is not localhost: there, a camera needs it.
 */
import assert from "node:assert/strict";
import { arrive, screen, press, sees } from "./page.mjs";
import { startServer } from "./server.mjs";

const named = (origin) => origin.replace("127.0.0.1", "call.test");

export const https = {
  async "with a certificate of its own a server can be called from other machines: two people see each other over HTTPS"({ context }) {
    const server = await startServer({ tls: "self-signed" });
    try {
      const people = [];
      for (const colour of ["red", "green"]) {
        people.push(await arrive(await context(colour, { ignoreHTTPSErrors: true }), named(server.origin)));
      }
      const [red, green] = people;
      for (const person of people) await press(person, "Find someone");
      await Promise.all([sees(red, "green"), sees(green, "red")]);
      const { protocol, loaded, cookie } = await red.evaluate(() => ({
        protocol: location.protocol,
        loaded: performance.getEntriesByType("navigation")[0].nextHopProtocol,
        cookie: document.cookie,
      }));
      assert.deepEqual([protocol, loaded, cookie], ["https:", "h2", ""]);
      const [login] = (await red.context().cookies()).filter(({ name }) => name === "__Host-callbox");
      assert.ok(login?.secure && login.httpOnly, "the login is no secure cookie");
      await press(red, "Leave");
      await screen(green, "ended");
      assert.deepEqual([...red.errors, ...green.errors], []);
    } finally {
      await server.stop();
    }
  },

  async "without HTTPS the page says why there is no camera"({ context, origin }) {
    const page = await (await context("red")).newPage();
    await page.goto(`${named(origin)}/call`);
    await page.getByText("HTTPS").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Turn on camera" }).count(), 0);
  },
};
