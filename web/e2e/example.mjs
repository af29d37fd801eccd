/**
 * The example as a new user builds it: its packages by its lock file, the SDK from the running server, built by Vite.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const example = fileURLToPath(new URL("../../examples/react-vite", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Serves a folder on another port of this machine: another origin. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : new URL(request.url, "http://x").pathname;
    const file = join(folder, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    response.end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

export const examples = {
  async "the React example installs, type-checks, builds, and two people talk in it"({ context, origin }) {
    const folder = mkdtempSync(join(tmpdir(), "callbox-example-"));
    let site;
    try {
      cpSync(example, folder, { recursive: true, filter: (path) => !/node_modules|dist$/.test(path.slice(example.length)) });
      const run = (program, args) => execFileSync(program, args, { cwd: folder, stdio: "pipe", env: { ...process.env, VITE_SIGNALING_SERVER_URL: origin } });
      run("npm", ["ci", "--no-audit", "--no-fund"]);
      run("npm", ["install", "--no-save", "--no-audit", "--no-fund", `${origin}/sdk.tgz`]);
      run("npm", ["run", "build"]);
      site = await serve(join(folder, "dist"));
      const pages = [];
      const errors = [];
      for (const colour of ["red", "green"]) {
        const page = await (await context(colour)).newPage();
        page.on("pageerror", (error) => errors.push(String(error)));
        await page.goto(site.origin);
        await page.getByRole("button", { name: "Find someone" }).click();
        pages.push(page);
      }
      const [red, green] = pages;
      for (const page of pages) {
        await page.getByText("You are connected").waitFor();
        await page.waitForFunction(() => document.querySelector("video.remote").videoWidth > 0);
        await page.getByText("excellent").waitFor();
      }
      await red.getByRole("textbox", { name: "Write a line" }).fill("hello from React");
      await red.getByRole("button", { name: "Send" }).click();
      await green.getByText("They: hello from React").waitFor();
      await green.getByRole("button", { name: "Leave" }).click();
      for (const page of pages) await page.getByRole("button", { name: "Find someone" }).waitFor();
      assert.deepEqual(errors, []);
    } finally {
      site?.stop();
      rmSync(folder, { recursive: true });
    }
  },
};
