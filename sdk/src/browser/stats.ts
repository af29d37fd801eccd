/**
 * A browser's counts of a peer connection, read into the core's few figures. Browsers leave different ones out.
 */
import type { Flow, Inbound, Reading } from "../core/environment.js";
import type { CandidateKind, Path } from "../generated/protocol.js";

/** One entry of `RTCStatsReport`; which members it has depends on its type and on the browser. */
type Stats = Record<string, unknown> & { id: string; type: string };

/** The last report on a picture that is not sent any more stays for ever, and says nothing of today. */
const REPORT_MS_MAX = 10_000;

async function all(connection: RTCPeerConnection): Promise<Map<string, Stats>> {
  const stats = new Map<string, Stats>();
  (await connection.getStats()).forEach((one: Stats) => stats.set(one.id, one));
  return stats;
}

const figure = (stats: Stats | undefined, name: string) => Number(stats?.[name] ?? 0);
const sum = (list: Stats[], name: string) => list.reduce((total, stats) => total + figure(stats, name), 0);
const ofType = (stats: Map<string, Stats>, type: string) => [...stats.values()].filter((one) => one.type === type);

/** The media that have come so far, of which so many frames were `presented`; `null` if nothing ever did. */
export async function flow(connection: RTCPeerConnection, presented: number | null): Promise<Flow | null> {
  const stats = await all(connection);
  const came = ofType(stats, "inbound-rtp").filter((one) => figure(one, "packetsReceived") > 0);
  if (came.length === 0) return null;
  // With feedback on what we send, if the browser counts it.
  const bytes = Math.max(sum(ofType(stats, "transport"), "bytesReceived"), sum(came, "bytesReceived"));
  return {
    bytes,
    hasPath: connection.connectionState === "connected",
    decoded: sum(came, "framesDecoded"),
    presented,
    packets: sum(
      came.filter((one) => one["kind"] === "audio"),
      "packetsReceived",
    ),
    samples: sum(came, "totalSamplesReceived") - sum(came, "concealedSamples"),
  };
}

export async function reading(connection: RTCPeerConnection): Promise<Reading> {
  const stats = await all(connection);
  const pair = selectedPair(stats);
  const now = Math.max(...[...stats.values()].map((one) => figure(one, "timestamp")));
  const theirs = ofType(stats, "remote-inbound-rtp").filter((one) => figure(one, "timestamp") > now - REPORT_MS_MAX);
  const known = (value: unknown, factor: number) => (typeof value === "number" ? value * factor : null);
  const roundTrips = theirs.map((one) => known(one["roundTripTime"], 1_000)).filter((ms) => ms !== null);
  return {
    // Firefox says 0 of a pair that it never measured.
    roundTripMs: known(pair?.["currentRoundTripTime"] || undefined, 1_000) ?? roundTrips[0] ?? null,
    availableKbps: known(pair?.["availableOutgoingBitrate"], 1 / 1_000),
    receivedBytes: sum(ofType(stats, "inbound-rtp"), "bytesReceived"),
    sentBytes: sum(ofType(stats, "outbound-rtp"), "bytesSent"),
    sound: inbound(stats, "audio"),
    picture: inbound(stats, "video"),
    lostThere: Math.max(0, ...theirs.map((one) => figure(one, "fractionLost"))),
  };
}

/** Whether the other side's first frame was decoded, and whether its sound alone comes. */
export async function firstFrame(connection: RTCPeerConnection): Promise<{ isDecoded: boolean; isSoundAlone: boolean }> {
  const inbound = ofType(await all(connection), "inbound-rtp");
  const comes = (kind: string) => inbound.some((one) => one["kind"] === kind && figure(one, "packetsReceived") > 0);
  return { isDecoded: inbound.some((one) => figure(one, "framesDecoded") > 0), isSoundAlone: comes("audio") && !comes("video") };
}

/** The kinds of the selected pair's two candidates. */
export async function path(connection: RTCPeerConnection): Promise<Path | null> {
  const stats = await all(connection);
  const pair = selectedPair(stats);
  const kind = (id: unknown) => stats.get(String(id))?.["candidateType"] as CandidateKind | undefined;
  const [local, remote] = [kind(pair?.["localCandidateId"]), kind(pair?.["remoteCandidateId"])];
  return local && remote ? { local, remote } : null;
}

function selectedPair(stats: Map<string, Stats>): Stats | undefined {
  const transport = ofType(stats, "transport")[0];
  const pairs = ofType(stats, "candidate-pair");
  // Firefox has no transport there, and marks the pair instead.
  return stats.get(String(transport?.["selectedCandidatePairId"])) ?? pairs.find((pair) => pair["selected"] === true);
}

function inbound(stats: Map<string, Stats>, kind: string): Inbound | null {
  const streams = ofType(stats, "inbound-rtp").filter((one) => one["kind"] === kind);
  if (streams.length === 0) return null;
  return {
    packets: sum(streams, "packetsReceived"),
    lost: sum(streams, "packetsLost"),
    jitterMs: 1_000 * Math.max(...streams.map((one) => figure(one, "jitter"))),
    freezes: sum(streams, "freezeCount"),
    freezeMs: 1_000 * sum(streams, "totalFreezesDuration"),
  };
}
