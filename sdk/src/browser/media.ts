/**
 * Camera and microphone, with errors that say what happened instead of how the browser names it.
 */
import type { LocalMedia } from "../core/environment.js";
import { CallboxError } from "../core/errors.js";

/** A face is clear at 640x480; a phone's uplink carries it. An app may wish otherwise. */
const WISHES: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" },
};

export async function openMedia(wishes: MediaStreamConstraints = WISHES): Promise<LocalMedia<MediaStream>> {
  // Browsers hide the interface from pages without HTTPS, but for localhost.
  if (typeof RTCPeerConnection === "undefined" || !navigator.mediaDevices?.getUserMedia) {
    const reason = isSecureContext ? "This browser cannot make video calls." : "Video calls need HTTPS (or localhost).";
    throw new CallboxError("media_unsupported", reason);
  }
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(wishes);
  } catch (error) {
    throw mediaError(error);
  }
  const [microphones, cameras] = [stream.getAudioTracks(), stream.getVideoTracks()];
  const switchAll = (tracks: MediaStreamTrack[], on: boolean) => {
    for (const track of tracks) track.enabled = on;
  };
  return {
    stream,
    hasMicrophone: microphones.length > 0,
    hasCamera: cameras.length > 0,
    setMicrophone: (on) => switchAll(microphones, on),
    setCamera: (on) => switchAll(cameras, on),
    stop() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

function mediaError(cause: unknown): CallboxError {
  switch (cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return new CallboxError("media_denied", "Camera and microphone were not allowed.", { cause });
    case "NotFoundError":
    case "OverconstrainedError":
      return new CallboxError("media_missing", "No camera or no microphone was found.", { cause });
    case "NotReadableError":
    case "AbortError":
      return new CallboxError("media_busy", "The camera is used by another program.", { cause });
    default:
      return new CallboxError("media_unsupported", "Camera and microphone could not be opened.", { cause });
  }
}
