// src/data.ts
export * from "./data/core.js";

// src/data/use-account.ts
import { useCallbox as useCallbox2 } from "./react.js";

// src/data/use-query.ts
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useCallbox } from "./react.js";
import { dataFor } from "./data/core.js";
var nothing = () => null;
function useCallboxData() {
  const client = useCallbox();
  return client && dataFor(client);
}
function useCallboxQuery(path, { ttl } = {}) {
  const client = useCallbox();
  const data = client && dataFor(client);
  const onUser = useCallback((onChange) => client?.on("user", onChange) ?? (() => void 0), [client]);
  const user = useSyncExternalStore(onUser, () => client?.user?.id ?? null, nothing);
  const observer = useMemo(() => data && user !== null && path !== null ? data.observe(path, { ttl }) : null, [data, user, path, ttl]);
  const subscribe = useCallback((onChange) => observer?.subscribe(onChange) ?? (() => void 0), [observer]);
  const result = useSyncExternalStore(subscribe, () => observer?.getCurrentResult() ?? null, nothing);
  return {
    data: result?.data ?? null,
    isLoading: result !== null && result.isPending,
    isFetching: result?.isFetching ?? false,
    error: result?.error ?? null,
    invalidate: () => path !== null && data?.invalidate(path)
  };
}

// src/data/use-account.ts
var ME = "/v1/me";
function useAccount() {
  const { data, ...rest } = useCallboxQuery(ME);
  return { account: data, actions: useCallbox2()?.account ?? null, ...rest };
}
function useProfile() {
  const client = useCallbox2();
  const cache = useCallboxData();
  const { data, ...rest } = useCallboxQuery(ME);
  const save = async (profile) => {
    if (!client || !cache) return profile;
    return cache.write(
      ME,
      (account) => ({ ...account, profile }),
      () => client.profile.set(profile)
    );
  };
  return { profile: data?.profile ?? null, save, ...rest };
}
var usePartner = (call) => useCallboxQuery(call === null ? null : `/v1/calls/${encodeURIComponent(call)}/partner`);
var without = (gone) => ({ items, ...list }) => ({ ...list, items: items.filter(({ id }) => id !== gone) });
function useLogins() {
  const client = useCallbox2();
  const cache = useCallboxData();
  const { data, ...rest } = useCallboxQuery("/v1/me/logins");
  const end = async (gone) => {
    if (client) await cache?.write("/v1/me/logins", without(gone), () => client.account.endLogin(gone));
  };
  return { items: data?.items ?? null, end, ...rest };
}
function useIdentities() {
  const { data, ...rest } = useCallboxQuery("/v1/me/identities");
  return { items: data?.items ?? null, ...rest };
}

// src/data/use-pages.ts
import { useState } from "react";
import { useCallbox as useCallbox3 } from "./react.js";
var LIMIT = 50;
function usePages(list) {
  const path = `/v1/me/${list}?limit=${LIMIT}`;
  const cache = useCallboxData();
  const { data: first, ...rest } = useCallboxQuery(path);
  const [later, setLater] = useState(null);
  const more = later !== null && later.after === first?.next ? later.page : null;
  const next = more === null ? first?.next ?? null : more.next;
  const loadMore = async () => {
    const after = first?.next;
    if (!cache || !after || next === null) return;
    const page = await cache.read(`${path}&before=${encodeURIComponent(next)}`);
    setLater({ after, page: { items: [...more?.items ?? [], ...page.items], next: page.next } });
  };
  return { items: first && [...first.items, ...more?.items ?? []], hasMore: next !== null, loadMore, ...rest };
}
var useCallHistory = () => usePages("calls");
function useBlocks() {
  const client = useCallbox3();
  const cache = useCallboxData();
  const [lifted, setLifted] = useState([]);
  const { items, ...rest } = usePages("blocks");
  const unblock = async (gone) => {
    if (!client) return;
    const change = (page) => ({ ...page, items: page.items.filter(({ id }) => id !== gone) });
    await cache?.write(`/v1/me/blocks?limit=${LIMIT}`, change, () => client.history.unblock(gone));
    setLifted((before) => [...before, gone]);
  };
  return { items: items && items.filter(({ id }) => !lifted.includes(id)), unblock, ...rest };
}
export {
  useAccount,
  useBlocks,
  useCallHistory,
  useCallboxData,
  useCallboxQuery,
  useIdentities,
  useLogins,
  usePartner,
  useProfile
};
