/**
 * What went wrong, in words: for the pages around accounts. What is wrong with something typed the server says itself.
 */
export const faults: Partial<Record<string, string>> & { other: string } = {
  network: "The server cannot be reached. Please try again in a moment.",
  unavailable: "The server has much to do. Please try again in a moment.",
  storage_full: "The server has no room to keep this. Please tell whoever runs it.",
  rate_limited: "That was too often in a short time. Please try again later.",
  unauthenticated: "You are signed out. Please sign in again.",
  wrong_credentials: "This address and password do not belong together.",
  slowed_down: "Too many passwords were tried for this account. Wait a while, or ask for a link by mail: it signs you in at once.",
  password_needed: "The current password is not right.",
  proof_required: "This needs a proof that the account is yours.",
  token_invalid: "This link was used already, or is too old.",
  oidc_ended: "This sign-in was begun elsewhere, was used already, or took too long. Please begin again.",
  oidc_failed: "The other service cannot be reached, or did not say who you are. Please try again later, or sign in another way.",
  oidc_unverified: "The other service has not verified your e-mail address. Verify it there, or sign in another way.",
  banned: "A moderator has banned you. You cannot use this service at the moment.",
  forbidden: "You may not do this.",
  not_found: "It is not there any more.",
  other: "That did not work. Please try again.",
};
