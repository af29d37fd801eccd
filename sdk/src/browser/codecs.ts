/**
 * Puts video codecs first that the machine's hardware encodes, so that a phone stays cool.
 *
 * VP9 and AV1 carry a better picture in the same bytes, but cost a processor dearly; in hardware they come for free. If
 * nothing is known the browser's own order stays; so it does in Firefox, which calls AV1 efficient on any machine, and
 * whose next offer after a changed order names formats that it does not list: Chromium refuses that.
 */
const SIZE = { width: 640, height: 480, framerate: 24, bitrate: 1_000_000 };
/** Best picture first. */
const WITH_HARDWARE = ["video/AV1", "video/VP9", "video/H264"];

let asked: Promise<readonly string[]> | null = null;
let efficient: readonly string[] = [];

/** Asks the browser, once; the answer is there by the time of a call. */
export function learnCodecs(): void {
  if (navigator.userAgent.includes("Firefox/")) return;
  asked ??= Promise.all(WITH_HARDWARE.map(isEfficient)).then((known) => (efficient = WITH_HARDWARE.filter((_, index) => known[index])));
}

/** Puts codecs that the hardware encodes before the others, which stay in their order. */
export function preferCodecs(transceiver: RTCRtpTransceiver): void {
  if (efficient.length === 0 || typeof transceiver.setCodecPreferences !== "function") return;
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  const rank = ({ mimeType }: { mimeType: string }) => efficient.indexOf(mimeType) + 1 || efficient.length + 1;
  // Sorting is stable: repairs and the rest stay behind in the browser's order.
  const sorted = [...codecs].sort((one, other) => rank(one) - rank(other));
  if (codecs.length > 0) transceiver.setCodecPreferences(sorted);
}

async function isEfficient(contentType: string): Promise<boolean> {
  try {
    const answer = await navigator.mediaCapabilities.encodingInfo({ type: "webrtc", video: { contentType, ...SIZE } });
    return answer.supported && answer.powerEfficient;
  } catch {
    return false;
  }
}
