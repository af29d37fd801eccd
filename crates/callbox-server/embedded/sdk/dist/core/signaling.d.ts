import type { ClientHello, Numbers, ServerFrame } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
export type HelloFrame = Extract<ServerFrame, {
    type: "hello";
}>;
export type LeaveFrame = Extract<ServerFrame, {
    type: "leave";
}>;
export interface SignalingHandlers {
    onHello(frame: HelloFrame): void;
    /** Any other frame, and its size. */
    onFrame(frame: ServerFrame & Numbers, size: number): void;
    /** The socket is gone, once; not called when `close` was. */
    onClosed(code: number): void;
}
export declare class Signaling {
    #private;
    /** Whether the server may have the hello, and with it the session on this socket. */
    hasSaidHello: boolean;
    /** Opens the socket and says what `hello` gives then. */
    constructor(env: Pick<Environment<never>, "openSocket" | "after">, origin: string, hello: () => ClientHello, handlers: SignalingHandlers);
    /** Sends a text; after the end it goes nowhere. */
    send(text: string): void;
    /** Ends the socket for good; nothing is reported. */
    close(code: number, reason: string): void;
}
