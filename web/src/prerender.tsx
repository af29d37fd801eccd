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
import { moderation } from "./messages/moderation.js";

function page(title: string, content: string, script: string): string {
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
${script}</head>
<body>
${content}
</body>
</html>
`;
}

const script = (name: string) => `<script type="module" src="/assets/__HASH__/${name}.js"></script>\n`;

const withoutScript = `<noscript><p class="refusal">${words.unsupported.script}</p></noscript>`;

/** A page that its script makes; until then it says that something comes. */
const scripted = (name: string, title: string, without: string) =>
  page(`${title} · ${words.product}`, `<noscript><p class="refusal">${without}</p></noscript><div id="${name}">${renderToString(<Loading title={title} />)}</div>`, script(name));

/** File names and their contents. */
export const pages: Record<string, string> = {
  "index.html": page(`${words.product}: ${words.landing.title}`, renderToString(<Landing />), script("landing")),
  "call.html": page(`${words.welcome.title} · ${words.product}`, `${withoutScript}<div id="app">${renderToString(<App client={null} />)}</div>`, script("app")),
  "safety.html": page(`${words.safety.title} · ${words.product}`, renderToString(<Text {...words.safety} />), ""),
  "terms.html": page(`${words.terms.title} · ${words.product}`, renderToString(<Text {...words.terms} />), ""),
  "docs.html": page(
    `${words.docs.title} · ${words.product}`,
    `<noscript><p class="refusal">${words.docs.script}</p></noscript><div id="docs">${renderToString(<Docs state="loading" />)}</div>`,
    script("docs"),
  ),
  "account.html": scripted("account", account.title, account.script),
  "sign-in.html": scripted("account", account.signIn.title, account.script),
  "oidc.html": scripted("account", account.oidc.title, account.script),
  "verify.html": scripted("account", account.verify.title, account.script),
  "approve.html": scripted("account", account.approve.title, account.script),
  "reset.html": scripted("account", account.reset.title, account.script),
  "setup.html": scripted("account", account.setup.title, account.script),
  "moderation.html": scripted("moderation", moderation.title, moderation.script),
  "404.html": page(`${words.notFound.title} · ${words.product}`, renderToString(<NotFound />), ""),
  "assets/manifest.webmanifest": JSON.stringify(manifest),
};
