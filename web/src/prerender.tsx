/**
 * The pages as HTML, and the manifest, rendered when the web files are built. It never runs in a browser.
 */
import { renderToString } from "preact-render-to-string";
import { Loading } from "./account/states.js";
import { App } from "./app.js";
import { Docs } from "./docs/docs.js";
import { Landing, NotFound, Text } from "./landing.js";
import { GROUND, manifest } from "./manifest.js";
import { words } from "./messages.js";
import { account } from "./messages/account.js";
import { dashboard } from "./messages/dashboard.js";
import { moderation } from "./messages/moderation.js";

/** `route` is the page's name in the operator's figures: an address may have a secret of two people in it. */
function page(route: string, title: string, content: string, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>${title}</title>
<meta name="description" content="${words.landing.lead}">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="${GROUND.light}">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="${GROUND.dark}">
<link rel="icon" href="/assets/__HASH__/favicon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/assets/__HASH__/apple-touch-icon.png">
<link rel="manifest" href="/assets/__HASH__/manifest.webmanifest">
<link rel="stylesheet" href="/assets/__HASH__/app.css">
<script defer src="/assets/__HASH__/monitor.js" data-route="${route}" data-release="__HASH__" data-respect-do-not-track></script>
${script}</head>
<body>
${content}
</body>
</html>
`;
}

const script = (name: string) => `<script type="module" src="/assets/__HASH__/${name}.js"></script>\n`;

/** The look of one page alone, beside that of all. */
const style = (name: string) => `<link rel="stylesheet" href="/assets/__HASH__/${name}.css">\n`;

const withoutScript = `<noscript><p class="refusal">${words.unsupported.script}</p></noscript>`;

/** A page that its script makes; until then it says that something comes. */
const scripted = (route: string, name: string, title: string, without: string, head = "") =>
  page(
    route,
    `${title} · ${words.product}`,
    `<noscript><p class="refusal">${without}</p></noscript><div id="${name}">${renderToString(<Loading title={title} />)}</div>`,
    head + script(name),
  );

/** File names and their contents. */
export const pages: Record<string, string> = {
  "index.html": page("/", `${words.product}: ${words.landing.title}`, renderToString(<Landing />), script("landing")),
  "call.html": page("/call", `${words.welcome.title} · ${words.product}`, `${withoutScript}<div id="app">${renderToString(<App client={null} />)}</div>`, script("app")),
  "safety.html": page("/safety", `${words.safety.title} · ${words.product}`, renderToString(<Text {...words.safety} />), ""),
  "terms.html": page("/terms", `${words.terms.title} · ${words.product}`, renderToString(<Text {...words.terms} />), ""),
  "docs.html": page(
    "/docs",
    `${words.docs.title} · ${words.product}`,
    `<noscript><p class="refusal">${words.docs.script}</p></noscript><div id="docs">${renderToString(<Docs state="loading" />)}</div>`,
    script("docs"),
  ),
  "account.html": scripted("/account", "account", account.title, account.script),
  "sign-in.html": scripted("/sign-in", "account", account.signIn.title, account.script),
  "oidc.html": scripted("/oidc", "account", account.oidc.title, account.script),
  "verify.html": scripted("/verify", "account", account.verify.title, account.script),
  "approve.html": scripted("/approve", "account", account.approve.title, account.script),
  "reset.html": scripted("/reset", "account", account.reset.title, account.script),
  "setup.html": scripted("/setup", "account", account.setup.title, account.script),
  "moderation.html": scripted("/moderation", "moderation", moderation.title, moderation.script),
  "dashboard.html": scripted("/dashboard", "dashboard", dashboard.title, dashboard.script, style("dashboard")),
  "404.html": page("/404", `${words.notFound.title} · ${words.product}`, renderToString(<NotFound />), ""),
  "assets/manifest.webmanifest": JSON.stringify(manifest),
};
