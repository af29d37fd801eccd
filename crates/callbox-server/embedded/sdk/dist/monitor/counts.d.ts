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
export declare function countsOf(report: ReadonlyMap<string, Entry>): Counts;
/** How it went between two looks. Packets that come late are counted back. */
export declare function between(before: Counts, { packets: came, lost: gone, jitterMs, roundTripMs }: Counts): Reading;
