/**
 * Everything is set: how one looks, what one likes, and the way into a call.
 */
import { useVideoChat } from "@callbox/client/react";
import { Action } from "../components/action.js";
import { ScreenFrame } from "../components/screen.js";
import { InviteLink } from "../components/invite-link.js";
import { Interests } from "../components/interests.js";
import { Preview } from "../components/preview.js";
import { Refusal } from "../components/refusal.js";
import { invitedBy, joinInvite, makeInvite, ownInvite, seek, wantsInvite } from "../page.js";
import { words } from "../messages.js";

export function Ready() {
  const { title, invitedTitle, join, find, invite, wait } = words.ready;
  const isInvited = invitedBy.value !== null;
  // The screen of what was begun comes in a moment.
  const isDisabled = useVideoChat().state.name !== "media-ready";
  const meet = (
    <Action key="meet" kind={isInvited || wantsInvite.value ? "quiet" : "main"} isDisabled={isDisabled} onClick={seek}>
      {find}
    </Action>
  );
  const make = (
    <Action key="make" kind={wantsInvite.value ? "main" : "quiet"} isDisabled={isDisabled} onClick={makeInvite}>
      {ownInvite.value !== null ? wait : invite}
    </Action>
  );
  return (
    <ScreenFrame name="ready" title={isInvited ? invitedTitle : title}>
      <Preview />
      <div class="side">
        {isInvited ? (
          <Action kind="main" isDisabled={isDisabled} onClick={joinInvite}>
            {join}
          </Action>
        ) : (
          !wantsInvite.value && <Interests />
        )}
        {wantsInvite.value && ownInvite.value !== null && <InviteLink url={ownInvite.value.url} isMain={false} />}
        <Refusal />
        {wantsInvite.value ? [make, meet] : isInvited ? meet : [meet, make]}
      </div>
    </ScreenFrame>
  );
}
