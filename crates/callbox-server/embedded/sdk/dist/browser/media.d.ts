/**
 * Camera, microphone and screen, with errors that say what happened instead of how the browser names it.
 *
 * One stream for all of a client's life: devices that are exchanged change its tracks. A device that is taken away is
 * replaced by another of its kind, if there is one.
 */
import type { Device, LocalMedia, LocalMediaHandlers } from "../core/environment.js";
export declare function openMedia(wishes: MediaStreamConstraints | undefined, handlers: LocalMediaHandlers): Promise<LocalMedia<MediaStream>>;
/** All devices; without names until camera or microphone were allowed. */
export declare function devices(): Promise<Device[]>;
