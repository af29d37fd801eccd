/**
 * Listens to one of the client's events while the component is there.
 */
import { useEffect, useRef } from "react";
import type { ClientEvents, Listener } from "../index.js";
import { useCallbox } from "./use-callbox.js";

/** The listener may be another at each render; the last one is called. */
export function useCallboxEvent<Name extends keyof ClientEvents<MediaStream>>(name: Name, listener: Listener<ClientEvents<MediaStream>[Name]>): void {
  const client = useCallbox();
  const last = useRef(listener);
  useEffect(() => {
    last.current = listener;
  });
  useEffect(() => client?.on(name, (...args) => last.current(...args)), [client, name]);
}
