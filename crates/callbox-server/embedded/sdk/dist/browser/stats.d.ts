/**
 * A browser's counts of a peer connection, read into the core's few figures. Browsers leave different ones out.
 */
import type { Flow, Reading } from "../core/environment.js";
import type { Path } from "../generated/protocol.js";
/** The media that have come so far, of which so many frames were `presented`; `null` if nothing ever did. */
export declare function flow(connection: RTCPeerConnection, presented: number | null): Promise<Flow | null>;
export declare function reading(connection: RTCPeerConnection): Promise<Reading>;
/** Whether the other side's first frame was decoded, and whether its sound alone comes. */
export declare function firstFrame(connection: RTCPeerConnection): Promise<{
    isDecoded: boolean;
    isSoundAlone: boolean;
}>;
/** The kinds of the selected pair's two candidates. */
export declare function path(connection: RTCPeerConnection): Promise<Path | null>;
