/**
 * Our own camera and microphone: closed, opening or open, and each of the two on or off.
 *
 * They open once, however often that is asked for. What opens after it was given up is closed at once, so that
 * no camera's light stays on for nobody.
 */
import type { Environment } from "./environment.js";
export declare class Media<Stream> {
    #private;
    constructor(env: Pick<Environment<Stream>, "openMedia">, onOpen: (stream: Stream) => void);
    get stream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    open(wishes: unknown): Promise<Stream>;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    close(): void;
}
