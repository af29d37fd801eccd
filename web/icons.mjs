/**
 * Draws the icons of the installed page from `public/favicon.svg`, the one source of all of them.
 *
 * By hand, `npm run icons --workspace web`, whenever that changes: the build takes what is committed, so it needs no
 * browser. Two runs of one Chromium make the same bytes; that the icons still are the source's, a browser test sees.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const folder = fileURLToPath(new URL("public/", import.meta.url));
const rounded = readFileSync(`${folder}favicon.svg`, "utf8");
/** Phones cut icons to a shape of their own, so theirs fill the square. The sign in it keeps to the middle 80 percent. */
const square = rounded.replace(' rx="6"', "");
if (square === rounded) throw new Error("favicon.svg has no round corners to be squared");

const icons = [
  ["icon-192.png", rounded, 192],
  ["icon-512.png", rounded, 512],
  ["icon-maskable-512.png", square, 512],
  ["apple-touch-icon.png", square, 180],
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
for (const [name, svg, size] of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px }</style>${svg}`);
  writeFileSync(folder + name, await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
