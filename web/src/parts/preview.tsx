/**
 * The own picture before a call, with its switches.
 */
import { localStream } from "../session.js";
import { words } from "../words.js";
import { TrackSwitches } from "./tracks.js";
import { Video } from "./video.js";

export function Preview() {
  return (
    <div class="preview">
      <Video stream={localStream.value} label={words.call.you} isOwn />
      <div class="switches">
        <TrackSwitches />
      </div>
    </div>
  );
}
