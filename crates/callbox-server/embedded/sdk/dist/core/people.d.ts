/**
 * A client's requests about people beside calls, loaded when they are first used: a call needs none of them.
 */
export { makeAccount } from "./account.js";
export { makeHistory } from "./history.js";
export { makeProfile } from "./profile.js";
