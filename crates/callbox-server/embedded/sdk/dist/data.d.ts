/**
 * `@callbox/client/data`: answers of the server in a cache that is kept current, for React and for Preact through `preact/compat`.
 */
export * from "./data/core.js";
export { useAccount, useIdentities, useLogins, usePartner, useProfile } from "./data/use-account.js";
export type { UseAccount, UseList, UseLogins, UseProfile } from "./data/use-account.js";
export { useBlocks, useCallHistory } from "./data/use-pages.js";
export type { UseBlocks, UsePages } from "./data/use-pages.js";
export { useCallboxData, useCallboxQuery } from "./data/use-query.js";
export type { CallboxQuery } from "./data/use-query.js";
