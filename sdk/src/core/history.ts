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

export function makeHistory(login: Login) {
  const page = <Item>(list: string, { before, limit = 50 }: PageOptions = {}) =>
    login.ask<Page<Item>>("GET", `me/${list}?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ""}`);

  return {
    calls: (options?: PageOptions) => page<HistoryCall>("calls", options),
    blocks: (options?: PageOptions) => page<BlockItem>("blocks", options),
    /** Lifts a block: the two may meet again. */
    unblock: (block: string) => login.ask<void>("DELETE", `me/blocks/${encodeURIComponent(block)}`),
  };
}
