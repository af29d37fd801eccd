/**
 * Real browsers with fake cameras, each of a colour of its own, so that a test can tell whose picture it sees.
 *
 * Debian's Chromium, driven by playwright-core; nothing is downloaded. Each browser has its own profile.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Colours as the Y'CbCr bytes that a camera would give, and as the RGB that a canvas should show. */
export const COLOURS = {
  red: { yuv: [81, 90, 240], rgb: [255, 0, 0] },
  green: { yuv: [145, 54, 34], rgb: [0, 255, 0] },
  blue: { yuv: [41, 240, 110], rgb: [0, 0, 255] },
  yellow: { yuv: [210, 16, 146], rgb: [255, 255, 0] },
};

/** A short 320x240 film in YUV4MPEG2: the colour, with a grey bar that moves so that frames differ. */
function film([y, u, v], framesPerSecond) {
  const [width, height, frames] = [320, 240, 10];
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < frames; frame++) {
    const luma = Buffer.alloc(width * height, y);
    luma.fill(128, frame * 8 * width, (frame * 8 + 8) * width);
    parts.push(Buffer.from("FRAME\n"), luma);
    parts.push(Buffer.alloc((width * height) / 4, u), Buffer.alloc((width * height) / 4, v));
  }
  return Buffer.concat(parts);
}

/** Starts a browser whose camera shows this colour; ten frames a second leave a small machine its time for the test. */
export async function startBrowser(colour, framesPerSecond = 10) {
  const folder = mkdtempSync(join(tmpdir(), "callbox-camera-"));
  const file = join(folder, `${colour}.y4m`);
  writeFileSync(file, film(COLOURS[colour].yuv, framesPerSecond));
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      `--use-file-for-fake-video-capture=${file}`,
    ],
  });
  return {
    colour,
    /** A fresh profile: nothing is shared with other contexts, as between two people's browsers. */
    async context(options = {}) {
      const context = await browser.newContext({ permissions: ["camera", "microphone"], ...options });
      // A busy machine is slow, not wrong; each case has a limit of its own.
      context.setDefaultTimeout(30_000);
      return context;
    },
    async stop() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}
