/**
 * A person's interests: the list, and the text that is being typed.
 *
 * The server brings interests into one form and has the last word; here they are only bounded as it bounds them.
 */
import { INTEREST_CHARS_MAX, INTERESTS_MAX } from "@callbox/client";
import { signal } from "@preact/signals";

export const interests = signal<readonly string[]>([]);
/** Typed, but not yet on the list. */
export const typed = signal("");

export const isFull = () => interests.value.length >= INTERESTS_MAX;

export function add(text: string): void {
  // By code points, as the server counts: half an emoji is none.
  const interest = [...text.trim().replace(/\s+/g, " ").toLowerCase()].slice(0, INTEREST_CHARS_MAX).join("");
  if (interest !== "" && !interests.value.includes(interest) && !isFull()) interests.value = [...interests.value, interest];
}

export function remove(interest: string): void {
  interests.value = interests.value.filter((other) => other !== interest);
}

export function removeLast(): void {
  interests.value = interests.value.slice(0, -1);
}

/** Puts what was typed on the list: on Enter, and when the search begins, so that nothing typed is lost. */
export function takeTyped(): void {
  add(typed.value);
  typed.value = "";
}

/** Follows the typing. A comma ends an interest; phones report it only here, not as a key. */
export function type(text: string): void {
  const parts = text.split(",");
  typed.value = parts.pop() ?? "";
  for (const part of parts) add(part);
}
