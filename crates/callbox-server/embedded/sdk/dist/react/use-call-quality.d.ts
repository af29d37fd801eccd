/**
 * How the call is going, anew each second. Apart from `useVideoChat`, so that only what shows it is rendered so often.
 */
import type { CallQuality } from "../index.js";
/** `null` before a call's first second, and after it. */
export declare function useCallQuality(): CallQuality | null;
