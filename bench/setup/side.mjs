/**
 * The common part of every page, whichever client it has: the camera it wishes for, the clock, the first frame.
 *
 * The browser reports frames as it shows them; nothing is polled. A frame counts once it has the colour of a camera:
 * black ones come before the first real one. Other than the picture, a page has no work.
 */

/** As the film that is the camera. */
export const WISHES = { audio: true, video: { width: 320, height: 240, frameRate: 30 } };
/** A picture that freezes after its first frame is no call. */
const FRAMES_MIN = 3;
/** The cameras' colours have a part of 255; the first frames are pale. */
const LIGHT_MIN = 60;

/** The events on this side, with their times. */
const marks = [];
let resolveShown;
let rejectShown;
/** The instant of the first frame, once there were enough of them, and all marks. */
export const shown = new Promise((resolve, reject) => {
  resolveShown = resolve;
  rejectShown = reject;
});

/** Milliseconds since the epoch, the same in all browsers of a machine. */
export function now() {
  return performance.timeOrigin + performance.now();
}

/** Notes that something happened just now, or at that instant. */
export function mark(what, at = now()) {
  marks.push([at, what]);
}

/** Does it and gives the instant before. */
export function click(act) {
  const at = now();
  act();
  return at;
}

/** Something went wrong; the round has failed. */
export function fail(error) {
  rejectShown(error);
}

/** Shows the other side's picture; safe to call twice. */
export function show(stream) {
  const video = document.querySelector("video");
  if (video.srcObject === stream) return;
  mark("stream");
  video.srcObject = stream;
  watch(video);
}

/** Waits for frames of this video. */
export function watch(video) {
  const pixels = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  let first;
  let frames = 0;
  const handleFrame = (_, metadata) => {
    const at = now();
    if (first === undefined) pixels.drawImage(video, 0, 0, 1, 1);
    if (first !== undefined || Math.max(...pixels.getImageData(0, 0, 1, 1).data.slice(0, 3)) >= LIGHT_MIN) frames += 1;
    if (frames === 1) {
      first = at;
      mark("first frame received", performance.timeOrigin + metadata.receiveTime);
      mark("first frame shown", first);
    }
    if (frames === FRAMES_MIN) return resolveShown({ at: first, marks });
    video.requestVideoFrameCallback(handleFrame);
  };
  video.requestVideoFrameCallback(handleFrame);
}
