/**
 * When a page uses the mock instead of a server, and when it never does.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromEnv, lateWorld } from "../src/browser/env.js";
import type { Environment, Request } from "../src/core/environment.js";
import { settle, World } from "./world.js";

/** A page's world: a server that answers as told, and a mock that is counted. */
function page(answers: (() => { status: number; body?: unknown } | Error)[], isMock = false) {
  const world = new World();
  const [asked, warnings]: [string[], string[]] = [[], []];
  let loads = 0;
  const environment = (name: string): Environment<MediaStream> => ({
    ...(world.environment() as unknown as Environment<MediaStream>),
    warn: (message) => void warnings.push(message),
    async fetch() {
      asked.push(name);
      const answer = name === "mock" ? { status: 200, body: {} } : answers.shift()!();
      if (answer instanceof Error) throw answer;
      const json = () => (answer.body === undefined ? Promise.reject(new SyntaxError("not JSON")) : Promise.resolve(answer.body));
      return { ok: answer.status < 400, status: answer.status, json };
    },
  });
  const load = () => {
    loads++;
    return Promise.resolve(environment("mock"));
  };
  const env = lateWorld(environment("server"), load, isMock);
  const request: Request = { method: "GET", headers: {}, credentials: "omit" };
  return { world, env, asked, warnings, ask: () => env.fetch("https://call.example/v1/me", request), loads: () => loads };
}

for (const [what, answer] of Object.entries({
  "a server that cannot be reached": () => new TypeError("Failed to fetch"),
  "a proxy before nothing": () => ({ status: 502 }),
  "a proxy that speaks JSON": () => ({ status: 503, body: { message: "no upstream" } }),
  "a development server's page": () => ({ status: 200 }),
  "a path that is not there": () => ({ status: 404 }),
})) {
  test(`in development ${what} makes the page use the mock for its life, with one warning`, async () => {
    const { ask, asked, warnings, loads } = page([answer]);
    await ask();
    await ask();
    assert.deepEqual(asked, ["server", "mock", "mock"]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /VITE_SIGNALING_SERVER_URL/);
    assert.equal(loads(), 1);
  });
}

test("a server that never answers is given five seconds", async () => {
  const { ask, asked, world } = page([() => ({ status: 200, body: new Promise(() => undefined) })]);
  const asking = ask();
  await settle();
  await world.pass(4_999);
  assert.deepEqual(asked, ["server"]);
  await world.pass(1);
  await asking;
  assert.deepEqual(asked, ["server", "mock"]);
});

test("once a server has answered, even by a refusal, the page never uses the mock", async () => {
  const { ask, asked, loads } = page([() => ({ status: 401, body: { code: "unauthenticated" } }), () => new TypeError("Failed to fetch"), () => ({ status: 502 })]);
  assert.equal((await ask()).status, 401);
  await assert.rejects(ask());
  assert.equal((await ask()).status, 502);
  assert.equal(loads(), 0);
  assert.deepEqual(asked, ["server", "server", "server"]);
});

test("where the mock was asked for, no server is", async () => {
  const { ask, asked, warnings } = page([], true);
  await ask();
  assert.deepEqual(asked, ["mock"]);
  assert.deepEqual(warnings, []);
});

test("production names a server and no environment, and so does rendering ahead of time", () => {
  const url = { VITE_SIGNALING_SERVER_URL: "wss://call.example" };
  assert.deepEqual(fromEnv({ ...url, DEV: true }), { server: "https://call.example" });
  Object.assign(globalThis, { document: {} });
  try {
    assert.deepEqual(fromEnv({ ...url, DEV: false }), { server: "https://call.example" });
    assert.deepEqual(fromEnv({ DEV: true, VITE_USE_MOCK_SIGNALING: "false" }), {});
    assert.deepEqual(fromEnv({}), {});
  } finally {
    delete (globalThis as { document?: unknown }).document;
  }
});
