/**
 * The pages as HTML, and the manifest, rendered when the web files are built. It never runs in a browser.
 */
import { renderToString } from "preact-render-to-string";
import { App } from "./app.js";
import { Docs } from "./docs/docs.js";
import { Landing, NotFound, Text } from "./landing.js";
import { GROUND, manifest } from "./manifest.js";
import { words } from "./words.js";

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

/** File names and their contents. */
export const pages: Record<string, string> = {
  "index.html": page(`${words.product}: ${words.landing.title}`, renderToString(<Landing />), script("landing")),
  "call.html": page(`${words.welcome.title} · ${words.product}`, `${withoutScript}<div id="app">${renderToString(<App client={null} />)}</div>`, script("app")),
  "safety.html": page(`${words.safety.title} · ${words.product}`, renderToString(<Text {...words.safety} />), ""),
  "terms.html": page(`${words.terms.title} · ${words.product}`, renderToString(<Text {...words.terms} />), ""),
  "docs.html": page(`${words.docs.title} · ${words.product}`, `<noscript><p class="refusal">${words.docs.script}</p></noscript><div id="docs">${renderToString(<Docs state="loading" />)}</div>`, script("docs")),
  "404.html": page(`${words.notFound.title} · ${words.product}`, renderToString(<NotFound />), ""),
  "assets/manifest.webmanifest": JSON.stringify(manifest),
};
