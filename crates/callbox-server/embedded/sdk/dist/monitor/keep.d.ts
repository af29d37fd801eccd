import type { Page } from "./views.js";
export declare function keepBeacons(page: Page): void;
