/**
 * Steps of a browser's negotiation, done one after another: each takes its time. None is done before the beginning.
 */
export declare class Steps {
    #private;
    constructor(onFailed: (error: unknown) => void);
    /** The steps so far, and those to come, are done from now on. */
    begin(): void;
    add(step: () => Promise<void>): void;
}
