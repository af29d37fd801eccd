/**
 * The call, from the match on: the other person large, oneself small, the controls and the chat.
 *
 * The screen is kept awake while it lasts.
 */
import { ChatButton, ChatPanel } from "../parts/chat.js";
import { FaceFrame } from "../parts/face.js";
import { TrackSwitches } from "../parts/tracks.js";
import { Video } from "../parts/video.js";
import { useWakeLock } from "../parts/wake.js";
import { callState, hangUp, isInterrupted, localStream, next, remoteStream } from "../session.js";
import { words } from "../words.js";

export function CallFace() {
  useWakeLock();
  const state = callState.value;
  const match = state.name === "matched" || state.name === "connecting" || state.name === "connected" ? state.match : null;
  const { title, other, you, matched, connecting, interrupted, metBefore, shared, next: nextWord, leave, controls } = words.call;
  const status = state.name === "matched" ? matched : state.name === "connecting" ? connecting : isInterrupted.value ? interrupted : "";
  return (
    <FaceFrame name="call" title={title} isTitleHidden>
      <Video stream={remoteStream.value} label={other} isOwn={false} />
      <div class="notes" role="status">
        {status && <p class="note status">{status}…</p>}
        {match?.metBefore && <p class="note">{metBefore}</p>}
        {match && match.sharedInterests.length > 0 && <p class="note">{shared(match.sharedInterests.join(", "))}</p>}
      </div>
      <Video stream={localStream.value} label={you} isOwn />
      <ChatPanel />
      <div class="controls" role="group" aria-label={controls}>
        <TrackSwitches />
        <ChatButton />
        {match?.kind === "random" && (
          <button type="button" class="pill" onClick={next}>
            {nextWord}
          </button>
        )}
        <button type="button" class="pill danger" onClick={hangUp}>
          {leave}
        </button>
      </div>
    </FaceFrame>
  );
}
