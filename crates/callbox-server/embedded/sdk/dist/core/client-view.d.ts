/**
 * The client's next part: what a person sees of the call besides its state.
 */
import { MediaClient } from "./client-media.js";
import type { MediaState } from "./flow.js";
import type { ChatLine, PeerState } from "./options.js";
import type { CallQuality } from "./quality.js";
export declare abstract class ViewClient<Stream> extends MediaClient<Stream> {
    #private;
    /** Whether the other side's picture and sound come, once they have. */
    get mediaState(): MediaState;
    /** The other person of this call, or of the last one. */
    get peer(): PeerState;
    /** How the call is going; `null` before its first second, and after it. */
    get quality(): CallQuality | null;
    /** The lines of this call, or of the last one, oldest first: the last 200. */
    get chat(): readonly ChatLine[];
    /** Another call: nothing is known of it yet. */
    protected beginView(): void;
    protected setMedia(media: MediaState): void;
    protected setPeer(news: Partial<PeerState>): void;
    protected setQuality(quality: CallQuality | null): void;
    protected addLine(from: ChatLine["from"], text: string): void;
}
