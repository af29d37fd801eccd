/**
 * Looks at a call from its match to its end: five times a second whether the other side is seen and heard, once a second how it
 * goes. It notices when the machine slept. It reads and reports, and decides nothing.
 */
import type { Quality, Sample } from "../generated/protocol.js";
import type { CallSetup } from "./call-setup.js";
import type { Environment, Peer, Sending } from "./environment.js";
import type { Expected, MediaState } from "./flow.js";
import type { CallQuality } from "./quality.js";
export interface ObserverHandlers {
    /** The peer connection that is shown. */
    shown(): Peer;
    /** Nothing comes, though it always did, and it is too early to say that it is interrupted. */
    onSilence(): void;
    /** The state of the other side's media has changed. */
    onMedia(media: MediaState, now: number): void;
    /** Another look is done. */
    onTime(now: number): void;
    /** Time stopped: the machine slept. */
    onSlept(): void;
    onSending(sending: Sending): void;
    onQuality(quality: CallQuality): void;
    onSample(sample: Omit<Sample, "call">): void;
    /** A summary is due. */
    onSummary(): void;
}
export declare class Observer {
    #private;
    constructor(env: Pick<Environment<never>, "after" | "now">, setup: Pick<CallSetup<unknown>, "media" | "isSaving">, handlers: ObserverHandlers);
    /** Whether the other side's camera is to be seen, as far as is known. */
    get missesPicture(): boolean;
    /** The settings for our picture, once they were decided. */
    get sending(): Sending | null;
    /** The last estimate of the network's bandwidth. */
    get availableKbps(): number | null;
    /** There is a match. */
    start(): void;
    /** There is something to see and hear from now on. */
    handleConnected(): void;
    /** Another peer connection is shown, which counts from zero. */
    handleShown(): void;
    /** Another network, perhaps. */
    handleNetwork(): void;
    /** What is sent arrives again; `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
    handleSure(hasMoved: boolean): void;
    /** Sets the media that the other side says it sends. */
    setExpected(expected: Expected): void;
    setSaving(on: boolean): void;
    /** How the call was so far, if there was a second of it. */
    summary(call: string, restarts: number): Quality | null;
    /** The call has ended. */
    end(): void;
}
