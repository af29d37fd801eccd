import type { CallboxClient } from "../index.js";
/** `null` while the page is rendered ahead of time. */
export declare function useCallbox(): CallboxClient | null;
