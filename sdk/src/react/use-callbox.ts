/**
 * The client of the provider above.
 */
import { useContext } from "react";
import type { CallboxClient } from "../index.js";
import { ClientContext } from "./provider.js";

/** `null` while the page is rendered ahead of time. */
export function useCallbox(): CallboxClient | null {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error("Callbox's hooks need a <CallboxProvider> around them.");
  return client;
}
