/**
 * One call's media connection: offers, answers and candidates in the right order, whatever order they come in.
 *
 * It is made before there is a match, so that it knows its own addresses by then. At the match it is for that call,
 * once we have confirmed it negotiates, and once both have, camera and microphone are sent: by then there is a path.
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
    /** Whether the other side's media comes, or was interrupted. */
    onMedia(media: MediaState): void;
    /** The call cannot go on. */
    onFailed(cause: LeaveCause): void;
}
/** Whether the other side's picture and sound come, once they have. */
export type MediaState = "flowing" | "interrupted";
export type RelayedFrame = Extract<ServerFrame, {
    type: "offer" | "answer" | "candidates";
}>;
export declare class Call<Stream> {
    #private;
    constructor(env: Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">, iceServers: IceServer[], local: Stream | null, handlers: CallHandlers<Stream>);
    /** Whether it is the media of this call. */
    isOf(call: string): boolean;
    /** There is a match. Frames of the other side wait until we have confirmed it. */
    start(match: Match): void;
    /** We have confirmed. */
    negotiate(): void;
    /** Both have. */
    begin(): void;
    /** A frame of the other side. */
    handle(frame: RelayedFrame): void;
    /** The server forgot how far we were. Whoever made the first offer makes another; the other side just answers. */
    negotiateAnew(): void;
    /** Another network, perhaps without the addresses that we have given. */
    handleNetwork(): void;
    /** Ends the media connection; nothing is sent after this. */
    close(): void;
}
