/**
 * A place for texts that is kept in memory: gone with its maker.
 */
import type { Store } from "../core/environment.js";
/** `items` is what is in it. */
export declare function memoryStore(): Store & {
    readonly items: ReadonlyMap<string, string>;
};
