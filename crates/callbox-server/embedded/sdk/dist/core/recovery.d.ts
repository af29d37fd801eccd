/**
 * Keeps a call's media alive: notices that nothing comes any more, and searches for a new path.
 *
 * Browsers take seven seconds to say that a path is gone. Sound comes fifty times a second, so its silence for 800 ms
 * says it sooner. Then paths are searched for anew, at once and every 2.5 s; after 30 s without any it is given up.
 * Whoever sends nothing at all, with no camera and no microphone, is not missed.
 */
import type { Environment, Flow } from "./environment.js";
export interface RecoveryHandlers {
    /** What has come so far; `null` where nothing ever did. */
    flow(): Promise<Flow | null>;
    isPolite(): boolean;
    /** Nothing comes any more. */
    onInterrupted(): void;
    /** It comes again. */
    onFlowing(): void;
    /** Search for a path anew. */
    restart(): void;
    onGivenUp(): void;
}
export declare class Recovery {
    #private;
    constructor(env: Pick<Environment<never>, "after" | "now">, handlers: RecoveryHandlers);
    /** The other side searches already. */
    handleOffer(): void;
    start(): void;
    stop(): void;
    /** Another network: the path is gone before its silence tells. */
    handleNetwork(): void;
}
