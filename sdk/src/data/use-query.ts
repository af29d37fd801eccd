/**
 * One answer of the server for a component: shared with all that show it, shown at once if it is here, and kept current.
 */
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { CallboxError } from "../index.js";
import { useCallbox } from "../react.js";
import { dataFor } from "./core.js";
import type { CallboxData, PathOptions } from "./core.js";

export interface CallboxQuery<Data> {
  /** `null` until it is there, and if nobody is signed in. */
  readonly data: Data | null;
  /** Nothing is there yet. */
  readonly isLoading: boolean;
  /** It is asked whether what is there is current. */
  readonly isFetching: boolean;
  /** Why it is not there, or not current; what was there is shown on. */
  readonly error: CallboxError | null;
  /** Asks again. */
  invalidate(): void;
}

const nothing = () => null;

/** The cache of the client above; `null` while the page is rendered ahead of time. */
export function useCallboxData(): CallboxData | null {
  const client = useCallbox();
  return client && dataFor(client);
}

/** `path` is that of a `GET`, from `/v1/` on; `null` asks for nothing. */
export function useCallboxQuery<Data>(path: string | null, { ttl }: PathOptions = {}): CallboxQuery<Data> {
  const client = useCallbox();
  const data = client && dataFor(client);
  const onUser = useCallback((onChange: () => void) => client?.on("user", onChange) ?? (() => undefined), [client]);
  const user = useSyncExternalStore(onUser, () => client?.user?.id ?? null, nothing);
  const observer = useMemo(() => (data && user !== null && path !== null ? data.observe<Data>(path, { ttl }) : null), [data, user, path, ttl]);
  const subscribe = useCallback((onChange: () => void) => observer?.subscribe(onChange) ?? (() => undefined), [observer]);
  const result = useSyncExternalStore(subscribe, () => observer?.getCurrentResult() ?? null, nothing);
  return {
    data: result?.data ?? null,
    isLoading: result !== null && result.isPending,
    isFetching: result?.isFetching ?? false,
    error: result?.error ?? null,
    invalidate: () => path !== null && data?.invalidate(path),
  };
}
