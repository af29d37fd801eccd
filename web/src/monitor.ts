/**
 * What the pages tell the monitor, whose script they load by a tag of its own: features that are used, and complaints.
 *
 * Where it is not there, nothing is told: an app works without being measured.
 */
import type { Monitor } from "@callbox/client/monitor";

declare global {
  interface Window {
    readonly performanceMonitor?: Monitor;
  }
}

/** The names stand in the operator's figures. */
export type Feature = "chat" | "screen" | "invite" | "rating" | "profile" | "picture-in-picture" | "flip-camera";

export const monitor = (): Monitor | undefined => window.performanceMonitor;

export function used(feature: Feature): void {
  monitor()?.event(feature);
}
