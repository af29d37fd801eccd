/**
 * Our own camera and microphone: closed, opening or open, and each of the two on or off; and the devices that there are.
 *
 * They open once, however often that is asked for. A device that opens after it was given up is closed at once, so that
 * no camera's light stays on for nobody.
 */
import type { Sends } from "../generated/protocol.js";
import type { Environment, InputKind, LocalMedia } from "./environment.js";
import { CallboxError } from "./errors.js";
import type { Emit } from "./events.js";
import type { ClientEvents } from "./options.js";

export interface MediaHandlers<Stream> {
  /** Camera and microphone are open; `null`: they were closed. */
  onStream(stream: Stream | null): void;
  /** Another track is in the stream, or one was switched. */
  onTracks(): void;
}

type MediaEmit<Stream> = Emit<ClientEvents<Stream>, "local-stream" | "tracks" | "devices" | "error">;
type MediaEnvironment<Stream> = Pick<Environment<Stream>, "openMedia" | "devices" | "onDevices">;

export class Media<Stream> {
  readonly #env: MediaEnvironment<Stream>;
  readonly #emit: MediaEmit<Stream>;
  readonly #handlers: MediaHandlers<Stream>;
  #local: LocalMedia<Stream> | null = null;
  #opening: Promise<Stream> | null = null;
  #microphoneOn = true;
  #cameraOn = true;
  #stopDevices: (() => void) | null = null;

  constructor(env: MediaEnvironment<Stream>, emit: MediaEmit<Stream>, handlers: MediaHandlers<Stream>) {
    this.#env = env;
    this.#emit = emit;
    this.#handlers = handlers;
  }

  get stream(): Stream | null {
    return this.#local?.stream ?? null;
  }
  get microphoneOn(): boolean {
    return this.#microphoneOn && (this.#local?.hasMicrophone ?? true);
  }
  get cameraOn(): boolean {
    return this.#cameraOn && (this.#local?.hasCamera ?? true);
  }
  /** The states of the two switches, for a page that returns. */
  get switches() {
    return { microphoneOn: this.microphoneOn, cameraOn: this.cameraOn };
  }
  get isSharing(): boolean {
    return this.#local?.isSharing ?? false;
  }
  /** The media that we announce to the other side. */
  get sends(): Pick<Sends, "picture" | "sound"> {
    const hasCamera = this.#cameraOn && this.#local?.hasCamera === true;
    return { picture: this.isSharing ? "screen" : hasCamera ? "camera" : "none", sound: this.#microphoneOn && this.#local?.hasMicrophone === true };
  }

  open(wishes: unknown): Promise<Stream> {
    if (this.#local !== null) return Promise.resolve(this.#local.stream);
    const opening: Promise<Stream> = this.#opening ?? this.#open(wishes, () => this.#opening === opening);
    this.#opening = opening;
    return opening;
  }

  /** The open media, or an error that says that nothing is open. */
  opened(): LocalMedia<Stream> {
    if (this.#local === null) throw new CallboxError("wrong_state", "Camera and microphone are closed; call `startMedia` first.");
    return this.#local;
  }

  async use(kind: InputKind, id: string): Promise<void> {
    const local = this.opened();
    await local.use(kind, id);
    // Closed meanwhile: what has just opened must not stay on.
    if (local !== this.#local) local.stop();
  }

  setMicrophone(on: boolean): void {
    this.#microphoneOn = on;
    this.#local?.setMicrophone(on);
    this.#changed();
  }

  setCamera(on: boolean): void {
    this.#cameraOn = on;
    this.#local?.setCamera(on);
    this.#changed();
  }

  close(): void {
    this.#local?.stop();
    this.#local = null;
    this.#opening = null;
    this.#tell(null);
  }

  /** Hears of no device any more. */
  stopListening(): void {
    this.#stopDevices?.();
    this.#stopDevices = null;
  }

  async #open(wishes: unknown, isWanted: () => boolean): Promise<Stream> {
    try {
      const local = await this.#env.openMedia(wishes, {
        onTracks: () => this.#changed(),
        onUnplugged: (kind) => {
          this.#emit("tracks");
          this.#emit("error", new CallboxError("media_unplugged", `The ${kind} was taken away, and there is no other.`));
        },
      });
      if (!isWanted()) {
        local.stop();
        throw new CallboxError("wrong_state", "Camera and microphone were closed.");
      }
      this.#local = local;
      local.setMicrophone(this.#microphoneOn);
      local.setCamera(this.#cameraOn);
      this.#tell(local.stream);
      // Devices have names only from now on.
      this.#stopDevices ??= this.#env.onDevices(() => this.#tellDevices());
      this.#tellDevices();
      return local.stream;
    } finally {
      if (isWanted()) this.#opening = null;
    }
  }

  #tell(stream: Stream | null): void {
    this.#emit("local-stream", stream);
    this.#handlers.onStream(stream);
  }

  /** Another track is in the stream, or one was switched. */
  #changed(): void {
    this.#handlers.onTracks();
    this.#emit("tracks");
  }

  #tellDevices(): void {
    void this.#env.devices().then((devices) => this.#emit("devices", devices));
  }
}
