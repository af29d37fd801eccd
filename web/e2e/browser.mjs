/**
 * Real browsers with fake cameras, each of a colour of its own, so that a test can see which person's picture it is.
 *
 * Debian's Chromium, driven by playwright-core; nothing is downloaded. Each browser has its own profile.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Debian's, or another. */
export const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Colours as the Y'CbCr bytes that a camera would give, and as the RGB that a canvas should show. */
export const COLOURS = {
  red: { yuv: [81, 90, 240], rgb: [255, 0, 0] },
  green: { yuv: [145, 54, 34], rgb: [0, 255, 0] },
  blue: { yuv: [41, 240, 110], rgb: [0, 0, 255] },
  yellow: { yuv: [210, 16, 146], rgb: [255, 255, 0] },
  cyan: { yuv: [170, 166, 16], rgb: [0, 255, 255] },
  magenta: { yuv: [106, 202, 222], rgb: [255, 0, 255] },
};

/** The film: so large, and with grains of light that change with each frame, so that it needs bandwidth, or without. */
const CALM = { width: 320, height: 240, grain: 0 };
export const BUSY = { width: 640, height: 480, grain: 24 };

/** A short film in YUV4MPEG2: the colour, with a grey bar that moves so that frames differ. */
function film([y, u, v], framesPerSecond, { width, height, grain }) {
  const frames = 10;
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < frames; frame++) {
    const luma = Buffer.alloc(width * height, y);
    if (grain > 0) addGrain(luma, width, y, grain);
    luma.fill(128, frame * 8 * width, (frame * 8 + 8) * width);
    parts.push(Buffer.from("FRAME\n"), luma);
    parts.push(Buffer.alloc((width * height) / 4, u), Buffer.alloc((width * height) / 4, v));
  }
  return Buffer.concat(parts);
}

function addGrain(luma, width, y, most) {
  const side = 8;
  for (let top = 0; top < luma.length; top += side * width) {
    for (let left = 0; left < width; left += side) {
      const light = Math.max(0, Math.min(255, y + Math.round((2 * Math.random() - 1) * most)));
      for (let row = 0; row < side; row++) luma.fill(light, top + row * width + left, top + row * width + left + side);
    }
  }
}

/**
 * Starts a browser whose camera shows this colour; ten frames a second leave a small machine its time for the test.
 * `program` replaces Chromium, such as one that starts it somewhere else; `args` are more of its arguments.
 */
export async function startBrowser(colour, framesPerSecond = 10, scene = CALM, { program = executablePath, args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "callbox-camera-"));
  const file = join(folder, `${colour}.y4m`);
  writeFileSync(file, film(COLOURS[colour].yuv, framesPerSecond, scene));
  const browser = await chromium.launch({
    executablePath: program,
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
      // A name that is not localhost: browsers let its pages use the camera over HTTPS alone.
      "--host-resolver-rules=MAP call.test 127.0.0.1",
      ...args,
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
