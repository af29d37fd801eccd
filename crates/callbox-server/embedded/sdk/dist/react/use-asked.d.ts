import type { CallboxClient, CallboxError } from "../index.js";
export interface Asked<Data> {
    /** `null` until it is there, and if nobody is signed in. */
    readonly data: Data | null;
    readonly isLoading: boolean;
    /** Why it is not there, or not current. */
    readonly error: CallboxError | null;
    /** Asks again; with `data`, takes that for the answer. */
    refresh(data?: Data): Promise<void>;
}
/** `ask` must not change between renders: define it outside the component. */
export declare function useAsked<Data>(ask: (client: CallboxClient) => Promise<Data>): Asked<Data>;
