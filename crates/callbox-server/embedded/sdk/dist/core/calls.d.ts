import type { CallHandlers, MediaOptions, RelayedFrame } from "./call.js";
import type { Environment, Paths } from "./environment.js";
import type { Match } from "./state.js";
export interface CallsHandlers<Stream> extends Omit<CallHandlers<Stream>, "onStream"> {
    onStream(stream: Stream | null): void;
}
export declare class Calls<Stream> {
    #private;
    constructor(env: Environment<Stream>, media: MediaOptions, handlers: CallsHandlers<Stream>);
    get remoteStream(): Stream | null;
    setPaths(paths: Paths): void;
    /** What the person wants of calls to come, more than the app does. */
    setHiding(on: boolean): void;
    /** Both have stayed: this call may take the shortest path. */
    reveal(call: string): void;
    /** The person wants to save data, or not any more. */
    setSaving(on: boolean): void;
    /** Another camera or microphone is in the local stream, or another picture. */
    handleTracks(): void;
    /** Somebody may come. */
    prepare(local: Stream | null): void;
    /** Nobody will come. */
    discard(): void;
    /** Somebody came. */
    start(match: Match, local: Stream | null): void;
    /** We have confirmed the call. */
    negotiate(): void;
    /** Both have. */
    begin(): void;
    /** The server forgot how far we were. */
    negotiateAnew(): void;
    /** A frame of the other side. */
    handle(frame: RelayedFrame): void;
    /** The call is over. */
    end(): void;
}
