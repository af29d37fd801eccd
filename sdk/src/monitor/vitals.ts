/**
 * The vitals, by Google's `web-vitals`, each of the view that it belongs to: soft navigations are a series of their own. The time to first
 * byte is read as `web-vitals` does it, beside the end of the load; its own function would be a tenth of a KB of what a page never needs.
 *
 * A figure of a soft navigation comes after the address has changed, and may come after the next one; it is given to the view of its own
 * address, not to the current one. One whose view is not kept any more is dropped.
 */
import { onCLS, onFCP, onINP, onLCP } from "web-vitals";
import type { MetricType } from "web-vitals";
import type { Vitals } from "../generated/beacon.js";
import type { Page, View } from "./views.js";

export function measureVitals(page: Page): void {
  const { views, core } = page;
  const viewOf = ({ navigationType, navigationURL, navigationStartTime = 0 }: MetricType): View | undefined => {
    if (navigationType !== "soft-navigation") return views.find(({ beacon }) => beacon.vitals === core.vitals);
    // It starts with the click, before the app changes the address.
    const began = performance.timeOrigin + navigationStartTime - 1;
    return views.find(({ url, beacon }) => beacon.navigation === "soft" && url === navigationURL && beacon.started_at >= began);
  };
  const take = (metric: MetricType) => {
    const view = viewOf(metric);
    if (!view) return;
    view.beacon.vitals[metric.name.toLowerCase() as keyof Vitals] = metric.value;
    view.isChanged = true;
    // The current view goes when it is hidden; an older one is hidden already.
    if (view !== page.current) page.soon(view);
  };
  for (const measure of [onLCP, onCLS, onINP, onFCP]) measure(take, { reportAllChanges: true, reportSoftNavs: true });
  // Of other views it would be 0, which is no measure. Not before the load is over.
  const loaded = () =>
    setTimeout(() => {
      const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & { activationStart?: number })[];
      if (!entry?.responseStart) return;
      const since = (at: number) => Math.max(0, at - (entry.activationStart ?? 0));
      core.vitals.load = since(entry.loadEventEnd);
      take({ name: "TTFB", value: since(entry.responseStart) } as MetricType);
    });
  if (document.readyState === "complete") loaded();
  else addEventListener("load", loaded);
}
