/**
 * Addresses of the other side's own network, which lead nowhere but from within it.
 *
 * Browsers try pairs of addresses one after another, 48 ms apart, and those of the own network come first (RFC 8445, section
 * 5.1.2.1). Between two homes they only cost time, so they are set aside for a moment; a peer that shares a public address with
 * the other side may share the network, too, and gets them at once. Without a public address nothing is set aside.
 */
/** Later than every other pair has been tried; a virtual network between two homes may still need them. */
export declare const NEAR_MS = 300;
/** A description without those addresses, and they. */
export interface Parted {
    readonly sdp: string;
    readonly near: readonly RTCIceCandidateInit[];
}
export declare function setAside(sdp: string): Parted;
/** Whether the two may be on one network: behind the same public address, or without one that is known. */
export declare function mayBeNear(own: string, theirs: string): boolean;
