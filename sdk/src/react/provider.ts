/**
 * The provider: one client for all components below it.
 *
 * Give it a client, or options for one of its own, which it closes when it goes away. Rendered ahead of time, where there
 * is no browser, there is no client, and hooks return the state before the first click.
 */
import { createContext, createElement, useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import { CallboxClient } from "../index.js";
import type { ClientOptions } from "../index.js";

export interface CallboxProviderProps {
  /** A client of yours, which the provider leaves open; `null` if there is none yet. */
  client?: CallboxClient | null;
  /** For a client of the provider's own; read once. */
  options?: ConstructorParameters<typeof CallboxClient>[0] & ClientOptions;
  children?: ReactNode;
}

/** `undefined` outside a provider. */
export const ClientContext = createContext<CallboxClient | null | undefined>(undefined);

export function CallboxProvider({ client, options, children }: CallboxProviderProps) {
  const [own] = useState(() => (client === undefined && typeof document !== "undefined" ? new CallboxClient(options) : null));
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
      // React's strict mode takes components away and puts them back at once; such a client is still needed.
      setTimeout(() => isMounted.current || own?.close());
    };
  }, [own]);
  return createElement(ClientContext.Provider, { value: client ?? own }, children);
}
