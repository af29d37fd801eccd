/**
 * The page as an app: Chromium's own list of the obstacles to its installation.
 */
import assert from "node:assert/strict";

/**
 * The obstacles to an installation in a test's browser alone. Its contexts are what people call incognito, and there
 * nothing is ever installed.
 */
const INHERENT = ["in-incognito"];

/** An icon's size, whether its corner is filled, and the share of its pixels that are unlike its source's. */
const inspect = (page, icon, source) =>
  page.evaluate(
    async (urls) => {
      const images = urls.map((src) => Object.assign(new Image(), { src }));
      await Promise.all(images.map((image) => image.decode()));
      const { naturalWidth: width, naturalHeight: height } = images[0];
      const [own, wanted] = images.map((image) => {
        const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
        context.drawImage(image, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
      });
      let [count, unlike] = [0, 0];
      for (let at = 0; at < own.length; at += 4) {
        // Outside the source's round corners there is nothing to compare.
        if (own[at + 3] < 255 || wanted[at + 3] < 255) continue;
        count += 1;
        if ([0, 1, 2].some((channel) => Math.abs(own[at + channel] - wanted[at + channel]) > 40)) unlike += 1;
      }
      return { size: `${width}x${height}`, corner: own[3], unlike: unlike / count };
    },
    [icon, source],
  );

/** The icons that fill their square, for phones that cut a shape of their own. */
const isSquare = (name) => /maskable|apple/.test(name);

export const install = {
  async "every page may be installed: Chromium reads the manifest and finds nothing against it"({ context, origin }) {
    const page = await (await context("red")).newPage();
    const chromium = await page.context().newCDPSession(page);
    for (const path of ["/", "/call", "/i/some-code", "/safety", "/terms"]) {
      await page.goto(origin + path);
      const { url, errors, data } = await chromium.send("Page.getAppManifest");
      assert.match(url, new RegExp(`^${origin}/assets/[0-9a-f]{16}/manifest\\.webmanifest$`));
      assert.deepEqual(errors, []);
      const { id, start_url, scope, display } = JSON.parse(data);
      assert.deepEqual({ id, start_url, scope, display }, { id: "/", start_url: "/call", scope: "/", display: "standalone" });
      // The same app from every page and in every version, though the manifest's own address changes.
      const { appId } = await chromium.send("Page.getAppId");
      assert.equal(appId, `${origin}/`);
      const { installabilityErrors } = await chromium.send("Page.getInstallabilityErrors");
      const against = installabilityErrors.map(({ errorId }) => errorId).filter((error) => !INHERENT.includes(error));
      assert.deepEqual(against, [], path);
    }
  },

  async "the icons are what the manifest says of them, look like their source, and are kept for a year"({ context, origin }) {
    const page = await (await context("red")).newPage();
    await page.goto(origin);
    const href = (rel) => page.locator(`link[rel="${rel}"]`).evaluate((link) => link.href);
    const answer = await page.request.get(await href("manifest"));
    assert.equal(answer.headers()["content-type"], "application/manifest+json");
    assert.equal(answer.headers()["content-encoding"], "gzip");
    assert.match(answer.headers()["cache-control"], /immutable/);
    const { icons, theme_color } = await answer.json();
    assert.deepEqual(
      icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`),
      ["192x192 any", "512x512 any", "512x512 maskable", "any any"],
    );
    icons.push({ src: await href("apple-touch-icon"), sizes: "180x180", type: "image/png" });
    const source = await href("icon");
    for (const { src, sizes, type } of icons) {
      const url = new URL(src, answer.url()).href;
      const { headers, status } = await page.evaluate(async (url) => {
        const { status, headers } = await fetch(url);
        return { status, headers: Object.fromEntries(headers) };
      }, url);
      assert.equal(status, 200, src);
      assert.equal(headers["content-type"], type, src);
      assert.match(headers["cache-control"], /immutable/, src);
      if (sizes === "any") continue;
      const { size, corner, unlike } = await inspect(page, url, source);
      assert.equal(size, sizes, src);
      assert.equal(corner, isSquare(src) ? 255 : 0, `the corner of ${src}`);
      // A change of the source needs new icons: `npm run icons --workspace web`.
      assert.ok(unlike < 0.005, `${(unlike * 100).toFixed(2)} percent of ${src} are unlike favicon.svg`);
    }
    // The bar around the page follows the scheme; the manifest, which knows one, agrees with the light one.
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const [bar, ground] = await page.evaluate(() => {
        const metas = [...document.querySelectorAll('meta[name="theme-color"]')];
        const bar = metas.find(({ media }) => matchMedia(media).matches).content;
        const rgb = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return [bar, `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`];
      });
      assert.equal(bar, ground, colorScheme);
      if (colorScheme === "light") assert.equal(theme_color, bar);
    }
  },
};
