/**
 * Our own camera and microphone: closed, opening or open, and each of the two on or off.
 *
 * They open once, however often that is asked for. What opens after it was given up is closed at once, so that
 * no camera's light stays on for nobody.
 */
import type { Environment, InputKind, LocalMedia, LocalMediaHandlers } from "./environment.js";
import { CallboxError } from "./errors.js";

export interface MediaHandlers<Stream> extends LocalMediaHandlers {
  onOpen(stream: Stream): void;
}

export class Media<Stream> {
  readonly #env: Pick<Environment<Stream>, "openMedia">;
  readonly #handlers: MediaHandlers<Stream>;
  #local: LocalMedia<Stream> | null = null;
  #opening: Promise<Stream> | null = null;
  #microphoneOn = true;
  #cameraOn = true;

  constructor(env: Pick<Environment<Stream>, "openMedia">, handlers: MediaHandlers<Stream>) {
    this.#env = env;
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
  get sendsPicture(): boolean {
    return this.#cameraOn && this.#local?.hasCamera === true;
  }
  get sendsSound(): boolean {
    return this.#microphoneOn && this.#local?.hasMicrophone === true;
  }
  get isSharing(): boolean {
    return this.#local?.isSharing ?? false;
  }

  open(wishes: unknown): Promise<Stream> {
    if (this.#local !== null) return Promise.resolve(this.#local.stream);
    const opening: Promise<Stream> = this.#opening ?? this.#open(wishes, () => this.#opening === opening);
    this.#opening = opening;
    return opening;
  }

  /** What is open, or an error that says that nothing is. */
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
  }

  setCamera(on: boolean): void {
    this.#cameraOn = on;
    this.#local?.setCamera(on);
  }

  close(): void {
    this.#local?.stop();
    this.#local = null;
    this.#opening = null;
  }

  async #open(wishes: unknown, isWanted: () => boolean): Promise<Stream> {
    try {
      const local = await this.#env.openMedia(wishes, this.#handlers);
      if (!isWanted()) {
        local.stop();
        throw new CallboxError("wrong_state", "Camera and microphone were closed.");
      }
      this.#local = local;
      local.setMicrophone(this.#microphoneOn);
      local.setCamera(this.#cameraOn);
      this.#handlers.onOpen(local.stream);
      return local.stream;
    } finally {
      if (isWanted()) this.#opening = null;
    }
  }
}
