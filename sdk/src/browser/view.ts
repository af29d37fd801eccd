/**
 * Counts the frames of a stream that people could see: those that a playing element has presented, on a page that is not hidden.
 *
 * Elements are found by their stream, in the page and in its picture-in-picture window; one within a shadow root is handed
 * over. Decoded frames say less: Chromium may decode a picture and present nothing.
 */

/** Elements that no look through the page finds. */
const handedOver = new Set<WeakRef<HTMLVideoElement>>();
/** More than a page shows at once. */
const HANDED_OVER_MAX = 8;

/** Frames presented since the element took the stream, or before it did; counted anew if another takes its place. */
const counted = new WeakMap<HTMLVideoElement, { stream: MediaStream; frames: number }>();

/** An app names an element within a shadow root. */
export function handOver(video: HTMLVideoElement): void {
  for (const known of handedOver) if (known.deref() === undefined || known.deref() === video || handedOver.size >= HANDED_OVER_MAX) handedOver.delete(known);
  handedOver.add(new WeakRef(video));
}

/** Frames of the stream that were presented; `null` if nobody can tell. */
export function presented(stream: MediaStream): number | null {
  const shown = elements().filter((video) => video.srcObject === stream && !video.paused && isVisible(video));
  const frames = shown.map((video) => count(video, stream));
  return frames.length === 0 ? null : Math.max(...frames);
}

function elements(): HTMLVideoElement[] {
  const { documentPictureInPicture } = globalThis as { documentPictureInPicture?: { window: Window | null } };
  const pages = [document, documentPictureInPicture?.window?.document].filter((page) => page !== undefined);
  return [...pages.flatMap((page) => [...page.querySelectorAll("video")]), ...[...handedOver].flatMap((known) => known.deref() ?? [])];
}

/** The system's own picture-in-picture window shows also what a hidden page has. */
function isVisible(video: HTMLVideoElement): boolean {
  return video.ownerDocument.visibilityState === "visible" || document.pictureInPictureElement === video;
}

function count(video: HTMLVideoElement, stream: MediaStream): number {
  const known = counted.get(video);
  // Firefox has the callback since 132; before, it counts by itself.
  const hasCallback = typeof (video as Partial<HTMLVideoElement>).requestVideoFrameCallback === "function";
  const total = hasCallback ? 0 : video.getVideoPlaybackQuality().totalVideoFrames;
  if (known?.stream === stream) return hasCallback ? known.frames : total - known.frames;
  const count = { stream, frames: total };
  counted.set(video, count);
  if (!hasCallback) return 0;
  const next = () => {
    if (video.srcObject !== stream || counted.get(video) !== count) return;
    count.frames++;
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return 0;
}
