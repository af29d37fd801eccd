/**
 * The parts of a call that a person sees besides its state: lines of text, the other person, and how it goes.
 *
 * It keeps what it receives, the last 200 lines at most, and decides nothing.
 */
import type { Environment } from "./environment.js";
import type { Emit } from "./events.js";
import type { MediaState } from "./flow.js";
import type { ChatLine, ClientEvents, PeerState } from "./options.js";
import type { CallQuality } from "./quality.js";
type ViewEmit<Stream> = Emit<ClientEvents<Stream>, "media" | "peer" | "quality" | "chat">;
export declare class CallView<Stream> {
    #private;
    /** Whether the other side's picture and sound come, once they have. */
    media: MediaState;
    /** The other person of this call, or of the last one. */
    peer: PeerState;
    /** How the call is going; `null` before its first second, and after it. */
    quality: CallQuality | null;
    /** The lines of this call, or of the last one, oldest first. */
    chat: readonly ChatLine[];
    constructor(env: Pick<Environment<never>, "now">, emit: ViewEmit<Stream>);
    /** Another call: nothing is known of it yet. */
    begin(): void;
    setMedia(media: MediaState): void;
    setPeer(change: Partial<PeerState>): void;
    setQuality(quality: CallQuality | null): void;
    addLine(from: ChatLine["from"], text: string): void;
}
export {};
