/**
 * The two switches: microphone and camera. Their names say what a press does.
 */
import { useVideoChat } from "@callbox/client/react";
import { toggleCamera, toggleMicrophone } from "../page.js";
import { words } from "../messages.js";

const microphone = "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3Zm6-3a6 6 0 0 1-12 0H4a8 8 0 0 0 7 7.9V22h2v-2.1A8 8 0 0 0 20 12Z";
const camera = "M3 7a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v3l5-3v10l-5-3v3a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2Z";

function Switch(props: { label: string; path: string; isOff: boolean; onClick: () => void }) {
  return (
    <button type="button" class={`round ${props.isOff ? "off" : ""}`} aria-label={props.label} title={props.label} onClick={props.onClick}>
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <path d={props.path} fill="currentColor" />
        {props.isOff && <path d="M4 3l17 17" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />}
      </svg>
    </button>
  );
}

export function TrackSwitches() {
  const { microphoneOn, cameraOn } = useVideoChat();
  const { mute, unmute, cameraOff, cameraOn: cameraOnWord } = words.call;
  return (
    <>
      <Switch label={microphoneOn ? mute : unmute} path={microphone} isOff={!microphoneOn} onClick={toggleMicrophone} />
      <Switch label={cameraOn ? cameraOff : cameraOnWord} path={camera} isOff={!cameraOn} onClick={toggleCamera} />
    </>
  );
}
