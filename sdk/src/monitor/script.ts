/**
 * `/monitor.js`: the monitor as one script tag. Options are the tag's `data-` attributes; `window.performanceMonitor` has the methods.
 *
 * The server puts the content hash of its files where `__HASH__` stands, so that the rest may be kept for a year.
 */
import { boot } from "./boot.js";
import { optionsOf } from "./options.js";
import type { Core, Rest } from "./boot.js";

const tag = document.currentScript as HTMLScriptElement | null;
if (tag) {
  const rest = new URL("/assets/__HASH__/monitor-rest.js", tag.src).href;
  boot(optionsOf(tag.dataset, tag.src), () => import(rest) as Promise<{ run(core: Core): Rest }>);
}
