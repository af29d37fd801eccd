/**
 * `@callbox/client`: 1-to-1 video calls in a browser.
 */
export * from "./core.js";
export { CallboxClient } from "./browser/client.js";
export { fromEnv } from "./browser/env.js";
export type { ViteEnv } from "./browser/env.js";
export { browserEnvironment } from "./browser/environment.js";
