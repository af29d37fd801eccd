/**
 * The state of a media connection as evidence for the call's record: how many addresses of each kind it had to try, and how far it came.
 * It draws no conclusion, and no address leaves the page.
 */
import type { CandidateCounts, Evidence } from "../generated/protocol.js";
import type { Peer } from "./environment.js";

/** The wire has a byte for each. */
const COUNT_MAX = 255;

export function evidenceOf(call: string, peer: Pick<Peer, "traces">): Evidence {
  const { local, remote, ice, dtls = "new", relayError } = peer.traces();
  return { call, gathered: kinds(local), received: kinds(remote), ...(relayError === 0 ? {} : { relay_error: relayError }), ice, dtls };
}

/** The candidates of a description, by kind. */
function kinds(sdp = ""): CandidateCounts {
  const of = (kind: string) => Math.min(COUNT_MAX, sdp.split(` typ ${kind}`).length - 1);
  return { host: of("host"), srflx: of("srflx"), relay: of("relay") };
}
