/**
 * A list that comes page by page: loading, empty, failed, and "more" below it.
 */
import type { ComponentChildren } from "preact";
import { account as words } from "../messages/account.js";

interface Pages<Item> {
  readonly items: readonly Item[] | null;
  readonly hasMore: boolean;
  readonly hasFailed: boolean;
  load(): Promise<void>;
  more(): Promise<void>;
}

export function List<Item>(props: { pages: Pages<Item>; none: string; label: string; children: (item: Item) => ComponentChildren }) {
  const { items, hasMore, hasFailed, load, more } = props.pages;
  return (
    <>
      {items === null && !hasFailed && <p role="status">{words.loading}</p>}
      {items?.length === 0 && <p class="hint">{props.none}</p>}
      {items !== null && items.length > 0 && (
        <ul class="rows" aria-label={props.label}>
          {items.map((item) => props.children(item))}
        </ul>
      )}
      {hasFailed && (
        <p class="refusal" role="alert">
          {words.failed}{" "}
          <button type="button" class="link" onClick={() => void (items === null ? load() : more())}>
            {words.again}
          </button>
        </p>
      )}
      {hasMore && !hasFailed && (
        <button type="button" class="quiet" onClick={() => void more()}>
          {words.more}
        </button>
      )}
    </>
  );
}
