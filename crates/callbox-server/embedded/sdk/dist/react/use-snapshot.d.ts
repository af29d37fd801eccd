import type { CallboxClient, ClientEvents } from "../index.js";
/** `read` and `events` must not change between renders: define them outside the component. */
export declare function useSnapshot<Snapshot extends object>(events: readonly (keyof ClientEvents<MediaStream>)[], read: (client: CallboxClient | null) => Snapshot): Snapshot;
