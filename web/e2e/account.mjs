/**
 * Accounts in a browser, from a guest to the end of one; and moderators. Mails are read from the server's folder.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { couple } from "./calls.mjs";
import { arrive, screen, press, sees } from "./page.mjs";
import { look } from "./pages.mjs";

export const PASSWORD = "correct horse battery";
const SIZES = [
  ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
  ["desk", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
];

export const fill = (page, name, text) => page.getByLabel(name, { exact: true }).fill(text);
export const said = (page, text) => page.getByText(text).waitFor();
export const section = (page, name) => page.getByRole("region", { name });

/** The user that the server takes this page for. */
export async function me(page) {
  return await page.evaluate(async () => {
    const token = Object.entries(sessionStorage).find(([key]) => key.startsWith("callbox.token:"))?.[1];
    return await (await fetch("/v1/me", { headers: { authorization: `Bearer ${token}` } })).json();
  });
}

export async function signIn(page, origin, email, password = PASSWORD) {
  await page.goto(`${origin}/sign-in`);
  await fill(page, "E-mail address", email);
  await fill(page, "Password", password);
  await press(page, "Sign in");
  await screen(page, "account");
}

/** A program that looks through mails: it opens a link in a browser of its own, waits until the page is there, and presses nothing. */
async function scan({ context }, link, name) {
  const page = await (await context("green")).newPage();
  await page.goto(link);
  await screen(page, name);
  assert.ok(!page.url().includes("#"), "the secret is still in the address");
  await page.close();
}

/** Somebody who gave an address, and opened the link in their browser. */
async function upgrade(world, page, email) {
  const { server, origin } = world;
  await page.goto(`${origin}/account`);
  await fill(page, "E-mail address", email);
  await fill(page, "Password", PASSWORD);
  await press(page, "Send me the link");
  await said(page, `We sent a link to ${email}`);
  const link = await server.mailed("verify");
  await scan(world, link, "verify");
  await page.goto(link);
  await press(page, "Confirm my address");
  await screen(page, "verified");
}

