/**
 * The few words that are put into the other side's description, which govern how we send to it.
 *
 * Nothing is ever taken out: browsers put lines there that we do not know. Without a line to put them into, nothing
 * happens.
 */
import type { PeerOptions } from "../core/environment.js";
export declare function tuned(sdp: string, { startKbps, dtx }: PeerOptions): string;
