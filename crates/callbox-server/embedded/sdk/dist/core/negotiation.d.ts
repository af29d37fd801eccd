import type { MediaState } from "./flow.js";
import type { Ask, Counts, NegotiationAction, Numbered } from "./offers.js";
export declare class Negotiation {
    #private;
    /** `wordMs`: how long the caller waits for the callee's word before it makes a restart. */
    constructor(side: "caller" | "callee", now: number, { offer, connection }?: Counts, wordMs?: number);
    get counts(): Counts;
    /** The next action, in order; `null` when nothing is left. */
    nextAction(): NegotiationAction | null;
    /** The caller makes the first offer. */
    handleStart(now: number): void;
    /** The first offer is with the other side already: it travelled with the match. */
    handleParked(offer: number, now: number): void;
    /** The first offer travelled with the match, and its connection is no more. */
    handleStale(offer: number, now: number): void;
    /** This page continues a call: its peer connections went with the page before. */
    handleReturn(now: number): void;
    handleOffer(description: Numbered | null): void;
    handleAnswer(description: Numbered | null, now: number): void;
    handleAnswered(offer: number, now: number): void;
    handleCandidates(candidates: readonly unknown[]): void;
    /** The callee wants another offer. */
    handleAsk({ after, replace, lost }: Ask, now: number): void;
    /** Another search for paths is wanted, though nothing is wrong. */
    handleReveal(now: number): void;
    /** Whether what is sent now arrives. */
    handleSure(isSure: boolean, now: number): void;
    /** The other side's socket is lost, or is there again. */
    handlePeer(isHere: boolean, now: number): void;
    /** The session was lost: so may be what was sent, and what was on its way to us. */
    handleLost(now: number): void;
    /** A restart takes these two browsers longer than a new connection. The caller knows it from the first answer on. */
    handleSlowRestarts(): void;
    /** ICE and DTLS of the newest connection are done. */
    handleConnected(now: number): void;
    /** Our network became another. What stopped just before, or stops soon after, is because of that. */
    handleNetwork(now: number): void;
    /** The other side's media have another state. */
    handleMedia(media: MediaState, now: number): void;
    /** A step failed in the browser: that connection is of no use any more. */
    handleBroken(now: number): void;
    /** Time has passed; to be called some times a second. */
    handleTime(now: number): void;
}
