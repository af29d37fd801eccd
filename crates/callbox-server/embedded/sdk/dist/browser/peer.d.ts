/**
 * A browser's peer connection behind the core's small interface.
 *
 * One bundle for audio and video, so one path is searched for both.
 */
import type { Peer, PeerHandlers, PeerOptions } from "../core/environment.js";
import type { IceServer } from "../generated/protocol.js";
export declare function makePeer(iceServers: IceServer[], local: MediaStream | null, options: PeerOptions, handlers: PeerHandlers<MediaStream>): Peer;
