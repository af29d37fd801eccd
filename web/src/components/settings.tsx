/**
 * Settings of a call: camera, microphone, speaker, saving data; before it and in it. In a call also the screen.
 *
 * A choice that the browser does not have is not offered: few phones share a screen, few browsers choose a speaker.
 */
import type { Device, InputKind } from "@callbox/client";
import { useDevices, useVideoChat } from "@callbox/client/react";
import { useState } from "preact/hooks";
import { isBusy, speaker, toggleDataSaver, toggleSharing, useInput } from "../page.js";
import { words } from "../messages.js";
import { Action } from "./action.js";
import { Dialog } from "./dialog.js";
import { Refusal } from "./refusal.js";
import { Report } from "./report.js";

const sliders = "M4 6h9m5 0h2M4 12h3m5 0h8M4 18h11m5 0h0M13 3.5v5M7 9.5v5M15 15.5v5";

export function SettingsButton({ isInCall }: { isInCall: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const { show } = words.settings;
  return (
    <>
      <button type="button" class="round" aria-label={show} title={show} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path d={sliders} stroke="currentColor" stroke-width="2" stroke-linecap="round" fill="none" />
        </svg>
      </button>
      {isOpen && (
        <Dialog title={show} onClose={() => setOpen(false)}>
          <Settings isInCall={isInCall} onDone={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

const canShare = () => "getDisplayMedia" in (navigator.mediaDevices ?? {});
const canChooseSpeaker = () => "setSinkId" in HTMLMediaElement.prototype;

function Settings({ isInCall, onDone }: { isInCall: boolean; onDone: () => void }) {
  const { cameras, microphones, speakers, camera, microphone } = useDevices();
  const { savesData, isSharing, match } = useVideoChat();
  const { camera: cameraWord, microphone: microphoneWord, speaker: speakerWord, saver, saverHint, share, stopSharing } = words.settings;
  const input = (kind: InputKind) => (id: string) => void useInput(kind, id);
  return (
    <div class="settings">
      <Choice name="camera" label={cameraWord} devices={cameras} value={camera} onChoose={input("camera")} />
      <Choice name="microphone" label={microphoneWord} devices={microphones} value={microphone} onChoose={input("microphone")} />
      {canChooseSpeaker() && <Choice name="speaker" label={speakerWord} devices={speakers} value={speaker.value || "default"} onChoose={(id) => (speaker.value = id)} />}
      <label class="check">
        <input type="checkbox" role="switch" checked={savesData} onChange={toggleDataSaver} aria-describedby="saver-hint" />
        {saver}
      </label>
      <p class="hint" id="saver-hint">
        {saverHint}
      </p>
      {isInCall && canShare() && (
        <Action kind="quiet" onClick={() => toggleSharing().then(onDone)}>
          {isSharing ? stopSharing : share}
        </Action>
      )}
      {isInCall && match?.kind === "random" && <Report />}
      <Refusal />
    </div>
  );
}

function Choice(props: { name: string; label: string; devices: readonly Device[]; value: string | null; onChoose: (id: string) => void }) {
  const { name, label, devices, value, onChoose } = props;
  if (devices.length === 0) return null;
  return (
    <>
      <label for={`choose-${name}`}>{label}</label>
      <select id={`choose-${name}`} value={value ?? ""} disabled={isBusy.value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {devices.map((device, index) => (
          <option key={device.id} value={device.id}>
            {device.label || `${label} ${index + 1}`}
          </option>
        ))}
      </select>
    </>
  );
}
