/**
 * The one client of the pages around accounts, and the secret of the link that opened one.
 */
import { CallboxClient } from "@callbox/client";
import type { Account, CallboxError, Page } from "@callbox/client";
import type { UsePages } from "@callbox/client/data";
import { useEffect, useState } from "preact/hooks";

let made: CallboxClient | null = null;

/** Made when it is first asked for: not while the page is rendered ahead of time. */
export function client(): CallboxClient {
  return (made ??= new CallboxClient());
}

/** The account of the user who was here before; `null` if that was nobody. */
export async function readAccount(): Promise<Account | null> {
  return (await client().restore()) && (await client().account.read());
}

let taken: { secret: string; query: string } | null = null;

/** Out of the address at once, so that it stays in no history. */
function take() {
  if (taken === null) {
    taken = { secret: location.hash.slice(1), query: location.search };
    history.replaceState(null, "", location.pathname);
  }
  return taken;
}

/** The text after the `#`. */
export const takeSecret = (): string => take().secret;
/** The query that another service added when it sent the browser back. */
export const takeQuery = (): Record<string, string> => Object.fromEntries(new URLSearchParams(take().query));

/** The state of a page that waits for data. */
export type Wait<Data> = { state: "loading" } | { state: "failed"; error: CallboxError } | { state: "there"; data: Data };

/** Asks once the page is there, and again on demand. */
export function useWait<Data>(ask: () => Promise<Data>): [Wait<Data>, () => Promise<void>] {
  const [wait, setWait] = useState<Wait<Data>>({ state: "loading" });
  const again = async () => {
    try {
      setWait({ state: "there", data: await ask() });
    } catch (error) {
      setWait({ state: "failed", error: error as CallboxError });
    }
  };
  useEffect(() => void again(), []);
  return [wait, again];
}

/** A list, page by page. */
export function usePages<Item>(ask: (before?: string) => Promise<Page<Item>>) {
  const [page, setPage] = useState<Page<Item> | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const load = async (before?: string) => {
    try {
      const { items, next } = await ask(before);
      setPage((now) => ({ items: before && now ? [...now.items, ...items] : items, next }));
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  useEffect(() => void load(), []);
  const remove = (isGone: (item: Item) => boolean) => setPage((now) => now && { ...now, items: now.items.filter((item) => !isGone(item)) });
  return { items: page?.items ?? null, hasMore: Boolean(page?.next), hasFailed, load, more: () => load(page?.next ?? undefined), remove };
}

/** The same of a list that the server keeps current. */
export function useShown<Item>({ items, hasMore, error, invalidate, loadMore }: Pick<UsePages<Item>, "items" | "hasMore" | "error" | "invalidate" | "loadMore">) {
  const [hasFailed, setFailed] = useState(false);
  const more = () =>
    loadMore().then(
      () => setFailed(false),
      () => setFailed(true),
    );
  // What is there is shown on.
  return { items, hasMore, hasFailed: hasFailed || (items === null && error !== null), load: async () => invalidate(), more };
}

/** A day, as the person's own language writes it. */
export const day = (at: number) => new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
/** A day and the time of day. */
export const moment = (at: number) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
