/**
 * Views of a page that is not loaded anew: route changes, and pages that come back from the back/forward cache.
 *
 * Another path is another view; another query or fragment alone is none.
 */
import type { Page } from "./views.js";
export declare function followRoutes(page: Page): void;
