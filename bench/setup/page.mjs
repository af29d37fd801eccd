/**
 * Put into our own page before its scripts: waits for the other side's video and watches it as the bench's pages do.
 *
 * It knows the video by its class, as the browser tests do, and nothing else of the page.
 */
import "./trace.mjs";
import { shown, watch } from "./side.mjs";

globalThis.bench = { shown };

const watched = new WeakSet();
new MutationObserver(() => {
  const video = document.querySelector("video.remote");
  if (video === null || watched.has(video)) return;
  watched.add(video);
  watch(video);
}).observe(document, { childList: true, subtree: true });
