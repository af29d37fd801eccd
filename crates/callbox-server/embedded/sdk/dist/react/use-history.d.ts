/**
 * The calls of the signed-in user, the newest first, and more of them on demand.
 */
import type { HistoryCall, Page } from "../index.js";
import type { Asked } from "./use-asked.js";
export interface UseHistory extends Omit<Asked<Page<HistoryCall>>, "data"> {
    /** `null` until they are there, and if nobody is signed in. */
    readonly calls: readonly HistoryCall[] | null;
    readonly hasMore: boolean;
    /** Adds the next page. Rejects with a `CallboxError`. */
    loadMore(): Promise<void>;
}
export declare function useHistory(): UseHistory;
