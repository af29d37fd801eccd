/**
 * `@callbox/client/monitor`: what people meet on a page, measured in their browsers: speed, errors, visits, features and calls.
 *
 * It works without the client too, for an app that is measured before it moves to Callbox.
 */
import { boot } from "./monitor/boot.js";
import type { Monitor } from "./monitor/boot.js";
import type { MonitorOptions } from "./monitor/options.js";

export { monitor } from "./monitor/boot.js";
export type { Monitor } from "./monitor/boot.js";
export type { MonitorOptions } from "./monitor/options.js";
export type { PerformanceSummary } from "./monitor/summary.js";
export type { WatchedClient } from "./monitor/watched.js";

/** Our variables of Vite's `import.meta.env`. */
export interface MonitorEnv {
  /** Vite's own. TypeScript takes no `import.meta.env` for a type that it shares no member with. */
  readonly DEV?: boolean;
  /** The server's address; the page's own origin if left out. */
  readonly VITE_SIGNALING_SERVER_URL?: string;
  /** A second place, which gets a copy of each beacon. */
  readonly VITE_ANALYTICS_ENDPOINT?: string;
}

/** Starts the monitor, once a page, and as early as possible; later calls change nothing. */
export function startMonitor(options: MonitorOptions = {}, env: MonitorEnv = {}): Monitor {
  const { VITE_SIGNALING_SERVER_URL: server, VITE_ANALYTICS_ENDPOINT: analyticsEndpoint } = env;
  return boot({ ...(server && { server: server.replace(/^ws/, "http") }), ...(analyticsEndpoint && { analyticsEndpoint }), ...options }, () => import("./monitor/rest.js"));
}
