/**
 * The calls of the signed-in user, the newest first, and more of them on demand.
 */
import type { CallboxClient, HistoryCall, Page } from "../index.js";
import { useAsked } from "./use-asked.js";
import type { Asked } from "./use-asked.js";
import { useCallbox } from "./use-callbox.js";

export interface UseHistory extends Omit<Asked<Page<HistoryCall>>, "data"> {
  /** `null` until they are there, and if nobody is signed in. */
  readonly calls: readonly HistoryCall[] | null;
  readonly hasMore: boolean;
  /** Adds the next page. Rejects with a `CallboxError`. */
  loadMore(): Promise<void>;
}

const ask = (client: CallboxClient) => client.history.calls();

export function useHistory(): UseHistory {
  const client = useCallbox();
  const { data, ...rest } = useAsked(ask);
  const loadMore = async () => {
    if (!client || !data?.next) return;
    const { items, next } = await client.history.calls({ before: data.next });
    await rest.refresh({ items: [...data.items, ...items], next });
  };
  return { calls: data?.items ?? null, hasMore: Boolean(data?.next), loadMore, ...rest };
}
