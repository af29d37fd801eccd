/**
 * `@callbox/client`: 1-to-1 video calls in a browser.
 */
export * from "./core.js";
export { CallboxClient } from "./browser/client.js";
export { browserEnvironment } from "./browser/environment.js";
