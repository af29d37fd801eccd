/**
 * The client's middle part: camera, microphone, screen, and the devices there are.
 */
import { AccountClient } from "./client-account.js";
import type { Device, Environment, InputKind } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Media } from "./media.js";
import type { ClientOptions } from "./options.js";

export abstract class MediaClient<Stream> extends AccountClient<Stream> {
  protected readonly media: Media<Stream>;
  #stopDevices: (() => void) | null = null;
  #savesData: boolean;

  constructor(env: Environment<Stream>, options: ClientOptions) {
    super(env, options);
    this.#savesData = env.savesData;
    this.media = new Media(env, {
      onOpen: (stream) => {
        this.emit("local-stream", stream);
        this.handleMediaOpened();
        // Devices have names only from now on.
        this.#stopDevices ??= this.env.onDevices(() => this.#tellDevices());
        this.#tellDevices();
      },
      onTracks: () => {
        this.handleTracks();
        this.emit("tracks");
      },
      onUnplugged: (kind) => {
        this.emit("tracks");
        this.emit("error", new CallboxError("media_unplugged", `The ${kind} was taken away, and there is no other.`));
      },
    });
  }

  get localStream(): Stream | null {
    return this.media.stream;
  }
  get microphoneOn(): boolean {
    return this.media.microphoneOn;
  }
  get cameraOn(): boolean {
    return this.media.cameraOn;
  }
  /** Whether a screen is shown in the camera's place. */
  get isSharing(): boolean {
    return this.media.isSharing;
  }
  /** Whether there is a camera or microphone of ours that is on. */
  protected get sendsPicture(): boolean {
    return this.media.sendsPicture;
  }
  protected get sendsSound(): boolean {
    return this.media.sendsSound;
  }
  /** Which of the two the person has on, for a page that comes back. */
  protected get switches() {
    return { microphoneOn: this.microphoneOn, cameraOn: this.cameraOn };
  }
  /** Whether the picture is kept small, to save data. */
  get savesData(): boolean {
    return this.#savesData;
  }

  /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
  startMedia(wishes?: unknown): Promise<Stream> {
    return this.media.open(wishes);
  }

  setMicrophone(on: boolean): void {
    this.media.setMicrophone(on);
    this.handleTracks();
    this.emit("tracks");
  }

  setCamera(on: boolean): void {
    this.media.setCamera(on);
    this.handleTracks();
    this.emit("tracks");
  }

  /** Keeps our picture small, to save data; as the browser's setting says if never called. */
  setDataSaver(on: boolean): void {
    this.#savesData = on;
    this.handleSaving();
    this.emit("tracks");
  }

  /** Cameras, microphones and speakers; without names until the person has allowed one. */
  devices(): Promise<readonly Device[]> {
    return this.env.devices();
  }

  /** Takes another camera or microphone, also in mid-call. */
  async useDevice(device: { kind: InputKind; id: string }): Promise<void> {
    await this.media.use(device.kind, device.id);
  }

  /** Shows a screen or window, which the person chooses, in the camera's place. */
  async shareScreen(): Promise<void> {
    await this.media.opened().shareScreen();
  }

  /** Shows the camera again. */
  stopSharing(): void {
    this.media.opened().stopSharing();
  }

  protected closeMedia(): void {
    this.media.close();
    this.emit("local-stream", null);
  }

  /** For good. */
  protected stopListening(): void {
    this.#stopDevices?.();
    this.#stopDevices = null;
  }

  protected abstract handleMediaOpened(): void;
  protected abstract handleTracks(): void;
  protected abstract handleSaving(): void;

  #tellDevices(): void {
    void this.env.devices().then((devices) => this.emit("devices", devices));
  }
}
