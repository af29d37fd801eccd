/**
 * `@callbox/client/mock`: calls without a server, for development. Tabs of one origin call each other; a lone tab gets a
 * synthetic partner.
 */
export { mockEnvironment } from "./mock/environment.js";
