import { MediaClient } from "./client-media.js";
import type { Environment } from "./environment.js";
import type { SignalingState } from "./link.js";
import type { ClientOptions } from "./options.js";
import type { CallState } from "./state.js";
export declare class Client<Stream> extends MediaClient<Stream> {
    #private;
    constructor(env: Environment<Stream>, options?: ClientOptions);
    get state(): CallState;
    get signaling(): SignalingState;
    get remoteStream(): Stream | null;
    /** Closes camera and microphone, and with them the wait or the call. */
    stopMedia(): void;
    /** Waits for a stranger. */
    seek(options?: {
        interests?: string[];
    }): Promise<void>;
    /** Takes a seat of an invite and waits for the other. */
    join(invite: string): Promise<void>;
    /** Stops waiting. */
    cancel(): void;
    /** Leaves the call and waits for the next person, in one step. */
    next(options?: {
        interests?: string[];
    }): void;
    /** Ends the call. */
    hangUp(): void;
    /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
    dismiss(): void;
    /** Sends a line of text to the other person. */
    sendChat(text: string): void;
    /** Ends everything. */
    close(): void;
    protected handleMediaOpened(): void;
    protected handleTracks(): void;
    protected handleSaving(): void;
}
