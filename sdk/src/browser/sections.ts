/**
 * Takes some parts of the other side's description: the first picture, the first sound, the first channel for data.
 *
 * Each further part would cost a decoder or an encoder of ours, and the other side may name any number of them. The rest is
 * refused as the standard says (RFC 8829, section 5.3.1: port 0), and so are several sizes of one picture, which we would
 * encode each.
 */

const TAKEN = ["audio", "video", "application"];
/** Refused parts cost the browser time as well; no browser of a call for two names more than three. */
const PARTS_MAX = 32;

export function firstOfEach(sdp: string): string {
  const [session = "", ...parts] = sdp.split(/^(?=m=)/m);
  if (parts.length > PARTS_MAX) throw new Error(`a description of more than ${PARTS_MAX} parts`);
  const seen = new Set<string>();
  const refused = new Set<string>();
  const kept = parts.map((part) => {
    const kind = part.match(/^m=(\S+)/)?.[1] ?? "";
    const isRefused = /^m=\S+ 0 /.test(part) && !/^a=bundle-only/m.test(part);
    if (isRefused) return part;
    if (TAKEN.includes(kind) && !seen.has(kind)) {
      seen.add(kind);
      return part.replaceAll(/^a=(simulcast|rid):.*(\r\n|\n|$)/gm, "");
    }
    refused.add(part.match(/^a=mid:(\S+)/m)?.[1] ?? "");
    return part.replace(/^(m=\S+) \d+/, "$1 0").replaceAll(/^a=bundle-only(\r\n|\n|$)/gm, "");
  });
  const bundle = (line: string) =>
    line
      .split(" ")
      .filter((mid) => !refused.has(mid))
      .join(" ");
  return session.replaceAll(/^a=group:BUNDLE.*/gm, bundle) + kept.join("");
}
