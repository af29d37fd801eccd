/**
 * Lets the browser's own controls reach the call while it lasts: those in the small window of picture-in-picture, and on
 * some systems those of the keyboard or the headset.
 *
 * No browser knows all of these actions, and some know none: the call's own controls do the same.
 */
import { useVideoChat } from "@callbox/client/react";
import { useEffect } from "preact/hooks";
import { hangUp, toggleCamera, toggleMicrophone } from "../page.js";

const actions = { togglemicrophone: toggleMicrophone, togglecamera: toggleCamera, hangup: hangUp };

export function useMediaSession(): void {
  const { microphoneOn, cameraOn } = useVideoChat();
  useEffect(() => {
    for (const [action, act] of Object.entries(actions)) handle(action, act);
    return () => {
      for (const action of Object.keys(actions)) handle(action, null);
    };
  }, []);
  useEffect(() => tell("setMicrophoneActive", microphoneOn), [microphoneOn]);
  useEffect(() => tell("setCameraActive", cameraOn), [cameraOn]);
}

function handle(action: string, act: (() => void) | null): void {
  try {
    // TypeScript's list of actions ends before those of calls.
    navigator.mediaSession?.setActionHandler(action as MediaSessionAction, act);
  } catch {
    // This browser does not know the action, and says so by throwing.
  }
}

/** Sets the state that the controls should show. Older browsers return no promise. */
function tell(method: "setMicrophoneActive" | "setCameraActive", isOn: boolean): void {
  Promise.resolve(navigator.mediaSession?.[method]?.(isOn)).catch(() => undefined);
}
