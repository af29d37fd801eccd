/**
 * Lists that come in pages, the newest first: the first page is kept current, later ones are added on demand.
 *
 * Later pages belong to the first as it was: when its end moves they are left out until they are asked for again. A list never has a gap.
 */
import { useState } from "react";
import type { BlockItem, HistoryCall, Page } from "../index.js";
import { useCallbox } from "../react.js";
import { useCallboxData, useCallboxQuery } from "./use-query.js";
import type { CallboxQuery } from "./use-query.js";

export interface UsePages<Item> extends Omit<CallboxQuery<unknown>, "data"> {
  /** `null` until they are there, and if nobody is signed in. */
  readonly items: readonly Item[] | null;
  readonly hasMore: boolean;
  /** Adds the next page. Rejects with a `CallboxError`. */
  loadMore(): Promise<void>;
}

const LIMIT = 50;

function usePages<Item>(list: string): UsePages<Item> {
  const path = `/v1/me/${list}?limit=${LIMIT}`;
  const cache = useCallboxData();
  const { data: first, ...rest } = useCallboxQuery<Page<Item>>(path);
  const [later, setLater] = useState<{ after: string; page: Page<Item> } | null>(null);
  const more = later !== null && later.after === first?.next ? later.page : null;
  const next = more === null ? (first?.next ?? null) : more.next;
  const loadMore = async () => {
    const after = first?.next;
    if (!cache || !after || next === null) return;
    const page = await cache.read<Page<Item>>(`${path}&before=${encodeURIComponent(next)}`);
    setLater({ after, page: { items: [...(more?.items ?? []), ...page.items], next: page.next } });
  };
  return { items: first && [...first.items, ...(more?.items ?? [])], hasMore: next !== null, loadMore, ...rest };
}

/** The calls that were. */
export const useCallHistory = (): UsePages<HistoryCall> => usePages<HistoryCall>("calls");

export interface UseBlocks extends UsePages<BlockItem> {
  /** Lifts a block: the two may meet again. */
  unblock(id: string): Promise<void>;
}

/** The people whom one does not want to meet again. */
export function useBlocks(): UseBlocks {
  const client = useCallbox();
  const cache = useCallboxData();
  const [lifted, setLifted] = useState<readonly string[]>([]);
  const { items, ...rest } = usePages<BlockItem>("blocks");
  const unblock = async (gone: string) => {
    if (!client) return;
    const change = (page: Page<BlockItem>) => ({ ...page, items: page.items.filter(({ id }) => id !== gone) });
    await cache?.write<Page<BlockItem>, void>(`/v1/me/blocks?limit=${LIMIT}`, change, () => client.history.unblock(gone));
    // It may stand on a later page, which is not asked for again.
    setLifted((before) => [...before, gone]);
  };
  return { items: items && items.filter(({ id }) => !lifted.includes(id)), unblock, ...rest };
}
