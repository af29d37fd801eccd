import type { Page } from "./views.js";
export declare function measureVitals(page: Page): void;
