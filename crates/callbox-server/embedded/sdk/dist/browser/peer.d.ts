/**
 * A browser's peer connection behind the core's small interface.
 *
 * One bundle for audio and video, so one path is searched for both.
 */
import type { Paths, Peer, PeerHandlers, PeerOptions } from "../core/environment.js";
/** `onPathLost`: the browser believes no more in the path that it had. */
export declare function makePeer(paths: Paths, local: MediaStream | null, options: PeerOptions, handlers: PeerHandlers<MediaStream>, onPathLost: () => void): Peer;
