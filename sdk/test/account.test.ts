/**
 * Accounts: who the client is after each way of signing in and out, and what it asks the server for.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallboxError } from "../src/core/errors.js";
import { settle, World } from "./world.js";

const asked = (world: World) => world.requests.map(({ method, url }) => `${method} ${new URL(url).pathname.replace("/v1/", "")}`);
const bodyOf = (world: World, path: string) =>
  JSON.parse([...world.requests].reverse().find(({ url }) => new URL(url).pathname === `/v1/${path}`)?.body ?? "null") as Record<string, unknown> | null;
const tokenOf = (world: World) => world.requests.at(-1)?.headers["authorization"];

function withAccounts(): World {
  const world = new World();
  Object.assign(world.answers, {
    "POST /v1/logins": [201, { user: { id: "ann", age: "adult" }, token: "token-of-ann" }],
    "POST /v1/verifications": [200, { user: { id: "me", age: "adult" }, token: null }],
    "PUT /v1/me/email": [202, null],
    "DELETE /v1/me/logins/login-1": [204, null],
    "DELETE /v1/me": [204, null],
    "GET /v1/me/calls": [200, { items: [], next: null }],
  });
  return world;
}

test("coming back makes no guest of somebody who never was one", async () => {
  const world = new World();
  const client = world.client();
  assert.equal(await client.restore(), null);
  assert.equal(client.user, null);
  assert.deepEqual(world.requests, []);
  await client.signIn();
  assert.deepEqual(asked(world), ["POST guests"]);
});

test("who signs in by password is that user from then on, also in the next tab's life", async () => {
  const world = withAccounts();
  const client = world.client();
  const user = await client.account.signIn({ email: "ann@example.org", password: "correct horse" });
  assert.deepEqual([user.id, client.user?.id], ["ann", "ann"]);
  await client.account.read();
  assert.equal(tokenOf(world), "Bearer token-of-ann");
  world.answers["GET /v1/me"] = [200, { id: "ann", age: "adult" }];
  const later = world.client();
  assert.equal((await later.restore())?.id, "ann");
  assert.equal(tokenOf(world), "Bearer token-of-ann");
});

test("a browser has one name, whoever signs in with it", async () => {
  const world = withAccounts();
  world.nextRandom = 0.123_456_789;
  const client = world.client();
  await client.signIn();
  await client.account.signIn({ email: "ann@example.org", password: "correct horse" });
  const device = bodyOf(world, "guests")?.["device"];
  assert.ok(typeof device === "string" && device.length >= 8 && device.length <= 128, String(device));
  assert.equal(bodyOf(world, "logins")?.["device"], device);
});

test("a link that is opened in the browser that asked for it is opened with its login, which stays", async () => {
  const world = withAccounts();
  await world.client().signIn();
  // The page of the link is another one, in the same tab.
  const client = world.client();
  assert.equal((await client.account.verify("secret"))?.id, "me");
  assert.deepEqual(asked(world).slice(1), ["GET me", "POST verifications"]);
  assert.equal(tokenOf(world), "Bearer token-of-mine");
  await client.account.setEmail({ email: "me@example.org" });
  assert.equal(tokenOf(world), "Bearer token-of-mine");
});

test("another address that is verified elsewhere makes nobody anybody", async () => {
  const world = withAccounts();
  world.answers["POST /v1/verifications"] = [200, { user: null, token: null }];
  const nobody = world.client();
  assert.equal(await nobody.account.verify("secret"), null);
  assert.deepEqual([nobody.user, world.originStore.items.has("callbox.cookie:https://call.example")], [null, false]);
  const client = world.client();
  await client.signIn();
  assert.equal(await client.account.verify("secret"), null);
  assert.equal(client.user?.id, "me");
});

test("a proof goes along with the change, and the mailbox is asked by name", async () => {
  const world = withAccounts();
  Object.assign(world.answers, {
    "POST /v1/oidc/confirm": [204, null],
    "DELETE /v1/me/identities/one": [204, null],
    "POST /v1/me/approvals": [202, null],
    "POST /v1/approvals": [200, { change: "identities" }],
  });
  const client = world.client();
  await client.signIn();
  await client.account.confirmOidc({ password: "correct horse" });
  assert.deepEqual(bodyOf(world, "oidc/confirm"), { flow: "", password: "correct horse" });
  await client.account.unlink("one", { password: "correct horse" });
  assert.deepEqual(bodyOf(world, "me/identities/one"), { password: "correct horse" });
  await client.account.askApproval("identities");
  assert.deepEqual(bodyOf(world, "me/approvals"), { change: "identities" });
  assert.equal(await client.account.approve("secret"), "identities");
  assert.deepEqual([bodyOf(world, "approvals"), client.user?.id], [{ token: "secret" }, "me"]);
});

test("who becomes somebody else in a call leaves it, and the next session is the new one's", async () => {
  const world = withAccounts();
  const client = await world.calling("caller");
  world.take();
  await client.account.signIn({ email: "ann@example.org", password: "correct horse" });
  assert.deepEqual(world.take(), [{ type: "end", call: "call-1", cause: "hangup" }]);
  assert.deepEqual([client.state.name, client.signaling, client.user?.id], ["ended", "offline", "ann"]);
  client.dismiss();
  void client.seek();
  assert.equal((await world.hello()).token, "token-of-ann");
});

test("who signs out is nobody, and the next to come is a new guest", async () => {
  const world = withAccounts();
  const client = await world.queued();
  const users: unknown[] = [];
  client.on("user", (user) => users.push(user));
  world.answers["GET /v1/me"] = [200, { id: "me", age: "adult", login: "login-1" }];
  await client.account.signOut();
  assert.deepEqual([users, client.user, client.signaling], [[null], null, "offline"]);
  assert.equal(world.tabStore.items.size, 0);
  await client.signIn();
  assert.deepEqual(asked(world).slice(-2), ["DELETE me/logins/login-1", "POST guests"]);
});

test("an account that is deleted is forgotten, and one that is not stays", async () => {
  const world = withAccounts();
  const client = world.client();
  await client.signIn();
  world.answers["DELETE /v1/me"] = [403, { code: "password_needed", detail: "no", status: 403, request_id: "1" }];
  await assert.rejects(client.account.delete(), { code: "password_needed" });
  assert.equal(client.user?.id, "me");
  world.answers["DELETE /v1/me"] = [204, null];
  await client.account.delete({ password: "correct horse" });
  assert.deepEqual([client.user, bodyOf(world, "me")], [null, { password: "correct horse" }]);
});

test("lists are asked for page by page", async () => {
  const world = withAccounts();
  const client = world.client();
  await client.signIn();
  await client.history.calls();
  await client.history.calls({ before: "a/b", limit: 10 });
  assert.deepEqual(
    world.requests.slice(-2).map(({ url }) => new URL(url).search),
    ["?limit=50", "?limit=10&before=a%2Fb"],
  );
});

test("who is banned hears it by that name, and is not tried again", async () => {
  const world = new World();
  const client = await world.calling("callee");
  const errors: CallboxError[] = [];
  client.on("error", (error) => errors.push(error));
  await world.say({ type: "leave", reason: "banned", action: "disconnect" });
  await world.lose(4403);
  await world.pass(60_000);
  await settle();
  assert.deepEqual(
    errors.map(({ code }) => code),
    ["banned"],
  );
  assert.deepEqual([client.state.name, client.signaling, world.sockets], ["ended", "offline", 1]);
});

test("who comes back from another service is whoever the server says, and only the tab that left can finish", async () => {
  const world = withAccounts();
  Object.assign(world.answers, {
    "POST /v1/oidc/google/start": [200, { url: "https://id.example/auth?state=s", flow: "flow-1" }],
    "POST /v1/oidc/finish": [201, { outcome: "signed_in", user: { id: "ann", age: null }, token: "token-of-ann" }],
  });
  assert.equal(await world.client().account.startOidc("google"), "https://id.example/auth?state=s");
  assert.deepEqual(bodyOf(world, "oidc/google/start"), { link: false });
  // The page that it returns to is another one, in the same tab.
  const client = world.client();
  const finished = await client.account.finishOidc({ state: "s", code: "c" });
  assert.deepEqual([finished.outcome, client.user?.id], ["signed_in", "ann"]);
  const { device, ...sent } = bodyOf(world, "oidc/finish") ?? {};
  assert.deepEqual([typeof device, sent], ["string", { flow: "flow-1", state: "s", code: "c" }]);
  await client.account.read();
  assert.equal(tokenOf(world), "Bearer token-of-ann");
  await client.account.finishOidc({ state: "s", code: "c" });
  assert.equal(bodyOf(world, "oidc/finish")?.["flow"], "", "it was forgotten");
});

test("what is to be confirmed changes nobody until it is, and what was mailed is opened by its link", async () => {
  const world = withAccounts();
  Object.assign(world.answers, {
    "POST /v1/oidc/google/start": [200, { url: "https://id.example/", flow: "flow-1" }],
    "POST /v1/oidc/finish": [200, { outcome: "confirm", provider: "Google", email: null }],
    "POST /v1/oidc/confirm": [204, null],
    "POST /v1/oidc/redeem": [200, { user: { id: "ann", age: null }, token: "token-of-ann" }],
  });
  const client = world.client();
  await client.signIn();
  await client.account.startOidc("google", { link: true });
  assert.deepEqual(bodyOf(world, "oidc/google/start"), { link: true });
  assert.equal((await client.account.finishOidc({ state: "s", code: "c" })).outcome, "confirm");
  assert.equal(client.user?.id, "me");
  await client.account.confirmOidc();
  assert.deepEqual([bodyOf(world, "oidc/confirm"), client.user?.id], [{ flow: "flow-1" }, "me"]);
  await client.account.redeemOidc("secret");
  assert.deepEqual([bodyOf(world, "oidc/redeem")?.["token"], client.user?.id], ["secret", "ann"]);
});
