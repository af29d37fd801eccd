/**
 * `@callbox/client/data` in a real browser, against the real server: its requests are counted, and what it keeps is read.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { fill, said, section } from "./account.mjs";
import { couple } from "./calls.mjs";
import { press, screen } from "./page.mjs";

const PROGRAM = `import { CallboxClient } from "@callbox/client";
import { dataFor, dataEnvironment } from "@callbox/client/data/core";
const callbox = new CallboxClient({ server: "SERVER" });
const { id } = await callbox.signIn({ age: "adult" });
const data = dataFor(callbox);
Object.assign(window, { callbox, data, kept: () => dataEnvironment().answers.read(id) });
document.title = "ready";
`;

async function bundle(origin) {
  const folder = mkdtempSync(join(tmpdir(), "callbox-data-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", `${origin}/sdk.tgz`], { cwd: folder, stdio: "pipe" });
    writeFileSync(join(folder, "app.js"), PROGRAM.replace("SERVER", origin));
    return (await build({ entryPoints: [join(folder, "app.js")], bundle: true, format: "esm", write: false, target: "es2022" })).outputFiles[0].text;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const data = {
  async "a name that one person changes appears on another's open page without reload or poll, and a page at rest asks for nothing"({ context, origin }) {
    const { red, green } = await couple(context, origin);
    await press(red, "Leave");
    await screen(red, "ended");
    await Promise.all([red, green].map((page) => page.goto(`${origin}/account`)));
    const calls = section(red, "Your calls");
    await calls.getByText("Somebody without a name").waitFor();
    await section(red, "People you blocked").waitFor();
    // Its lists are there, and it has named them to the server, which has told what it knows of them.
    const told = [];
    red.on("websocket", () => told.push("a socket"));
    await red.waitForLoadState("networkidle");
    const asked = [];
    red.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await red.evaluate(() => (window.isSame = true));
    await fill(green, "Name", "Grit");
    await press(green, "Save");
    await said(green, "Saved.");
    await calls.getByText("Grit", { exact: true }).waitFor();
    // A longer page of calls would be asked for, once, and nothing beside it.
    assert.deepEqual(asked, [], "one call is small enough to be sent itself");
    await red.waitForTimeout(3_000);
    assert.deepEqual([asked, told, await red.evaluate(() => window.isSame)], [[], [], true]);
  },

  async "fifty components that show an answer make one request, a write shows at once, and signing out leaves nothing"({ context, origin }) {
    const script = await bundle(origin);
    const server = createServer((request, response) => {
      const isScript = request.url === "/app.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? script : "<!doctype html><title>loading</title><script type=module src=/app.js></script>");
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const page = await (await context("red")).newPage();
      const asked = [];
      page.on("request", (request) => request.method() === "GET" && request.url() === `${origin}/v1/me` && asked.push(request));
      await page.goto(`http://127.0.0.1:${server.address().port}`);
      await page.waitForFunction(() => document.title === "ready");
      await page.evaluate(() => {
        window.shown = [];
        for (let i = 0; i < 50; i++) window.data.observe("/v1/me").subscribe(({ data }) => data && (window.shown[i] = data.profile.name));
      });
      await page.waitForFunction(() => window.shown.filter((name) => name === "").length === 50);
      assert.equal(asked.length, 1);
      const now = await page.evaluate(async () => {
        const profile = { ...window.data.peek("/v1/me").profile, name: "Ann" };
        const change = (account) => ({ ...account, profile });
        const saved = window.data.write("/v1/me", change, () => window.callbox.profile.set(profile));
        const atOnce = window.data.peek("/v1/me").profile.name;
        await saved;
        return atOnce;
      });
      assert.equal(now, "Ann");
      await page.waitForFunction(async () => (await window.kept())[0]?.body.profile.name === "Ann");
      assert.ok(await page.evaluate(() => window.shown.every((name) => name === "Ann")));
      // Once for what the server made of it, and where its answers have no commit once more, to be sure.
      assert.ok(asked.length === 2 || asked.length === 3, `${asked.length} requests`);
      await page.evaluate(() => window.callbox.account.signOut());
      await page.waitForFunction(async () => (await window.kept()).length === 0);
      assert.equal(await page.evaluate(() => window.data.peek("/v1/me")), undefined);
    } finally {
      server.close();
    }
  },
};
