import type { ClientFrame, ServerFrame } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
export type HelloFrame = Extract<ServerFrame, {
    type: "hello";
}>;
export interface SignalingHandlers {
    onFrame(frame: ServerFrame): void;
    /** The connection is gone, once; not called when `close` was. */
    onLost(code: number): void;
}
export declare class Signaling {
    #private;
    constructor(env: Pick<Environment<never>, "openSocket" | "after">, handlers: SignalingHandlers);
    /** Connects and says hello; resolves with the server's. */
    connect(origin: string, token: string | null): Promise<HelloFrame>;
    /** Sends a frame; after the end it goes nowhere. */
    send(frame: ClientFrame): void;
    /** Ends the connection for good; nothing is told. */
    close(): void;
}
