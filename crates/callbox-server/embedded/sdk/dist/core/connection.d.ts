/**
 * One peer connection of a call, and the addresses that it has found: sent in batches, with the number of the offer or answer that
 * they belong to. Addresses that a description has are not sent beside it.
 */
import type { Environment, Peer, SessionDescription } from "./environment.js";
import type { Path } from "../generated/protocol.js";
import type { CallSetup } from "./call-setup.js";
import type { Numbered } from "./offers.js";
export interface ConnectionHandlers<Stream> {
    /** There are addresses to be taken and sent, behind the description that they belong to. */
    onCandidates(): void;
    onStream(stream: Stream): void;
    onConnected(path: Path | null, dtlsMs: number | null): void;
    onFirstFrame(): void;
    onFailed(): void;
}
export declare class Connection<Stream> {
    #private;
    readonly number: number;
    readonly peer: Peer;
    stream: Stream | null;
    hasFrame: boolean;
    isClosed: boolean;
    constructor(env: Pick<Environment<Stream>, "after" | "makePeer">, number: number, setup: CallSetup<Stream>, handlers: ConnectionHandlers<Stream>);
    /** Makes an offer, which others' clients may read too: the members of ours are beside the browser's. */
    offer(offer: number, restart: boolean): Promise<Numbered>;
    answer(offer: number, description: SessionDescription): Promise<Numbered>;
    /** The description as it is now, with the addresses that wait to be sent. */
    current(): Numbered | null;
    /** The addresses that wait to be sent. */
    take(): unknown[];
    /** Adds the other side's addresses; one that is refused is one path of many. */
    add(candidates: readonly unknown[], onRefused: (error: unknown) => void): Promise<void>;
    close(): void;
}
