import type { BlockItem, HistoryCall } from "../index.js";
import type { CallboxQuery } from "./use-query.js";
export interface UsePages<Item> extends Omit<CallboxQuery<unknown>, "data"> {
    /** `null` until they are there, and if nobody is signed in. */
    readonly items: readonly Item[] | null;
    readonly hasMore: boolean;
    /** Adds the next page. Rejects with a `CallboxError`. */
    loadMore(): Promise<void>;
}
/** The calls that were. */
export declare const useCallHistory: () => UsePages<HistoryCall>;
export interface UseBlocks extends UsePages<BlockItem> {
    /** Lifts a block: the two may meet again. */
    unblock(id: string): Promise<void>;
}
/** The people whom one does not want to meet again. */
export declare function useBlocks(): UseBlocks;
