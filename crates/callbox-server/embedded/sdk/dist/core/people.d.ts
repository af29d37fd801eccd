/**
 * What a client has to do with people beside calls, and loads when it is first used: a call needs none of it.
 */
export { makeAccount } from "./account.js";
export { makeHistory } from "./history.js";
export { makeProfile } from "./profile.js";
