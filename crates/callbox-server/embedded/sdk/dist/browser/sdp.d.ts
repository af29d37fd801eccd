/**
 * The few words that are put into the other side's description, which govern how we send to it.
 *
 * Nothing is ever taken out: browsers put lines there that we do not know. Without a line to put them into, nothing
 * happens.
 */
import type { PeerOptions, SessionDescription } from "../core/environment.js";
/**
 * An offer that names its side's part in DTLS instead of leaving it open. A later one names it as it was agreed: Firefox chooses
 * anew, which the other side must refuse (RFC 8842, section 5.5: the part stays while the transport does). The first one
 * makes its sender the client: behind NATs the offerer is the first whose checks get through, and DTLS begins half a
 * round trip sooner.
 */
export declare function keepingPart(offer: string, own: SessionDescription | null, theirs: SessionDescription | null): string;
/**
 * Firefox leaves the old path as soon as a restart has found a new one. Chromium sends by the old one until it has been
 * silent for 2.5 s, so that long Firefox sees nothing.
 */
export declare const isOfFirefox: (sdp: string) => boolean;
export declare function tuned(sdp: string, { startKbps, dtx }: PeerOptions): string;
