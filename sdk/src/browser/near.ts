/**
 * Addresses of the other side's own network, which lead nowhere but from within it.
 *
 * Browsers try pairs of addresses one after another, 48 ms apart, and those of the own network come first (RFC 8445, section
 * 5.1.2.1). Between two homes they only cost time, so they are set aside for a moment; a peer that shares a public address with
 * the other side may share the network, too, and gets them at once. Without a public address nothing is set aside.
 */

/** Later than every other pair has been tried; a virtual network between two homes may still need them. */
export const NEAR_MS = 300;

/** Private and link-local networks, those of carriers, and names that only the own network knows (RFC 1918, 4193, 4291, 6598, 8828). */
const NEAR = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab]|.*\.local$)/i;
/** Address, port and kind of a candidate (RFC 8839, section 5.1). */
const CANDIDATE = /^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ (\w+)/;

/** A description without those addresses, and they. */
export interface Parted {
  readonly sdp: string;
  readonly near: readonly RTCIceCandidateInit[];
}

export function setAside(sdp: string): Parted {
  if (publicAddresses(sdp).length === 0) return { sdp, near: [] };
  const near: RTCIceCandidateInit[] = [];
  let [index, mid, fragment] = [-1, "", ""];
  // Names of a medium may come below its addresses.
  const sections = sdp.split(/(?=^m=)/m).map((section) => {
    if (section.startsWith("m=")) index++;
    mid = section.match(/^a=mid:(\S+)/m)?.[1] ?? "";
    fragment = section.match(/^a=ice-ufrag:(\S+)/m)?.[1] ?? fragment;
    const kept = section.split("\r\n").filter((line) => {
      const [, address = "", kind] = line.match(CANDIDATE) ?? [];
      if (kind !== "host" || !NEAR.test(address)) return true;
      near.push({ candidate: line.slice(2), sdpMid: mid, sdpMLineIndex: index, usernameFragment: fragment });
      return false;
    });
    return kept.join("\r\n");
  });
  return { sdp: sections.join(""), near };
}

/** Whether the two may be on one network: behind the same public address, or without one that is known. */
export function mayBeNear(own: string, theirs: string): boolean {
  const ours = publicAddresses(own);
  return ours.length === 0 || publicAddresses(theirs).some((address) => ours.includes(address));
}

/** The addresses that STUN servers have seen. */
function publicAddresses(sdp: string): string[] {
  return sdp.split("\r\n").flatMap((line) => {
    const [, address, kind] = line.match(CANDIDATE) ?? [];
    return address && kind === "srflx" ? [address] : [];
  });
}