export const accounts = {
  async "a guest calls, becomes an account, signs in elsewhere, ends that login, takes their data along, and deletes it"(world) {
    const { context, origin } = world;
    const { red, green } = await couple(context, origin);
    await press(red, "Leave");
    await screen(red, "ended");
    const { id } = await me(red);
    await green.close();
    await upgrade(world, red, "ann@example.org");
    const now = await me(red);
    assert.deepEqual([now.id, now.email], [id, "ann@example.org"]);
    await red.goto(`${origin}/account`);
    await fill(red, "Name", "Ann");
    await press(red, "Save");
    await said(red, "Saved.");
    await section(red, "Your calls").getByText("Somebody without a name").waitFor();

    const elsewhere = await (await context("green")).newPage();
    await signIn(elsewhere, origin, "ann@example.org");
    assert.equal((await me(elsewhere)).id, id);
    await red.reload();
    await red.getByRole("button", { name: /^Sign out there: Chrome/ }).click();
    await red.getByRole("button", { name: /^Sign out there: Chrome/ }).waitFor({ state: "detached" });
    // The page that is open there is told, and shows nothing of them any more.
    await screen(elsewhere, "nobody");

    const downloading = red.waitForEvent("download");
    await press(red, "Download my data");
    const data = JSON.parse(readFileSync(await (await downloading).path(), "utf8"));
    assert.deepEqual([data.account.id, data.account.profile.name, data.calls.length], [id, "Ann", 1]);

    await fill(red, "Your password", "not it at all");
    await red.getByLabel("Yes, delete all of it").check();
    await press(red, "Delete my account");
    await said(red, "The current password is not right.");
    await fill(red, "Your password", PASSWORD);
    await press(red, "Delete my account");
    await screen(red, "nobody");
    await red.goto(`${origin}/sign-in`);
    await fill(red, "E-mail address", "ann@example.org");
    await fill(red, "Password", PASSWORD);
    await press(red, "Sign in");
    await said(red, "This address and password do not belong together.");
  },

  async "a link in a mail signs in, a forgotten password is set anew, and the server's first link makes the admin"(world) {
    const { context, origin, server } = world;
    const page = await (await context("red")).newPage();
    await page.goto(await server.setup());
    await fill(page, "Your e-mail address", "ada@example.org");
    await fill(page, "A password", PASSWORD);
    await press(page, "Become the admin");
    await screen(page, "setup-done");
    assert.equal((await me(page)).role, "admin");
    // It is good once.
    const late = await (await context("green")).newPage();
    await late.goto(await server.setup());
    await fill(late, "Your e-mail address", "eve@example.org");
    await fill(late, "A password", PASSWORD);
    await press(late, "Become the admin");
    await said(late, "This link was used already, or is too old.");

    await late.goto(`${origin}/sign-in`);
    await press(late, "Mail me a link instead");
    await said(late, "Please fill in your address first.");
    await fill(late, "E-mail address", "ada@example.org");
    await press(late, "Mail me a link instead");
    await said(late, "a link is on its way. It works for 15 minutes.");
    const link = await server.mailed("sign-in");
    await scan(world, link, "sign-in-link");
    await late.goto(link);
    await press(late, "Sign me in");
    await screen(late, "account");
    assert.equal((await me(late)).email, "ada@example.org");

    await late.goto(`${origin}/sign-in`);
    await fill(late, "E-mail address", "ada@example.org");
    await press(late, "I forgot my password");
    await said(late, "a link is on its way. It works for an hour.");
    const reset = await server.mailed("reset");
    await scan(world, reset, "reset");
    await late.goto(reset);
    await fill(late, "New password", "another horse battery");
    await press(late, "Set password");
    await screen(late, "reset-done");
    await page.goto(`${origin}/account`);
    await screen(page, "nobody");
    await signIn(page, origin, "ada@example.org", "another horse battery");
    await page.goto(link);
    await press(page, "Sign me in");
    await said(page, "This link was used already, or is too old.");
  },

  async "whoever has no password changes the account with a yes from the mailbox"(world) {
    const { context, origin, server } = world;
    const page = await (await context("red")).newPage();
    await page.goto(`${origin}/call`);
    await press(page, "Continue as a guest");
    await screen(page, "age");
    await page.goto(`${origin}/account`);
    await fill(page, "E-mail address", "ann@example.org");
    await press(page, "Send me the link");
    await said(page, "We sent a link to ann@example.org");
    await page.goto(await server.mailed("verify"));
    await press(page, "Confirm my address");
    await screen(page, "verified");
    await page.goto(`${origin}/account`);
    const form = page.locator("form", { has: page.getByLabel("New password", { exact: true }) });
    await fill(page, "New password", PASSWORD);
    await press(page, "Set password");
    await said(page, "This needs an approval by e-mail");
    await form.getByRole("button", { name: "Send me the mail" }).click();
    await said(page, "We sent a mail to your address.");
    const link = await server.mailed("approve");
    await scan(world, link, "approve");
    const phone = await (await context("green")).newPage();
    await phone.goto(link);
    await press(phone, "Yes, it was me");
    await screen(phone, "approved");
    await said(phone, "You can set a new password now");
    await press(page, "Set password");
    await said(page, "The new password is set.");
    // By now there is a password, and the next change needs it.
    await page.getByLabel("Yes, delete all of it").check();
    await fill(page, "Your password", PASSWORD);
    await press(page, "Delete my account");
    await screen(page, "nobody");
    await said(page, "Your account is deleted.");
  },

  async "a moderator reads a report with its context and bans, and the banned one's call ends at once"(world) {
    const { context, origin, server, out } = world;
    const { red, green } = await couple(context, origin);
    await press(red, "Chat");
    await red.getByRole("textbox", { name: "Write a line" }).fill("give me your password");
    await press(red, "Send");
    await green.getByText("give me your password").waitFor({ state: "attached" });
    await press(green, "Leave");
    await screen(green, "ended");
    await press(green, "Report this person");
    await green.getByLabel("Advertising, fraud, or a recording instead of a person").check();
    await green.getByLabel("In your own words").fill("wanted my password");
    await green.getByLabel("Send the last lines of our chat along").check();
    await press(green, "Send the report");
    await said(green, "your report was sent");
    await green.close();

    // The reported person is in the next call already; the other person of that call returns to the line.
    const blue = await arrive(await context("green"), origin);
    await screen(red, "ended");
    await press(red, "Find someone else");
    await press(blue, "Find someone");
    await Promise.all([sees(red, "green"), sees(blue, "red")]);

    const moderator = await (await context("red")).newPage();
    await moderator.goto(`${origin}/moderation`);
    await screen(moderator, "not-a-moderator");
    await moderator.goto(await server.setup());
    await fill(moderator, "Your e-mail address", "mod@example.org");
    await fill(moderator, "A password", PASSWORD);
    await press(moderator, "Become the admin");
    await screen(moderator, "setup-done");
    await moderator.goto(`${origin}/moderation`);
    await said(moderator, "wanted my password");
    await moderator.getByText("give me your password").waitFor();
    await moderator.getByText("No name (about):").waitFor();
    await press(moderator, "Ban No name");
    assert.equal(await moderator.getByLabel("Their browsers").isChecked(), true);
    await fill(moderator, "Why, as they will read it", "You asked for passwords.");
    await look(moderator, out, "11-ban-desk");
    await press(moderator, "Ban now");
    await Promise.all([screen(red, "banned", 5_000), screen(blue, "waiting", 5_000)]);
    // The notice comes at once, and again if they return as a new guest.
    await said(red, "You asked for passwords.");
    await red.goto(`${origin}/call`);
    await press(red, "Continue as a guest");
    for (const text of ["You asked for passwords.", /^The ban ends on /, "Write to whoever runs this site."]) await said(red, text);
    await look(red, out, "11-banned");
    await said(moderator, "Nothing to decide.");
    await press(moderator, "Bans");
    // The account and its browser.
    for (let ban = 2; ban > 0; ban--) {
      await moderator.waitForFunction((left) => document.querySelectorAll(".rows > li").length === left, ban);
      assert.equal(await moderator.getByRole("button", { name: "Lift the ban of No name" }).count(), ban);
      await moderator.getByRole("button", { name: "Lift the ban of No name" }).first().click();
      await moderator.waitForFunction((left) => document.querySelectorAll(".rows > li").length === left, ban - 1);
    }
    await said(moderator, "Nobody is banned.");
    await press(moderator, "Who did what");
    await moderator
      .getByText(/^ban lifted · /)
      .first()
      .waitFor();
    await press(moderator, "Banned");
    await press(moderator, "Open the report about No name again");
    await press(moderator, "People");
    await fill(moderator, "Search a person", "nobody of this name");
    await press(moderator, "Search");
    await said(moderator, "Nobody was found.");
    await look(moderator, out, "11-people-desk");
  },

  async "every page around accounts is accessible, on a phone and on a desk"(world) {
    const { context, origin, server, out } = world;
    const { red, green } = await couple(context, origin);
    await press(red, "Leave");
    await screen(red, "ended");
    await press(red, "Report this person");
    await red.getByLabel("Something else").check();
    await press(red, "Send the report");
    await said(red, "your report was sent");
    await green.close();
    await red.goto(`${origin}/account`);
    await screen(red, "account");
    await red.getByRole("button", { name: /^Allow/ }).waitFor();
    const pages = [];
    for (const [size, options] of SIZES) {
      const page = await (await context("green", options)).newPage();
      pages.push([size, page, options]);
      for (const path of ["account", "sign-in", "oidc", "verify", "moderation"]) {
        await page.goto(`${origin}/${path}`);
        await page.locator("[data-screen]:not([data-screen=loading])").waitFor();
        await look(page, out, `10-${path}-${size}`);
      }
      // They are of one kind: one of them on a desk will do.
      for (const path of size === "phone" ? ["reset", "verify", "approve", "sign-in"] : ["reset"]) {
        await page.goto(`${origin}/${path}#no-such-token`);
        await look(page, out, `10-${path}-link-${size}`);
      }
    }
    for (const [size, , options] of pages) {
      await red.setViewportSize(options.viewport);
      await red.emulateMedia({ colorScheme: options.colorScheme });
      await look(red, out, `10-guest-${size}`);
    }
    const [, admin] = pages[0];
    await admin.goto(await server.setup());
    await look(admin, out, "10-setup-phone");
    await fill(admin, "Your e-mail address", "ada@example.org");
    await fill(admin, "A password", PASSWORD);
    await press(admin, "Become the admin");
    await screen(admin, "setup-done");
    for (const [size, , options] of pages) {
      await admin.setViewportSize(options.viewport);
      await admin.emulateMedia({ colorScheme: options.colorScheme });
      await admin.goto(`${origin}/account`);
      await screen(admin, "account");
      await look(admin, out, `10-admin-${size}`);
      await admin.goto(`${origin}/moderation`);
      await admin.getByRole("button", { name: /^Dismiss the/ }).waitFor();
      await look(admin, out, `10-queue-${size}`);
    }
  },
};
