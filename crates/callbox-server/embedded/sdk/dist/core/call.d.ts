/**
 * One call's media connection: offers, answers and candidates in the right order, whatever order they come in.
 *
 * Candidates of the other side are kept until its description is set; ours are sent in batches. The polite
 * side gives way when two offers cross (the perfect negotiation of the WebRTC specification, section 10.7).
 */
import type { ClientFrame, IceServer, LeaveCause, ServerFrame } from "../generated/protocol.js";
import type { Environment } from "./environment.js";
import type { Match } from "./state.js";
export interface CallHandlers<Stream> {
    send(frame: ClientFrame): void;
    onStream(stream: Stream): void;
    onConnected(): void;
    /** The call cannot go on. */
    onFailed(cause: LeaveCause): void;
}
type RelayedFrame = Extract<ServerFrame, {
    type: "offer" | "answer" | "candidates";
}>;
export declare class Call<Stream> {
    #private;
    readonly match: Match;
    constructor(env: Pick<Environment<Stream>, "after" | "makePeer" | "warn">, match: Match, iceServers: IceServer[], local: Stream | null, handlers: CallHandlers<Stream>);
    /** A frame of the other side. */
    handle(frame: RelayedFrame): void;
    /** The server forgot how far we were. Whoever made the first offer makes another; the other side just answers. */
    negotiateAnew(): void;
    /** Ends the media connection; nothing is sent after this. */
    close(): void;
}
export {};
