import type { MediaState } from "./call.js";
import { MediaClient } from "./client-media.js";
import type { Environment } from "./environment.js";
import type { SignalingState } from "./link.js";
import type { ChatLine, ClientOptions, SeekOptions } from "./options.js";
import type { CallQuality } from "./quality.js";
import type { CallState } from "./state.js";
export declare class Client<Stream> extends MediaClient<Stream> {
    #private;
    constructor(env: Environment<Stream>, options?: ClientOptions);
    get state(): CallState;
    get signaling(): SignalingState;
    get remoteStream(): Stream | null;
    /** Whether the other side's picture and sound come, once they have. */
    get mediaState(): MediaState;
    /** How the call is going; `null` before its first second, and after it. */
    get quality(): CallQuality | null;
    /** The lines of this call, or of the last one, oldest first: the last 200. */
    get chat(): readonly ChatLine[];
    /** Closes camera and microphone, and with them the wait or the call. */
    stopMedia(): void;
    /** Waits for a stranger. */
    seek(options?: SeekOptions): Promise<void>;
    /** Takes a seat of an invite and waits for the other. */
    join(invite: string, options?: Pick<SeekOptions, "relay">): Promise<void>;
    /** Stops waiting. */
    cancel(): void;
    /** Leaves the call and waits for the next person, in one step. */
    next(options?: SeekOptions): void;
    /** Ends the call. */
    hangUp(): void;
    /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
    dismiss(): void;
    /** Sends a line of text to the other person. */
    sendChat(text: string): void;
    /** Ends everything. */
    close(): void;
    protected handleLeft(): void;
    protected handleMediaOpened(): void;
    protected handleTracks(): void;
    protected handleSaving(): void;
}
