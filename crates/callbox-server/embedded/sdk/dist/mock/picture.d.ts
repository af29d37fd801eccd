/**
 * The media of a synthetic partner: a ball, a clock and a quiet tone, as a camera's and a microphone's tracks.
 *
 * Drawn by a timer, which continues, more slowly, while the page is in the background. A browser lets no page sound before
 * somebody has touched it; the tone begins then. One picture and one tone for each that was opened, until it is stopped.
 */
import type { LocalMedia } from "../core/environment.js";
export declare function openSyntheticMedia(): LocalMedia<MediaStream>;
