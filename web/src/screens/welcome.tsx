/**
 * The first screen: one click makes a guest. It is the one that is rendered ahead of time.
 */
import { Action } from "../components/action.js";
import { ScreenFrame } from "../components/screen.js";
import { Refusal } from "../components/refusal.js";
import { becomeGuest, invitedBy } from "../page.js";
import { words } from "../messages.js";

export function Welcome() {
  const { title, lead, invitedTitle, invitedLead, go } = words.welcome;
  const isInvited = invitedBy.value !== null;
  return (
    <ScreenFrame name="welcome" title={isInvited ? invitedTitle : title}>
      <p class="lead">{isInvited ? invitedLead : lead}</p>
      <Action kind="main" onClick={becomeGuest}>
        {go}
      </Action>
      <Refusal />
    </ScreenFrame>
  );
}
