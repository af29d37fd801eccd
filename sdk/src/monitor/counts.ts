/**
 * What a browser counted on a connection, and what that says of the time between two looks.
 *
 * Pure. Coarser than the client's own meter, which looks each second and knows whether a picture stands.
 */
import { scoreOf } from "../core/quality.js";
import type { Reading } from "./course.js";

/** Counts since a connection was made. */
export interface Counts {
  packets: number;
  lost: number;
  jitterMs: number;
  roundTripMs: number;
  /** Whether its path leads through a relay. */
  isRelayed: boolean;
}

/** One entry of an `RTCStatsReport`, as far as we read it. Browsers leave different members out. */
export interface Entry {
  readonly type: string;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly jitter?: number;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
}

export function countsOf(report: ReadonlyMap<string, Entry>): Counts {
  const counts: Counts = { packets: 0, lost: 0, jitterMs: 0, roundTripMs: 0, isRelayed: false };
  report.forEach(({ type, packetsReceived = 0, packetsLost = 0, jitter = 0, nominated, currentRoundTripTime = 0, ...pair }) => {
    if (type === "inbound-rtp") {
      counts.packets += packetsReceived;
      counts.lost += packetsLost;
      counts.jitterMs = Math.max(counts.jitterMs, 1_000 * jitter);
    }
    if (nominated) {
      counts.roundTripMs = 1_000 * currentRoundTripTime;
      counts.isRelayed = [pair.localCandidateId, pair.remoteCandidateId].some((id) => report.get(id!)?.candidateType === "relay");
    }
  });
  return counts;
}

/** How it went between two looks. Packets that come late are counted back. */
export function between(before: Counts, { packets: came, lost: gone, jitterMs, roundTripMs }: Counts): Reading {
  const packets = came - before.packets;
  const lost = Math.max(0, gone - before.lost);
  const score = packets ? scoreOf({ packets, lost, jitterMs }, roundTripMs) : 0;
  return { level: !score ? "disconnected" : score > 80 ? "excellent" : score > 60 ? "good" : "poor", score, roundTripMs, jitterMs, lost, expected: packets + lost };
}
