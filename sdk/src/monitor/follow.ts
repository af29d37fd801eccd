/**
 * Views of a page that is not loaded anew: route changes, and pages that come back from the back/forward cache.
 *
 * Another path is another view; another query or fragment alone is none.
 */
import type { Page } from "./views.js";

export function followRoutes(page: Page): void {
  let path = new URL(page.current.url).pathname;
  const look = () => {
    if (location.pathname === path) return;
    path = location.pathname;
    page.begin("soft");
  };
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = (...change) => {
      original.apply(history, change);
      look();
    };
  }
  addEventListener("popstate", look);
  addEventListener("pageshow", ({ persisted, timeStamp }) => persisted && page.begin("bfcache", timeStamp));
  // The app may have changed it before this was loaded.
  look();
}
