/**
 * A place for texts that is kept in memory: gone with whoever made it.
 */
import type { Store } from "../core/environment.js";
/** `items` is what is in it. */
export declare function memoryStore(): Store & {
    readonly items: ReadonlyMap<string, string>;
};
