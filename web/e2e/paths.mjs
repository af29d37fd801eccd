/**
 * Media paths that die in mid-call, between real browsers, as the page shows it.
 */
import assert from "node:assert/strict";
import { couple } from "./calls.mjs";
import { Links } from "./links.mjs";
import { screen, press, sees } from "./page.mjs";

async function linkedCouple({ context, origin }, links) {
  return await couple(async (colour) => await links.join(await context(colour)), origin);
}

const interrupted = (page) => page.getByText("The connection is interrupted.");

export const paths = {
  async "a path that dies in mid-call is replaced"(world) {
    const links = new Links();
    try {
      const { red, green } = await linkedCouple(world, links);
      const before = links.count;
      assert.ok(before > 0, "no address was replaced: nothing would be cut");
      links.cut();
      links.restore();
      // Frames that are on the screen already do not count: these are new ones, by a path that was not there before.
      await Promise.all([sees(red, "green"), sees(green, "red")]);
      assert.ok(links.count > before, "nobody searched for new addresses");
      await press(red, "Leave");
      await screen(green, "ended", 3_000);
      assert.deepEqual([...red.errors, ...green.errors], []);
    } finally {
      links.close();
    }
  },

  async "without any path the page says so, and after ten seconds the same call goes on"(world) {
    const links = new Links();
    try {
      const { red, green } = await linkedCouple(world, links);
      links.cut();
      await interrupted(green).waitFor({ timeout: 5_000 });
      await green.screenshot({ path: `${world.out}interrupted.png` });
      await green.waitForTimeout(10_000);
      await screen(green, "call");
      links.restore();
      await Promise.all([red, green].map((page) => interrupted(page).waitFor({ state: "detached", timeout: 10_000 })));
      await Promise.all([sees(red, "green"), sees(green, "red")]);
      assert.deepEqual([...red.errors, ...green.errors], []);
    } finally {
      links.close();
    }
  },
};
