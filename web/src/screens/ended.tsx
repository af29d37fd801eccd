/**
 * After a call: why it ended, and what one can do now.
 */
import { useVideoChat } from "@callbox/client/react";
import { Action } from "../components/action.js";
import { Block } from "../components/block.js";
import { ScreenFrame } from "../components/screen.js";
import { Rating } from "../components/rating.js";
import { Refusal } from "../components/refusal.js";
import { back, invitedBy, joinInvite, ownInvite, seek } from "../page.js";
import { words } from "../messages.js";

export function Ended() {
  const { state } = useVideoChat();
  const { title, causes, again, rejoin, back: backWord } = words.ended;
  const cause = state.name === "ended" && state.reason.cause !== "signaling_lost" ? causes[state.reason.cause] : null;
  const by = state.name === "ended" && state.reason.by === "me" ? "me" : "peer";
  const hasInvite = invitedBy.value !== null || ownInvite.value !== null;
  return (
    <ScreenFrame name="ended" title={title}>
      <p class="lead">{cause?.[by]}</p>
      <div class="choices">
        {hasInvite && (
          <Action kind="main" onClick={joinInvite}>
            {rejoin}
          </Action>
        )}
        <Action kind={hasInvite ? "quiet" : "main"} onClick={seek}>
          {again}
        </Action>
        <button type="button" class="quiet" onClick={back}>
          {backWord}
        </button>
      </div>
      <Rating />
      <Block />
      <Refusal />
    </ScreenFrame>
  );
}
