/**
 * Signing in with another service, as a person does it: npm's oidc-provider has the forms, on an origin of its own.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PASSWORD, fill, me, said, section, signIn } from "./account.mjs";
import { screen, press } from "./page.mjs";
import { look } from "./pages.mjs";
import { startServer } from "./server.mjs";

const SIZES = [
  ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
  ["desk", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
];

async function startIssuer() {
  const child = spawn(process.execPath, [fileURLToPath(new URL("issuer.mjs", import.meta.url))], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (start) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("the issuer ended");
      if (value.startsWith(start)) return value.slice(start.length);
    }
  };
  const port = await next("port ");
  return {
    url: `http://127.0.0.1:${port}`,
    async serve(redirect) {
      child.stdin.write(`${redirect}\n`);
      await next("ready");
    },
    stop: () => child.kill(),
  };
}

/** A server that offers this issuer; both end with the case. */
async function withIssuer(work) {
  const issuer = await startIssuer();
  let server;
  try {
    const provider = `{ id = "test", name = "Test Issuer", issuer = "${issuer.url}", client_id = "callbox", client_secret = "north & south" }`;
    server = await startServer({ oidc: `[${provider}]` });
    await issuer.serve(`${server.origin}/oidc`);
    await work(server, issuer);
  } finally {
    issuer.stop();
    await server?.stop();
  }
}

/** The issuer's own forms: any name with any password, and a yes. */
async function signInThere(page, issuer, name) {
  await page.waitForURL(`${issuer.url}/**`);
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

async function becomeAdmin(page, server, email) {
  await page.goto(await server.setup());
  await fill(page, "Your e-mail address", email);
  await fill(page, "A password", PASSWORD);
  await press(page, "Become the admin");
  await screen(page, "setup-done");
}

export const oidc = {
  "a guest continues with another service, keeps their id, signs out, and comes back by its button": ({ context, out }) =>
    withIssuer(async (server, issuer) => {
      const { origin } = server;
      const page = await (await context("red")).newPage();
      await page.goto(`${origin}/call`);
      await press(page, "Continue as a guest");
      await screen(page, "age");
      const { id } = await me(page);
      await page.goto(`${origin}/account`);
      await press(page, "Continue with Test Issuer");
      await signInThere(page, issuer, "ann@example.org");
      await screen(page, "account");
      assert.equal(page.url(), `${origin}/account`);
      const now = await me(page);
      assert.deepEqual([now.id, now.email], [id, "ann@example.org"]);
      await section(page, "Other services").getByText("Test Issuer", { exact: true }).waitFor();
      await look(page, out, "12-account");
      // A password it has none, and mails go nowhere here.
      await page.getByRole("button", { name: "Stop using Test Issuer" }).click();
      await said(page, "This is the only way into your account");
      await press(page, "Sign out here");
      await screen(page, "nobody");
      await page.goto(`${origin}/sign-in`);
      await press(page, "Continue with Test Issuer");
      // The issuer knows the browser by now and asks nothing.
      await screen(page, "account");
      assert.equal((await me(page)).id, id);
      // The former address is in no history.
      await page.goBack();
      assert.ok(!page.url().includes("code="), page.url());
      const late = await (await context("green")).newPage();
      await late.goto(`${origin}/sign-in`);
      await press(late, "Continue with Test Issuer");
      await late.waitForURL(`${issuer.url}/**`);
      await late.goto(`${origin}/oidc?error=access_denied&state=x`);
      await screen(late, "refused");
      await said(late, "You did not agree at the other service");
    }),

  "a way back that was made in another browser signs nobody in": ({ context }) =>
    withIssuer(async (server, issuer) => {
      const attacker = await (await context("red")).newPage();
      await attacker.goto(`${server.origin}/sign-in`);
      await press(attacker, "Continue with Test Issuer");
      // The attacker keeps the address of the way back, unused.
      await attacker.route("**/account.js", (route) => route.abort());
      await signInThere(attacker, issuer, "eve@example.org");
      await attacker.waitForURL(`${server.origin}/oidc?**`);
      const way = attacker.url();
      assert.match(way, /code=/);
      const victim = await (await context("green")).newPage();
      await victim.goto(way);
      await screen(victim, "failed");
      await said(victim, "This sign-in was begun elsewhere");
      assert.equal(victim.url(), `${server.origin}/oidc`);
      await victim.goto(`${server.origin}/account`);
      await screen(victim, "nobody");
    }),

  "an account that is there is linked by its owner's word, signed in or by mail, on a phone and on a desk": ({ context, out }) =>
    withIssuer(async (server, issuer) => {
      const { origin } = server;
      const page = await (await context("red")).newPage();
      await becomeAdmin(page, server, "ada@example.org");
      await page.goto(`${origin}/account`);
      await press(page, "Use Test Issuer too");
      await signInThere(page, issuer, "ada@example.com");
      await screen(page, "confirm");
      const stranger = await (await context("green")).newPage();
      await stranger.goto(`${origin}/sign-in`);
      await press(stranger, "Continue with Test Issuer");
      await signInThere(stranger, issuer, "ada@example.org");
      await screen(stranger, "mailed");
      const mailed = await (await context("green")).newPage();
      const first = await server.mailed("oidc");
      await mailed.goto(first);
      await screen(mailed, "link");
      const denied = await (await context("green")).newPage();
      await denied.goto(`${origin}/oidc?error=server_error`);
      await screen(denied, "refused");
      const offered = await (await context("green")).newPage();
      await offered.goto(`${origin}/sign-in`);
      await offered.getByRole("button", { name: "Continue with Test Issuer" }).waitFor();
      for (const [size, { viewport, colorScheme }] of SIZES) {
        for (const [name, shown] of Object.entries({ confirm: page, mailed: stranger, link: mailed, refused: denied, offered })) {
          await shown.setViewportSize(viewport);
          await shown.emulateMedia({ colorScheme });
          await look(shown, out, `12-${name}-${size}`);
        }
      }
      const proof = "Your password, to change other services";
      await fill(page, proof, "not it at all");
      await press(page, "Yes, use Test Issuer");
      await said(page, "The current password is not right.");
      await fill(page, proof, PASSWORD);
      await press(page, "Yes, use Test Issuer");
      await screen(page, "linked");
      await page.goto(`${origin}/account`);
      await fill(page, proof, PASSWORD);
      await page.getByRole("button", { name: "Stop using Test Issuer" }).click();
      await page.getByRole("button", { name: "Stop using Test Issuer" }).waitFor({ state: "detached" });
      // The link that waited died with the change.
      await press(mailed, "Yes, it was me");
      await said(mailed, "This link was used already, or is too old.");
      await stranger.goto(`${origin}/sign-in`);
      await press(stranger, "Continue with Test Issuer");
      await screen(stranger, "mailed");
      await mailed.goto(await server.mailed("oidc", first));
      await press(mailed, "Yes, it was me");
      await screen(mailed, "linked");
      assert.equal((await me(mailed)).email, "ada@example.org");
      await stranger.goto(`${origin}/sign-in`);
      await press(stranger, "Continue with Test Issuer");
      await screen(stranger, "account");
      assert.equal((await me(stranger)).id, (await me(page)).id);
      await signIn(page, origin, "ada@example.org");
    }),
};
