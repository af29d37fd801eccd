/**
 * The reports on one call for the server's record: its steps, its quality, and what its media connection had come to.
 */
import type { ClientFrame, Path, Quality } from "../generated/protocol.js";
import type { Peer } from "./environment.js";
/** Makes a frame of this call, if there is something to say, and sends it. */
type Send = (frame: (call: string) => ClientFrame | null) => void;
export declare class Reports {
    #private;
    constructor(send: Send);
    connected(path: Path | null, dtlsMs: number | null): void;
    firstFrame(): void;
    /** A server that forgot the call knows nothing of its steps. */
    again(): void;
    /** How the call was so far; the last report counts. */
    quality(summary: (call: string) => Quality | null): void;
    end(peer: Pick<Peer, "traces">): void;
}
export {};
