/**
 * A typed emitter: the listeners of each event, and nothing else.
 *
 * A listener that throws does not keep the others from their event; its error is reported to the owner of the
 * emitter.
 */
export type Listener<Args extends unknown[]> = (...args: Args) => void;
/** Emits some of the events: for a part of the emitter's owner. */
export type Emit<Events extends {
    [name: string]: unknown[];
}, Names extends keyof Events> = <Name extends Names>(name: Name, ...args: Events[Name]) => void;
export declare class Emitter<Events extends {
    [name: string]: unknown[];
}> {
    #private;
    constructor(report: (error: unknown) => void);
    /** Listens until the returned function is called. */
    on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void;
    protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void;
}
