/**
 * Our own camera and microphone: closed, opening or open, and each of the two on or off.
 *
 * They open once, however often that is asked for. What opens after it was given up is closed at once, so that
 * no camera's light stays on for nobody.
 */
import type { Environment, InputKind, LocalMedia, LocalMediaHandlers } from "./environment.js";
export interface MediaHandlers<Stream> extends LocalMediaHandlers {
    onOpen(stream: Stream): void;
}
export declare class Media<Stream> {
    #private;
    constructor(env: Pick<Environment<Stream>, "openMedia">, handlers: MediaHandlers<Stream>);
    get stream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    get sendsPicture(): boolean;
    get sendsSound(): boolean;
    get isSharing(): boolean;
    open(wishes: unknown): Promise<Stream>;
    /** What is open, or an error that says that nothing is. */
    opened(): LocalMedia<Stream>;
    use(kind: InputKind, id: string): Promise<void>;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    close(): void;
}
