/**
 * The chat's panel: whether it is open, what was not read, and what the page itself has to say there. The lines are the
 * client's.
 */
import type { CallboxClient } from "@callbox/client";
import { signal } from "@preact/signals";

export const isOpen = signal(false);
/** Lines that came while the chat was closed. */
export const unread = signal(0);
/** Whether the last line may not have arrived. */
export const isUncertain = signal(false);

/** Follows a client; called once. */
export function follow(client: CallboxClient): void {
  client.on("state", ({ name }) => {
    if (name !== "matched") return;
    unread.value = 0;
    isOpen.value = false;
    isUncertain.value = false;
  });
  client.on("chat", ({ from }) => {
    isUncertain.value = false;
    if (from === "peer" && !isOpen.value) unread.value++;
  });
  client.on("error", ({ code }) => {
    if (code === "chat_uncertain") isUncertain.value = true;
  });
}

export function open(): void {
  isOpen.value = true;
  unread.value = 0;
}

export function close(): void {
  isOpen.value = false;
}
