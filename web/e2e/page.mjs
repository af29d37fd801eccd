/**
 * The page as a person uses it: buttons by their names, and what is on the screen.
 *
 * Everything is found by role and name, so a test that passes says that a screen reader's user gets there too.
 */
import { COLOURS } from "./browser.mjs";

/** Opens a page and continues to the screen before a call. `age` is "adult", "minor", or null if none is asked. */
export async function arrive(context, origin, { age = "adult", path = "/call" } = {}) {
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(origin + path);
  await press(page, "Continue as a guest");
  if (age !== null) await press(page, age === "adult" ? "I am 18 or over" : "I am under 18");
  await press(page, "Turn on camera");
  await screen(page, "ready");
  return Object.assign(page, { errors });
}

export async function press(page, name) {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Clicks at once, without the driver's checks before, and returns the instant; for measurements. */
export async function click(page, name) {
  return await page.getByRole("button", { name, exact: true }).evaluate((button) => {
    const at = performance.timeOrigin + performance.now();
    button.click();
    return at;
  });
}

/** Waits until the page shows this screen. */
export async function screen(page, name, timeout = 15_000) {
  await page.locator(`[data-screen="${name}"]`).waitFor({ timeout });
}

/** Waits until the call is made: the page says nothing more of connecting. */
export async function connected(page) {
  await screen(page, "call");
  await page.waitForFunction(() => {
    const video = document.querySelector("video.remote");
    return video && video.videoWidth > 0 && !video.paused && !document.querySelector(".notes").textContent.includes("…");
  });
}

/** The colour in the middle of the remote picture, and whether frames are still decoded. */
export async function remotePicture(page) {
  return await page.evaluate(async () => {
    const video = document.querySelector("video.remote");
    const frames = () => video.getVideoPlaybackQuality().totalVideoFrames;
    const before = frames();
    for (let wait = 0; wait < 50 && frames() < before + 3; wait++) await new Promise((done) => setTimeout(done, 100));
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    const pixels = canvas.getContext("2d");
    pixels.drawImage(video, 0, 0);
    const [r, g, b] = pixels.getImageData(canvas.width >> 1, Math.floor(canvas.height * 0.9), 1, 1).data;
    return { rgb: [r, g, b], decoded: frames() - before };
  });
}

/** Fails unless the page shows moving pictures of this camera's colour. */
export async function sees(page, colour) {
  await connected(page);
  let picture;
  // The first frames of a call are small and pale; the colour comes with the first good one.
  for (let attempt = 0; attempt < 5; attempt++) {
    picture = await remotePicture(page);
    const distance = Math.max(...picture.rgb.map((value, index) => Math.abs(value - COLOURS[colour].rgb[index])));
    if (picture.decoded >= 3 && distance < 70) return;
  }
  throw new Error(`expected moving pictures of ${colour}, got ${JSON.stringify(picture)}`);
}
