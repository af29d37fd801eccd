/**
 * Chooses the server that a page built by Vite speaks to, or the mock instead.
 *
 * In development the mock takes over if no server answers the first request: for the page's life, with a warning, and
 * never once a server has answered. In production it comes only if it was asked for. Its code is loaded when it is needed.
 */
import type { Environment } from "../core/environment.js";
import type { ClientOptions } from "../core/options.js";
/** Our variables of `import.meta.env`. */
export interface ViteEnv {
    readonly DEV?: boolean;
    /** The server's address; the page's own origin if left out. */
    readonly VITE_SIGNALING_SERVER_URL?: string;
    /** `true`: always the mock; `false`: never; left out: in development, if no server answers. */
    readonly VITE_USE_MOCK_SIGNALING?: string;
}
type World = Environment<MediaStream>;
/** Options for `CallboxClient` out of Vite's `import.meta.env`. */
export declare function fromEnv(env: ViteEnv): ClientOptions & {
    environment?: World;
};
/** The real world, until it is clear that it is to be the mock's. Sockets open only after a first request. */
export declare function lateWorld(real: World, load: () => Promise<World>, isMock: boolean): World;
export {};
