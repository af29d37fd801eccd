/**
 * The client's middle part: camera, microphone, screen, and the devices there are.
 */
import { AccountClient } from "./client-account.js";
import type { Device, Environment, InputKind } from "./environment.js";
import { Media } from "./media.js";
import type { ClientOptions } from "./options.js";
export declare abstract class MediaClient<Stream> extends AccountClient<Stream> {
    #private;
    protected readonly media: Media<Stream>;
    constructor(env: Environment<Stream>, options: ClientOptions);
    get localStream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    /** Whether a screen is shown in the camera's place. */
    get isSharing(): boolean;
    /** Whether there is a camera or microphone of ours that is on. */
    protected get sendsPicture(): boolean;
    protected get sendsSound(): boolean;
    /** Which of the two the person has on, for a page that comes back. */
    protected get switches(): {
        microphoneOn: boolean;
        cameraOn: boolean;
    };
    /** Whether the picture is kept small, to save data. */
    get savesData(): boolean;
    /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
    startMedia(wishes?: unknown): Promise<Stream>;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    /** Keeps our picture small, to save data; as the browser's setting says if never called. */
    setDataSaver(on: boolean): void;
    /** Cameras, microphones and speakers; without names until the person has allowed one. */
    devices(): Promise<readonly Device[]>;
    /** Takes another camera or microphone, also in mid-call. */
    useDevice(device: {
        kind: InputKind;
        id: string;
    }): Promise<void>;
    /** Shows a screen or window, which the person chooses, in the camera's place. */
    shareScreen(): Promise<void>;
    /** Shows the camera again. */
    stopSharing(): void;
    protected closeMedia(): void;
    /** For good. */
    protected stopListening(): void;
    protected abstract handleMediaOpened(): void;
    protected abstract handleTracks(): void;
    protected abstract handleSaving(): void;
}
