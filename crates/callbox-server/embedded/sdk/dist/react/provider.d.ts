import type { ReactNode } from "react";
import { CallboxClient } from "../index.js";
import type { ClientOptions } from "../index.js";
export interface CallboxProviderProps {
    /** A client of yours, which the provider leaves open; `null` if there is none yet. */
    client?: CallboxClient | null;
    /** For a client of the provider's own; read once. */
    options?: ConstructorParameters<typeof CallboxClient>[0] & ClientOptions;
    children?: ReactNode;
}
/** `undefined` outside a provider. */
export declare const ClientContext: import("react").Context<CallboxClient | null | undefined>;
export declare function CallboxProvider({ client, options, children }: CallboxProviderProps): import("react").FunctionComponentElement<import("react").ProviderProps<CallboxClient | null | undefined>>;
