/**
 * The few words that are put into the other side's description, which govern how we send to it.
 *
 * Nothing is ever taken out: browsers put lines there that we do not know. Without a line to put them into, nothing
 * happens.
 */
import type { PeerOptions, SessionDescription } from "../core/environment.js";

const PICTURES = /^(VP8|VP9|H264|AV1)\//;

/**
 * An offer that names its side's part in DTLS instead of leaving it open. A later one names it as it was agreed: Firefox chooses
 * anew, which the other side must refuse (RFC 8842, section 5.5: the part stays while the transport does). The first one
 * makes its sender the client: behind NATs the offerer is the first whose checks get through, and DTLS begins half a
 * round trip sooner.
 */
export function keepingPart(offer: string, own: SessionDescription | null, theirs: SessionDescription | null): string {
  const part = ({ sdp }: SessionDescription) => sdp?.match(/^a=setup:(active|passive)/m)?.[1];
  const answered = theirs?.type === "answer" ? part(theirs) : own?.type === "answer" ? { active: "passive", passive: "active" }[part(own) ?? ""] : undefined;
  return offer.replaceAll(/^a=setup:actpass/gm, `a=setup:${answered ?? "active"}`);
}

/**
 * Firefox leaves the old path as soon as a restart has found a new one. Chromium sends by the old one until it has been
 * silent for 2.5 s, so that long Firefox sees nothing.
 */
export const isOfFirefox = (sdp: string) => sdp.includes("\no=mozilla");

export function tuned(sdp: string, { startKbps, dtx }: PeerOptions): string {
  const lines = sdp.split("\r\n");
  const formats = new Map<string, string>();
  for (const line of lines) {
    const [, format, codec] = line.match(/^a=rtpmap:(\d+) (\S+)/) ?? [];
    if (!format || !codec) continue;
    if (codec.startsWith("opus/") && dtx) formats.set(format, "usedtx=1");
    // Chromium's own word: what it believes of the network before it has measured.
    else if (PICTURES.test(codec) && startKbps !== null) formats.set(format, `x-google-start-bitrate=${Math.round(startKbps)}`);
  }
  const withParameters = new Set(lines.map((line) => line.match(/^a=fmtp:(\d+) /)?.[1]));
  return lines
    .map((line) => {
      const [, kind, format] = line.match(/^a=(fmtp|rtpmap):(\d+) /) ?? [];
      const words = formats.get(format ?? "");
      if (!words) return line;
      if (kind === "fmtp") return line.includes(words.split("=")[0]!) ? line : `${line};${words}`;
      return withParameters.has(format) ? line : `${line}\r\na=fmtp:${format} ${words}`;
    })
    .join("\r\n");
}
