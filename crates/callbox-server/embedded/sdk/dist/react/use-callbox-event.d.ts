import type { ClientEvents, Listener } from "../index.js";
/** The listener may be another at each render; the last one is called. */
export declare function useCallboxEvent<Name extends keyof ClientEvents<MediaStream>>(name: Name, listener: Listener<ClientEvents<MediaStream>[Name]>): void;
