import type { CallboxError } from "../index.js";
import type { CallboxData, PathOptions } from "./core.js";
export interface CallboxQuery<Data> {
    /** `null` until it is there, and if nobody is signed in. */
    readonly data: Data | null;
    /** Nothing is there yet. */
    readonly isLoading: boolean;
    /** It is asked whether what is there is current. */
    readonly isFetching: boolean;
    /** Why it is not there, or not current; what was there is shown on. */
    readonly error: CallboxError | null;
    /** Asks again. */
    invalidate(): void;
}
/** The cache of the client above; `null` while the page is rendered ahead of time. */
export declare function useCallboxData(): CallboxData | null;
/** `path` is that of a `GET`, from `/v1/` on; `null` asks for nothing. */
export declare function useCallboxQuery<Data>(path: string | null, { ttl }?: PathOptions): CallboxQuery<Data>;
