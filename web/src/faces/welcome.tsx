/**
 * The first face: one click makes a guest. It is the one that is rendered ahead of time.
 */
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { Refusal } from "../parts/refusal.js";
import { becomeGuest, invitedBy } from "../page.js";
import { words } from "../words.js";

export function Welcome() {
  const { title, lead, invitedTitle, invitedLead, go } = words.welcome;
  const isInvited = invitedBy.value !== null;
  return (
    <FaceFrame name="welcome" title={isInvited ? invitedTitle : title}>
      <p class="lead">{isInvited ? invitedLead : lead}</p>
      <Action kind="main" onClick={becomeGuest}>
        {go}
      </Action>
      <Refusal />
    </FaceFrame>
  );
}
