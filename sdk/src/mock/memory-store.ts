/**
 * A place for texts that is kept in memory: gone with its maker.
 */
import type { Store } from "../core/environment.js";

/** `items` is what is in it. */
export function memoryStore(): Store & { readonly items: ReadonlyMap<string, string> } {
  const items = new Map<string, string>();
  return { items, get: (key) => items.get(key) ?? null, set: (key, value) => void items.set(key, value), remove: (key) => void items.delete(key) };
}
