/**
 * The client: what an app calls, and what it hears.
 *
 * It ties account, link and call together and owns the state. It holds one session and one call at most. A lost
 * connection to the server ends neither the wait nor the call: the link comes back, and media goes its own way.
 */
import type { AgeClass, Invite, User } from "../generated/protocol.js";
import type { MediaState } from "./call.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Emitter } from "./events.js";
import type { SignalingState } from "./link.js";
import type { CallState, Match } from "./state.js";
export interface ClientOptions {
    /** Where the server is; the page's own origin if left out. */
    server?: string | {
        readonly href: string;
    };
    /** Asked at each match, for two seconds; says yes by itself if left out. */
    confirm?: (match: Match) => boolean | Promise<boolean>;
}
/** A line of text, either way. */
export interface ChatLine {
    readonly from: "me" | "peer";
    readonly text: string;
    /** Milliseconds since the epoch. */
    readonly at: number;
}
export type ClientEvents<Stream> = {
    state: [state: CallState, before: CallState];
    signaling: [signaling: SignalingState];
    user: [user: User];
    "local-stream": [stream: Stream | null];
    "remote-stream": [stream: Stream | null];
    /** Microphone or camera were switched. */
    tracks: [];
    /** The other side's picture and sound were interrupted, and a new path is searched for; or they come again. */
    media: [media: MediaState];
    chat: [line: ChatLine];
    /** Something went wrong that no promise tells of. */
    error: [error: CallboxError];
};
export declare class Client<Stream> extends Emitter<ClientEvents<Stream>> {
    #private;
    constructor(env: Environment<Stream>, options?: ClientOptions);
    get state(): CallState;
    get signaling(): SignalingState;
    get user(): User | null;
    get localStream(): Stream | null;
    get remoteStream(): Stream | null;
    get microphoneOn(): boolean;
    get cameraOn(): boolean;
    /** Comes back as the guest of this tab or browser, or becomes a new one. Safe to call twice. */
    signIn(options?: {
        age?: AgeClass;
    }): Promise<User>;
    /** Answers the age question: once, for good. */
    setAge(age: AgeClass): Promise<User>;
    /** Makes a link for somebody you know; both of you then `join` its code. */
    createInvite(): Promise<Invite>;
    /** Never meet the other person of this call again. */
    block(call: string): Promise<void>;
    /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
    startMedia(wishes?: unknown): Promise<Stream>;
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
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    /** Ends everything. */
    close(): void;
}
