import type { CallState, CallboxClient, ChatLine, Match, MediaState, PeerState, SignalingState, User } from "../index.js";
/** The actions; as the client's methods of the same names. */
declare const ACTIONS: readonly ["signIn", "setAge", "startMedia", "stopMedia", "prepare", "comeBack", "seek", "join", "cancel", "next", "hangUp", "dismiss", "sendChat", "setMicrophone", "setCamera", "setDataSaver", "shareScreen", "stopSharing", "createInvite", "block", "report", "rate"];
export type VideoChatActions = Pick<CallboxClient, (typeof ACTIONS)[number]>;
export interface VideoChatState {
    readonly state: CallState;
    /** The person whom we are in a call with, or may be. */
    readonly match: Match | null;
    readonly signaling: SignalingState;
    readonly user: User | null;
    readonly localStream: MediaStream | null;
    readonly remoteStream: MediaStream | null;
    readonly microphoneOn: boolean;
    readonly cameraOn: boolean;
    readonly isSharing: boolean;
    readonly savesData: boolean;
    /** Whether the other side's picture and sound come, are frozen, or were interrupted. */
    readonly mediaState: MediaState;
    /** Whether the other person is there, and what they say that they send. */
    readonly peer: PeerState;
    /** The lines of this call, or of the last one. */
    readonly chat: readonly ChatLine[];
}
export type VideoChat = VideoChatState & VideoChatActions;
/** Actions are the same from render to render. Their promises reject with a `CallboxError`. */
export declare function useVideoChat(): VideoChat;
export {};
