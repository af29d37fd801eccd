/**
 * Camera, microphone and screen, with errors that say what happened instead of how the browser names it.
 *
 * One stream for all of a client's life: devices that are exchanged change its tracks. A device that is taken away is
 * replaced by another of its kind, if there is one.
 */
import type { Device, InputKind, LocalMedia, LocalMediaHandlers } from "../core/environment.js";
import { CallboxError } from "../core/errors.js";
import type { CallboxErrorCode } from "../core/errors.js";

const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** A face is clear at 640x480; a phone's uplink carries it. An app may wish otherwise. */
const PICTURE: MediaTrackConstraints = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" };
/** Text on a screen is read, not watched: sharpness before smoothness. */
const SCREEN: DisplayMediaStreamOptions = { video: { frameRate: { max: 15 } } };

const KINDS = { audioinput: "microphone", audiooutput: "speaker", videoinput: "camera" } as const;

export async function openMedia(wishes: MediaStreamConstraints | undefined, handlers: LocalMediaHandlers): Promise<LocalMedia<MediaStream>> {
  // Browsers hide the interface from pages without HTTPS, but for localhost.
  if (typeof RTCPeerConnection === "undefined" || !navigator.mediaDevices?.getUserMedia) {
    const reason = isSecureContext ? "This browser cannot make video calls." : "Video calls need HTTPS or localhost.";
    throw new CallboxError("media_unsupported", reason);
  }
  return new BrowserMedia(await ask(wishes ?? { audio: SOUND, video: PICTURE }), handlers);
}

/** All devices; without names until camera or microphone were allowed. */
export async function devices(): Promise<Device[]> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  // Before permission each kind is there once, with nothing to choose by.
  return all.filter(({ deviceId }) => deviceId !== "").map(({ kind, deviceId: id, label }) => ({ kind: KINDS[kind], id, label }));
}

class BrowserMedia implements LocalMedia<MediaStream> {
  readonly stream: MediaStream;
  readonly #handlers: LocalMediaHandlers;
  /** The camera, while a screen is in its place. */
  #camera: MediaStreamTrack | null = null;
  #screen: MediaStreamTrack | null = null;
  #isOver = false;
  #microphoneOn = true;
  #cameraOn = true;

  constructor(stream: MediaStream, handlers: LocalMediaHandlers) {
    this.stream = stream;
    this.#handlers = handlers;
    for (const track of stream.getTracks()) this.#watch(track);
  }

  get hasMicrophone(): boolean {
    return this.stream.getAudioTracks().length > 0;
  }
  get hasCamera(): boolean {
    return this.#camera !== null || this.stream.getVideoTracks().length > 0;
  }
  get isSharing(): boolean {
    return this.#screen !== null;
  }

  setMicrophone(on: boolean): void {
    this.#microphoneOn = on;
    for (const track of this.stream.getAudioTracks()) track.enabled = on;
  }

  setCamera(on: boolean): void {
    this.#cameraOn = on;
    const camera = this.#camera ?? this.#picture;
    if (camera && camera !== this.#screen) camera.enabled = on;
  }

  async use(kind: InputKind, id: string): Promise<void> {
    this.#take(await one(kind, { deviceId: { exact: id } }));
  }

  async shareScreen(): Promise<void> {
    if (!this.hasCamera) throw new CallboxError("media_missing", "A screen goes where the camera is, and there is none.");
    // In a browser that cannot share, this is no function, which is reported as "unsupported".
    const stream = await asked(async () => await navigator.mediaDevices.getDisplayMedia(SCREEN));
    const screen = stream.getVideoTracks()[0]!;
    if (this.#isOver || this.isSharing) return screen.stop();
    screen.contentHint = "detail";
    // The browser has a button of its own to stop.
    screen.onended = () => this.stopSharing();
    this.#camera = this.#picture;
    this.#screen = screen;
    this.#replace(this.#camera, screen);
  }

  stopSharing(): void {
    if (this.#screen === null) return;
    const [screen, camera] = [this.#screen, this.#camera];
    this.#screen = this.#camera = null;
    screen.onended = null;
    screen.stop();
    this.#replace(screen, camera);
  }

  stop(): void {
    this.#isOver = true;
    for (const track of [...this.stream.getTracks(), this.#camera]) {
      if (track === null) continue;
      track.onended = null;
      track.stop();
    }
  }

  get #picture(): MediaStreamTrack | null {
    return this.stream.getVideoTracks()[0] ?? null;
  }

  /** A track of another device goes where the one of its kind was. */
  #take(track: MediaStreamTrack): void {
    if (this.#isOver) return track.stop();
    const isCamera = track.kind === "video";
    track.enabled = isCamera ? this.#cameraOn : this.#microphoneOn;
    this.#watch(track);
    const before = isCamera ? (this.#camera ?? this.#picture) : (this.stream.getAudioTracks()[0] ?? null);
    if (before !== null) {
      before.onended = null;
      before.stop();
    }
    if (isCamera && this.isSharing) this.#camera = track;
    else this.#replace(before, track);
  }

  #replace(before: MediaStreamTrack | null, now: MediaStreamTrack | null): void {
    if (before !== null) this.stream.removeTrack(before);
    if (now !== null) this.stream.addTrack(now);
    this.#handlers.onTracks();
  }

  #watch(track: MediaStreamTrack): void {
    track.onended = () => void this.#unplugged(track);
  }

  async #unplugged(track: MediaStreamTrack): Promise<void> {
    const kind = track.kind === "video" ? "camera" : "microphone";
    try {
      this.#take(await one(kind));
    } catch {
      if (!this.#isOver) this.#handlers.onUnplugged(kind);
    }
  }
}

/** A device is chosen by more than which way it looks. */
async function one(kind: InputKind, wish: MediaTrackConstraints = {}): Promise<MediaStreamTrack> {
  const { facingMode: _facingMode, ...picture } = PICTURE;
  return (await ask(kind === "camera" ? { video: { ...picture, ...wish } } : { audio: { ...SOUND, ...wish } })).getTracks()[0]!;
}

const ask = (wishes: MediaStreamConstraints) => asked(() => navigator.mediaDevices.getUserMedia(wishes));

async function asked(ask: () => Promise<MediaStream>): Promise<MediaStream> {
  try {
    return await ask();
  } catch (error) {
    throw mediaError(error);
  }
}

/** Browsers' names of errors, and our codes for them. */
const CODES: Record<string, CallboxErrorCode> = {
  NotAllowedError: "media_denied",
  SecurityError: "media_denied",
  NotFoundError: "media_missing",
  OverconstrainedError: "media_missing",
  NotReadableError: "media_busy",
  AbortError: "media_busy",
};

function mediaError(cause: unknown): CallboxError {
  const { name, message } = cause as Error;
  return new CallboxError(CODES[name] ?? "media_unsupported", `Camera, microphone or screen: ${message || name}`, { cause });
}
