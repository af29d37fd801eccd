/**
 * A browser's world in which the server is other tabs: HTTP and the socket are the mock's, media is the real one.
 *
 * It keeps what it keeps under names of its own, so that the login with a real server is still there afterwards.
 */
import type { Environment } from "../core/environment.js";
/** For `new CallboxClient({ environment: mockEnvironment() })`: calls without a server. Marks the page as such. */
export declare function mockEnvironment(): Environment<MediaStream>;
