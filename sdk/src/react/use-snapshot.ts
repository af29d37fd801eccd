/**
 * A client's state, as an object that is another one only if something in it is.
 */
import { useCallback, useRef, useSyncExternalStore } from "react";
import type { CallboxClient, ClientEvents } from "../index.js";
import { useCallbox } from "./use-callbox.js";

/** `read` and `events` must not change between renders: define them outside the component. */
export function useSnapshot<Snapshot extends object>(events: readonly (keyof ClientEvents<MediaStream>)[], read: (client: CallboxClient | null) => Snapshot): Snapshot {
  const client = useCallbox();
  const last = useRef<Snapshot | null>(null);
  const subscribe = useCallback(
    (onChange: () => void) => {
      const stops = events.map((name) => client?.on(name, onChange));
      return () => stops.forEach((stop) => stop?.());
    },
    [client, events],
  );
  const snapshot = () => {
    const now = read(client);
    if (last.current === null || !isSame(last.current, now)) last.current = now;
    return last.current;
  };
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

function isSame<Snapshot extends object>(one: Snapshot, other: Snapshot): boolean {
  return (Object.keys(one) as (keyof Snapshot)[]).every((name) => Object.is(one[name], other[name]));
}
