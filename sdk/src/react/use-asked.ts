/**
 * Data asked of the server: once there is somebody, again for somebody else, and whenever it is wanted.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { CallboxClient, CallboxError } from "../index.js";
import { useCallbox } from "./use-callbox.js";
import { useSnapshot } from "./use-snapshot.js";

export interface Asked<Data> {
  /** `null` until it is there, and if nobody is signed in. */
  readonly data: Data | null;
  readonly isLoading: boolean;
  /** Why it is not there, or not current. */
  readonly error: CallboxError | null;
  /** Asks again; with `data`, takes that for the answer. */
  refresh(data?: Data): Promise<void>;
}

const EVENTS = ["user"] as const;
const read = (client: CallboxClient | null) => ({ id: client?.user?.id ?? null });

/** `ask` must not change between renders: define it outside the component. */
export function useAsked<Data>(ask: (client: CallboxClient) => Promise<Data>): Asked<Data> {
  const client = useCallbox();
  const { id } = useSnapshot(EVENTS, read);
  const [answer, setAnswer] = useState<{ id: string | null; data: Data | null; error: CallboxError | null }>({ id: null, data: null, error: null });
  /** An answer about somebody who has left meanwhile is nobody's. */
  const current = useRef(id);
  current.current = id;
  const refresh = useCallback(
    async (known?: Data) => {
      if (!client || id === null) return;
      try {
        const data = known ?? (await ask(client));
        if (current.current === id) setAnswer({ id, data, error: null });
      } catch (error) {
        if (current.current === id) setAnswer((before) => ({ id, data: before.id === id ? before.data : null, error: error as CallboxError }));
      }
    },
    [client, id, ask],
  );
  useEffect(() => void refresh(), [refresh]);
  const isCurrent = answer.id === id;
  return { data: isCurrent ? answer.data : null, error: isCurrent ? answer.error : null, isLoading: id !== null && !isCurrent, refresh };
}
