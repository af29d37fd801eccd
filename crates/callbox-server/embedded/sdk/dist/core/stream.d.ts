import type { ClientFrame, Numbers, ServerFrame } from "../generated/protocol.js";
/** The action for a frame of the server: take it, pass it over, or reconnect because one before it is missing. */
export type Received = "new" | "seen" | "gap";
export declare class Stream {
    #private;
    /** The last frame of the server, which has all before. */
    get received(): number;
    /** Whether everything that the server may lack is still here. */
    get isWhole(): boolean;
    /** Numbers and keeps a frame; the result is its text. */
    send(frame: ClientFrame): string;
    /** The text of a frame that is not counted; it carries what we have. */
    uncounted(frame: ClientFrame): string;
    /** A frame of the server and its size. */
    hear(frame: ServerFrame & Numbers, size: number): Received;
    /** Whether an acknowledgement is due, even by a frame of its own. */
    get isAckDue(): boolean;
    /** The server has all up to `ack`: the texts of what it lacks, in order. */
    resume(ack: number): string[];
    /** Both sides count from 1 again; the result is what the server may never have seen. */
    reset(): ClientFrame[];
}
