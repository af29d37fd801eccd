/**
 * Everything is set: how one looks, what one likes, and the way into a call.
 */
import { useVideoChat } from "@callbox/client/react";
import { Action } from "../parts/action.js";
import { FaceFrame } from "../parts/face.js";
import { InviteLink } from "../parts/invite-link.js";
import { Interests } from "../parts/interests.js";
import { Preview } from "../parts/preview.js";
import { Refusal } from "../parts/refusal.js";
import { invitedBy, joinInvite, makeInvite, ownInvite, seek, wantsInvite } from "../page.js";
import { words } from "../words.js";

export function Ready() {
  const { title, invitedTitle, join, find, invite, wait } = words.ready;
  const isInvited = invitedBy.value !== null;
  // The face of what was begun comes in a moment.
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
    <FaceFrame name="ready" title={isInvited ? invitedTitle : title}>
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
    </FaceFrame>
  );
}
