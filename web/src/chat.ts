/**
 * What the two of a call write to each other: kept while the call lasts, by this page alone.
 */
import type { CallboxClient } from "@callbox/client";
import { signal } from "@preact/signals";
import { words } from "./words.js";

export interface Line {
  readonly from: "me" | "peer" | "notice";
  readonly text: string;
}

/** More than anybody scrolls back through. */
const LINES_MAX = 200;

export const lines = signal<readonly Line[]>([]);
export const isOpen = signal(false);
/** Lines that came while the chat was closed. */
export const unread = signal(0);

/** Follows a client; called once. */
export function follow(client: CallboxClient): void {
  client.on("state", ({ name }) => {
    if (name !== "matched") return;
    lines.value = [];
    unread.value = 0;
    isOpen.value = false;
  });
  client.on("chat", ({ from, text }) => add({ from, text }));
  client.on("error", ({ code }) => {
    if (code === "chat_uncertain") add({ from: "notice", text: words.chat.uncertain });
  });
}

function add(line: Line): void {
  lines.value = [...lines.value.slice(1 - LINES_MAX), line];
  if (line.from === "peer" && !isOpen.value) unread.value++;
}

export function open(): void {
  isOpen.value = true;
  unread.value = 0;
}

export function close(): void {
  isOpen.value = false;
}
