/**
 * `client.history`: the calls that were, and the people whom one does not want to meet again; page by page, the newest first.
 */
import type { BlockItem, HistoryCall, Page } from "../generated/protocol.js";
import type { Login } from "./login.js";
export interface PageOptions {
    /** `next` of the page before. */
    before?: string | null;
    limit?: number;
}
export declare function makeHistory(login: Login): {
    calls: (options?: PageOptions) => Promise<Page<HistoryCall>>;
    blocks: (options?: PageOptions) => Promise<Page<BlockItem>>;
    /** Lifts a block: the two may meet again. */
    unblock: (block: string) => Promise<void>;
};
