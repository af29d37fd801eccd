/**
 * A Callbox server of the test's own: the real binary, a free port, a temporary data folder.
 *
 * It is stopped by SIGTERM, as an operator would, and the test fails if it does not end well.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.CALLBOX_BIN ?? join(root, "target/debug/callbox");

/**
 * Starts the server and waits until it prints its address. `within` are words before its own, such as those that put
 * it into a network namespace; from here it is then not reached.
 */
export async function startServer(settings = {}, { listen = "127.0.0.1:0", within = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "callbox-e2e-"));
  const flags = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  let running = await run(folder, listen, flags, within);
  const { origin, token } = running;
  const mails = join(folder, "data", "mail");
  let setup;
  return {
    origin,
    token,
    /** The link that makes the first admin; its file is gone once there is one. */
    setup: async () => (setup ??= await until(() => linkOf(folder), "there is no link for an admin")),
    /** The link in the newest mail that has one to this page, and another than `before`: without a mail server, mails are files. */
    mailed: (page, before) => until(() => linkIn(mails, `${origin}/${page}`, before), `no mail has a link to /${page}`),
    /** The operator's view. */
    async stats() {
      const answer = await fetch(`${origin}/v1/stats`, { headers: { authorization: `Bearer ${token}` } });
      return await answer.json();
    },
    /** What an operator reads at this path; `null` where there is nothing. */
    async ask(path) {
      const answer = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (answer.status === 404) return null;
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return await answer.json();
    },
    /** All that is known of a call that has ended; `null` until it has. */
    async story(call) {
      const answer = await fetch(`${origin}/v1/calls/${call}`, { headers: { authorization: `Bearer ${token}` } });
      return answer.status === 200 ? await answer.json() : null;
    },
    /** Runs a command of the binary beside the server, on its data folder. */
    command: (...words) => promisify(execFile)(binary, [...words, "--data-dir", join(folder, "data")], { env: { PATH: process.env.PATH } }),
    /** Ends the process; the address and the data stay for `restart`. */
    async pause() {
      await running.stop();
      running = null;
    },
    /** As a crash does: no word to anybody, nothing written. */
    async kill() {
      await running.kill();
      running = null;
    },
    async restart() {
      // An origin leaves out the port that its scheme has by right.
      const { protocol, hostname, port } = new URL(origin);
      running = await run(folder, `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`, flags, within);
    },
    async stop() {
      await running?.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function linkOf(folder) {
  const file = join(folder, "data", "setup-link");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

async function until(read, otherwise) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = read();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(otherwise);
}

function linkIn(mails, page, before) {
  const names = existsSync(mails) ? readdirSync(mails).filter((name) => name.endsWith(".eml") && !name.startsWith(".")) : [];
  // Names begin with the time. Lines are broken as mails' lines are.
  const texts = names
    .sort()
    .reverse()
    .map((name) => readFileSync(join(mails, name), "utf8").replaceAll("=\r\n", ""));
  return texts.map((text) => text.match(new RegExp(`${page}#[\\w-]+`))?.[0]).find((link) => link && link !== before);
}

async function run(folder, listen, flags, within) {
  const [program, ...words] = [...within, binary, "serve", "--listen", listen, "--data-dir", join(folder, "data"), ...flags];
  const child = spawn(program, words, {
    stdio: ["ignore", "pipe", "inherit"],
    // A developer's settings for a server of their own must not reach this one.
    env: { PATH: process.env.PATH, CALLBOX_LOG: "warn" },
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout });
  const origin = await new Promise((resolve, reject) => {
    let origin;
    child.once("error", reject);
    void ended.then((code) => reject(new Error(`the server ended at once with ${code}`)));
    lines.on("line", (line) => {
      origin ??= line.match(/listening on (https?:\S+)/)?.[1];
      if (line.startsWith("operator token: ")) resolve(origin);
    });
  });
  return {
    origin,
    token: readFileSync(join(folder, "data", "operator-token"), "utf8").trim(),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`the server ended with ${code}`);
    },
  };
}
