/**
 * The call, from the match on: the other person large, oneself small, the controls and the chat.
 *
 * The screen is kept awake while it lasts.
 */
import type { CallState, MediaState } from "@callbox/client";
import { useVideoChat } from "@callbox/client/react";
import { ChatButton, ChatPanel } from "../components/chat.js";
import { ScreenFrame } from "../components/screen.js";
import { useMediaSession } from "../components/media-session.js";
import { PictureInPictureSwitch, usePictureInPicture } from "../components/picture-in-picture.js";
import { PictureNotes, Quality } from "../components/quality.js";
import { SettingsButton } from "../components/settings.js";
import { TrackSwitches } from "../components/tracks.js";
import { Video } from "../components/video.js";
import { useWakeLock } from "../components/wake.js";
import { hangUp, next, problem } from "../page.js";
import { Within } from "../components/within.js";
import { callFault } from "../messages/faults.js";
import { words } from "../messages.js";

/** The reason why the call is held up, in words; empty if there is none. */
function statusOf(state: CallState["name"], media: MediaState, isPeerHere: boolean): string {
  const { matched, connecting, interrupted, frozen, away } = words.call;
  if (state === "matched") return matched;
  if (!isPeerHere && (state === "connecting" || media === "interrupted")) return away;
  if (state === "connecting") return connecting;
  return { flowing: "", frozen, interrupted }[media];
}

export function CallScreen() {
  useWakeLock();
  useMediaSession();
  const { state, match, mediaState, peer, localStream, remoteStream, isSharing } = useVideoChat();
  const pictureInPicture = usePictureInPicture(match?.call ?? null);
  const { title, other, you, metBefore, shared, next: nextWord, leave, controls } = words.call;
  const status = statusOf(state.name, mediaState, peer.isHere);
  return (
    <ScreenFrame name="call" title={title} isTitleHidden>
      <Video stream={remoteStream} label={other} isOwn={false} element={pictureInPicture.video} />
      {state.name === "connected" && <Quality since={state.since} />}
      <div class="notes" role="status">
        {status && <p class="note status">{status}…</p>}
        {match?.metBefore && <p class="note">{metBefore}</p>}
        {match && match.sharedInterests.length > 0 && (
          <p class="note">
            <Within sentence={shared}>{match.sharedInterests.join(", ")}</Within>
          </p>
        )}
        {problem.value === "media_unplugged" && <p class="note">{callFault(problem.value)}</p>}
        {isSharing && <p class="note">{words.settings.sharing}</p>}
        {pictureInPicture.wasRefused && <p class="note">{words.pictureInPicture.refused}</p>}
        {!status && <PictureNotes />}
      </div>
      <Video stream={localStream} label={you} isOwn isScreen={isSharing} />
      <ChatPanel />
      <div class="controls" role="group" aria-label={controls}>
        <TrackSwitches />
        <PictureInPictureSwitch {...pictureInPicture} isReady={state.name === "connected"} />
        <ChatButton />
        <SettingsButton isInCall />
        {match?.kind === "random" && (
          <button type="button" class="pill" onClick={next}>
            {nextWord}
          </button>
        )}
        <button type="button" class="pill danger" onClick={hangUp}>
          {leave}
        </button>
      </div>
    </ScreenFrame>
  );
}
