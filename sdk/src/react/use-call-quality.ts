/**
 * How the call is going, anew each second. Apart from `useVideoChat`, so that only what shows it is rendered so often.
 */
import type { CallQuality, CallboxClient } from "../index.js";
import { useSnapshot } from "./use-snapshot.js";

const EVENTS = ["quality"] as const;
const read = (client: CallboxClient | null) => ({ quality: client?.quality ?? null });

/** `null` before a call's first second, and after it. */
export function useCallQuality(): CallQuality | null {
  return useSnapshot(EVENTS, read).quality;
}
