/**
 * One call's media: offers, answers and candidates in the right order, whatever order they come in.
 *
 * Its peer connection is made before there is a match, so that it knows its own addresses by then. At the match it is for that call,
 * once we have confirmed it negotiates, and once both have, camera and microphone are sent: by then there is a path.
 * Candidates of the other side are kept until its description is set; ours are sent in batches. The polite
 * side gives way when two offers cross (the perfect negotiation of the WebRTC specification, section 10.7).
 * A peer connection that cannot be mended is replaced; its successors are numbered from 1, and what belongs to an
 * older one is thrown away.
 */
import type { ClientFrame, LeaveCause, ServerFrame } from "../generated/protocol.js";
import type { AdaptationOptions } from "./adaptation.js";
import type { Environment, Paths } from "./environment.js";
import type { CallQuality } from "./quality.js";
import type { Match } from "./state.js";
/** What a call is made with, and what of it may change meanwhile. */
export interface CallSetup<Stream> {
    paths: Paths;
    readonly local: Stream | null;
    readonly startKbps: number | null;
    readonly media: MediaOptions;
    readonly isSaving: boolean;
}
/** How media are sent. */
export interface MediaOptions extends AdaptationOptions {
    /** Whether silence is sent as such instead of as sound: yes if left out. Saves half of the sound's bandwidth. */
    dtx?: boolean;
}
export interface CallHandlers<Stream> {
    send(frame: ClientFrame): void;
    onStream(stream: Stream): void;
    onConnected(): void;
    /** Whether the other side's media comes, or was interrupted. */
    onMedia(media: MediaState): void;
    /** Once a second, while there is a connection. */
    onQuality(quality: CallQuality): void;
    /** Whether what is sent arrives now. */
    isOnline(): boolean;
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
    constructor(env: Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">, setup: CallSetup<Stream>, handlers: CallHandlers<Stream>);
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
    /** Whether the connection may use relays alone. */
    get relayOnly(): boolean;
    /** For the next search for paths: credentials end. */
    setIceServers(iceServers: Paths["iceServers"]): void;
    /** Both have stayed: the caller searches for the shortest path, and media go on by the old one meanwhile. */
    reveal(): void;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Another camera or microphone is in the local stream, or another picture. */
    handleTracks(): void;
    /** What the network was last believed to carry. */
    get availableKbps(): number | null;
    /** Ends the media connection, and tells how it was; nothing is sent after this. */
    close(): void;
}
