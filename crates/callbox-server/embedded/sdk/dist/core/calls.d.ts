/**
 * The call that a client is in, and the connection that is ready for the next one.
 *
 * Finding one's own addresses takes a round trip to a server, so it is done while the person waits. A connection is
 * made anew where the network changed meanwhile: its addresses are of the old one.
 */
import type { IceServer } from "../generated/protocol.js";
import type { CallHandlers, MediaOptions, RelayedFrame } from "./call.js";
import type { Environment } from "./environment.js";
import type { Match } from "./state.js";
export interface CallsHandlers<Stream> extends Omit<CallHandlers<Stream>, "onStream"> {
    onStream(stream: Stream | null): void;
}
export declare class Calls<Stream> {
    #private;
    constructor(env: Environment<Stream>, media: MediaOptions, handlers: CallsHandlers<Stream>);
    get remoteStream(): Stream | null;
    setIceServers(iceServers: IceServer[]): void;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Another camera or microphone is in the local stream, or another picture. */
    handleTracks(): void;
    /** Somebody may come. */
    prepare(local: Stream | null): void;
    /** Nobody will come. */
    discard(): void;
    /** Somebody came. */
    start(match: Match, local: Stream | null): void;
    /** We have confirmed the call. */
    negotiate(): void;
    /** Both have. */
    begin(): void;
    /** The server forgot how far we were. */
    negotiateAnew(): void;
    /** A frame of the other side. */
    handle(frame: RelayedFrame): void;
    /** The call is over. */
    end(): void;
}
