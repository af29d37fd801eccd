/**
 * The own picture before a call, with its switches.
 */
import { useVideoChat } from "@callbox/client/react";
import { words } from "../messages.js";
import { SettingsButton } from "./settings.js";
import { TrackSwitches } from "./tracks.js";
import { Video } from "./video.js";

export function Preview() {
  const { localStream, cameraOn } = useVideoChat();
  return (
    <div class="preview">
      <Video stream={localStream} label={words.call.you} isOwn />
      {!cameraOn && <p class="no-picture">{words.call.noPicture}</p>}
      <div class="switches">
        <TrackSwitches />
        <SettingsButton isInCall={false} />
      </div>
    </div>
  );
}
