/**
 * The SDK as a new user gets it: installed from the running server, type-checked, and used from another origin.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const PROGRAM = `import { CallboxClient, CallboxError } from "@callbox/client";
import type { CallState } from "@callbox/client";
declare global { interface Window { callbox: CallboxClient; states: string[] } }
const callbox = new CallboxClient({ server: "SERVER" });
window.callbox = callbox;
window.states = [];
callbox.on("state", (state: CallState) => window.states.push(state.name));
try {
  await callbox.signIn({ age: "adult" });
  await callbox.startMedia();
  await callbox.seek({ interests: ["rust"] });
} catch (error) {
  if (error instanceof CallboxError) document.title = error.code;
}
`;
const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace("package.json", "bin/tsc");

/** A page on another port of this machine: another origin. */
async function serveElsewhere(script) {
  const server = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : "<!doctype html><title>ok</title><script type=module src=/app.js></script>");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

export const packages = {
  async "the package installs from the server, type-checks, and makes a call from another origin"({ context, origin }) {
    const folder = mkdtempSync(join(tmpdir(), "callbox-stranger-"));
    try {
      writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
      execFileSync("npm", ["install", "--no-audit", "--no-fund", `${origin}/sdk.tgz`], { cwd: folder, stdio: "pipe" });
      writeFileSync(join(folder, "app.ts"), PROGRAM.replace("SERVER", origin));
      const options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--types", ""];
      execFileSync(process.execPath, [tsc, ...options, join(folder, "app.ts")], { cwd: folder, stdio: "pipe" });
      const { outputFiles } = await build({ entryPoints: [join(folder, "app.ts")], bundle: true, format: "esm", write: false, target: "es2022" });
      const elsewhere = await serveElsewhere(outputFiles[0].text);
      const pages = [];
      for (const colour of ["red", "green"]) {
        const page = await (await context(colour)).newPage();
        await page.goto(elsewhere.origin);
        pages.push(page);
      }
      for (const page of pages) {
        await page.waitForFunction(() => window.callbox?.state.name === "connected");
        const states = await page.evaluate(() => window.states);
        assert.deepEqual(states.slice(0, 5), ["media-ready", "queued", "matched", "connecting", "connected"]);
      }
      elsewhere.stop();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
