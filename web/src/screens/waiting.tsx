/**
 * Waiting, for a stranger or for the other person of an invite: how long, what for, and the way out.
 */
import { useVideoChat } from "@callbox/client/react";
import { useState } from "preact/hooks";
import { Action } from "../components/action.js";
import { Block } from "../components/block.js";
import { ScreenFrame } from "../components/screen.js";
import { InviteLink } from "../components/invite-link.js";
import { Preview } from "../components/preview.js";
import { Refusal } from "../components/refusal.js";
import { clock, useSeconds } from "../components/seconds.js";
import { cancel, ownInvite, makeInvite, wasLeft } from "../page.js";
import { words } from "../messages.js";

/** A user without a shared interest is met after 3 s, one met before after 15 s: then there is nobody. */
const LONELY_S = 20;

export function Waiting() {
  const { state } = useVideoChat();
  const [begun] = useState(() => Date.now());
  const seconds = useSeconds(state.name === "queued" ? state.since : begun);
  const isInvite = state.name === "queued" && state.kind === "invite";
  const isLonely = !isInvite && seconds >= LONELY_S;
  const { title, lead, lonelyTitle, lonelyLead, inviteTitle, inviteLead, joinLead, elapsed, requeued, instead, cancel: cancelWord } = words.waiting;
  const url = isInvite ? ownInvite.value?.url : undefined;
  return (
    <ScreenFrame name="waiting" title={isInvite ? inviteTitle : isLonely ? lonelyTitle : title}>
      <Preview />
      <div class="side">
        <p class="lead">{url ? inviteLead : isInvite ? joinLead : isLonely ? lonelyLead : lead}</p>
        <p role="status">{wasLeft.value ? requeued : ""}</p>
        {url && <InviteLink url={url} isMain />}
        <p class="elapsed">
          <span class="pulse" aria-hidden="true" /> {elapsed(clock(seconds))}
        </p>
        <Refusal />
        {!isInvite && (
          <Action kind={isLonely ? "main" : "quiet"} onClick={makeInvite}>
            {instead}
          </Action>
        )}
        <button type="button" class="quiet" onClick={cancel}>
          {cancelWord}
        </button>
        {!isInvite && <Block />}
      </div>
    </ScreenFrame>
  );
}
