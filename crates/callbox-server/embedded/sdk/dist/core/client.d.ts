import { ViewClient } from "./client-view.js";
import type { Environment } from "./environment.js";
import type { SignalingState } from "./link.js";
import type { ClientOptions, SeekOptions } from "./options.js";
import type { CallState } from "./state.js";
export declare class Client<Stream> extends ViewClient<Stream> {
    #private;
    constructor(env: Environment<Stream>, options?: ClientOptions);
    get state(): CallState;
    get signaling(): SignalingState;
    get remoteStream(): Stream | null;
    /** Whether this tab was in a call before its page was loaded anew, as far as it knows: see `comeBack`. */
    get hasCall(): boolean;
    /** Connects and looks for addresses now, so that the next `seek` or `join` is quick. Wants media open. */
    prepare(): Promise<void>;
    /**
     * Goes on with the call that this tab was in before its page was loaded anew: signs in, opens media and takes the seat again.
     * False where there is none; a call that is over meanwhile becomes `ended`.
     */
    comeBack(wishes?: unknown): Promise<boolean>;
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
