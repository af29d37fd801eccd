/**
 * Addresses of the other side that came before the description that they belong to, or after it was superseded.
 *
 * Each names its offer, and its connection if that is not the first. Those of older ones are thrown away; 64 are kept.
 */
export declare class KeptCandidates {
    #private;
    /** Some came. */
    handle(candidates: readonly unknown[]): void;
    /** The remote description of this offer is set. */
    handleDescription(offer: number): void;
    /** A new connection begins without one. */
    handleConnection(connection: number): void;
    /** Those that may be added now. */
    release(): unknown[];
}
