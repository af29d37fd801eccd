/**
 * Errors in words, by their code: one table for all pages. Some codes mean another thing to somebody who is about
 * to be called than around an account. The server itself says what is wrong with typed text.
 */
import type { CallboxErrorCode } from "@callbox/client";

/** `too_often`: a limit that, unlike that of matching, no waiting by itself resolves. */
export type FaultCode = CallboxErrorCode | "too_often";

type Sentences = Partial<Record<FaultCode, string>>;

const TOO_OFTEN = "That was too often in a short time. Please try again later.";
const OTHER = "That did not work. Please try again.";

/** Around accounts. */
const accountFaults: Sentences = {
  network: "The server cannot be reached. Please try again in a moment.",
  unavailable: "The server has much to do. Please try again in a moment.",
  storage_full: "The server has no room to keep this. Please tell whoever runs it.",
  rate_limited: TOO_OFTEN,
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
};

/** Around the camera, whose screen has a title for each. */
const cameraFaults: Partial<Record<FaultCode, { readonly title: string; readonly text: string }>> = {
  media_denied: {
    title: "Camera and microphone were not allowed",
    text: "Allow both for this page, with the sign beside the address or in the browser's settings, and try again.",
  },
  media_missing: { title: "No camera was found", text: "Plug a camera and a microphone in and try again, or go on with a microphone alone." },
  media_busy: { title: "Your camera is in use", text: "Another program uses your camera. Close it there and try again." },
  media_unsupported: { title: "The camera cannot be opened here", text: "Calls need a current browser, and HTTPS in the address." },
};

/** Around calls. */
const callFaults: Sentences = {
  media_unplugged: "Your camera or microphone was unplugged. Plug it in, or choose another in the settings.",
  chat_uncertain: "The connection was interrupted: your last line may not have arrived.",
  invite_invalid: "This invite does not work: it has ended, two people are in it already, or it is your own in another tab.",
  rate_limited: "That was quick. You go on in a moment.",
  too_often: TOO_OFTEN,
  on_hold: "Several people have complained. Until a moderator has looked, you can call by invite only.",
  unauthenticated: "The server does not know you any more. Reload the page and begin again.",
  conflict: "The age question was answered differently before. Reload the page.",
};

export function accountFault(code: FaultCode): string {
  return accountFaults[code] ?? OTHER;
}

export function cameraFault(code: FaultCode): { readonly title: string; readonly text: string } | null {
  return cameraFaults[code] ?? null;
}

export function callFault(code: FaultCode): string {
  return callFaults[code] ?? cameraFaults[code]?.text ?? OTHER;
}
