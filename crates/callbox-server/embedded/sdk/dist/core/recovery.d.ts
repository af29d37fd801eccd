/**
 * Keeps a call's media alive: notices that nothing comes any more, and searches for a new path.
 *
 * Browsers take seven seconds to say that a path is gone. Sound comes many times a second, so its silence for 800 ms
 * says it sooner. Then paths are searched for anew, at once and every 2.5 s; each 8 s with a new peer connection, since
 * the old one may be what is broken; after 30 s without any it is given up. Whoever sends nothing at all, with no camera
 * and no microphone, is not missed.
 */
import type { Environment, Flow } from "./environment.js";
export interface RecoveryHandlers {
    /** What has come so far; `null` where nothing ever did. */
    flow(): Promise<Flow | null>;
    isPolite(): boolean;
    /** Whether what is sent now arrives; otherwise it waits. */
    isOnline(): boolean;
    /** Nothing comes any more. */
    onInterrupted(): void;
    /** It comes again. */
    onFlowing(): void;
    /** Search for a path anew; `isNew` by a new peer connection. */
    restart(isNew: boolean): void;
    onGivenUp(): void;
}
export declare class Recovery {
    #private;
    constructor(env: Pick<Environment<never>, "after" | "now">, handlers: RecoveryHandlers);
    /** The other side searches already. */
    handleOffer(): void;
    /** A new peer connection counts from zero. */
    handleNewPeer(): void;
    start(): void;
    stop(): void;
    /** Another network: the path is gone before its silence tells. */
    handleNetwork(): void;
}
