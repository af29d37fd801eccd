/**
 * Our own camera and microphone: closed, opening or open, and each of the two on or off; and the devices that there are.
 *
 * They open once, however often that is asked for. A device that opens after it was given up is closed at once, so that
 * no camera's light stays on for nobody.
 */
import type { Sends } from "../generated/protocol.js";
import type { Environment, InputKind, LocalMedia } from "./environment.js";
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
export declare class Media<Stream> {
    #private;
    constructor(env: MediaEnvironment<Stream>, emit: MediaEmit<Stream>, handlers: MediaHandlers<Stream>);
    get stream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    /** The states of the two switches, for a page that returns. */
    get switches(): {
        microphoneOn: boolean;
        cameraOn: boolean;
    };
    get isSharing(): boolean;
    /** The media that we announce to the other side. */
    get sends(): Pick<Sends, "picture" | "sound">;
    open(wishes: unknown): Promise<Stream>;
    /** The open media, or an error that says that nothing is open. */
    opened(): LocalMedia<Stream>;
    use(kind: InputKind, id: string): Promise<void>;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    close(): void;
    /** Hears of no device any more. */
    stopListening(): void;
}
export {};
