/**
 * Camera and microphone, with errors that say what happened instead of how the browser names it.
 */
import type { LocalMedia } from "../core/environment.js";
export declare function openMedia(wishes?: MediaStreamConstraints): Promise<LocalMedia<MediaStream>>;
