/**
 * Picture-in-picture: the other person in a small window above all others, and the switch for it.
 *
 * Offered if pages may open such a window. Firefox has a button of its own on every video, and no way for a page. A
 * window belongs to one call: it closes with it, so nobody is shown there unasked.
 */
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../messages.js";
import { used } from "../monitor.js";

export interface PictureInPicture {
  /** For the video that is to be shown in the window. */
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly isOn: boolean;
  /** Whether the browser would not open the window when last asked in this call. */
  readonly wasRefused: boolean;
  readonly toggle: () => void;
}

/** Follows one video from call to call. */
export function usePictureInPicture(call: string | null): PictureInPicture {
  const video = useRef<HTMLVideoElement>(null);
  const current = useRef<string | null>(null);
  const [isOn, setOn] = useState(false);
  const [wasRefused, setRefused] = useState(false);
  useEffect(() => {
    const element = video.current;
    current.current = call;
    const follow = () => {
      setOn(document.pictureInPictureElement === element);
      // Some browsers pause what was in a window that is closed; a call has no pause.
      if (element?.paused) element.play().catch(() => undefined);
    };
    element?.addEventListener("enterpictureinpicture", follow);
    element?.addEventListener("leavepictureinpicture", follow);
    return () => {
      current.current = null;
      element?.removeEventListener("enterpictureinpicture", follow);
      element?.removeEventListener("leavepictureinpicture", follow);
      setOn(false);
      setRefused(false);
      // A video that leaves the page takes no window with it.
      close(element);
    };
  }, [call]);
  const toggle = () => {
    const element = video.current;
    if (close(element)) return;
    setRefused(false);
    element?.requestPictureInPicture().then(
      // The call may have ended while the window opened.
      () => (current.current === call ? used("picture-in-picture") : close(element)),
      () => current.current === call && setRefused(true),
    );
  };
  return { video, isOn, wasRefused, toggle };
}

/** Whether there was a window of this video to be closed. */
function close(element: HTMLVideoElement | null): boolean {
  if (element === null || document.pictureInPictureElement !== element) return false;
  document.exitPictureInPicture().catch(() => undefined);
  return true;
}

/** Stays in its place while there is no picture yet, so that no other control moves under a finger. */
export function PictureInPictureSwitch({ isOn, toggle, isReady }: PictureInPicture & { isReady: boolean }) {
  if (!document.pictureInPictureEnabled) return null;
  const { label } = words.pictureInPicture;
  return (
    <button type="button" class="round small-window" aria-label={label} title={label} aria-pressed={isOn} aria-disabled={!isReady} onClick={() => isReady && toggle()}>
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <path d="M21 10V6a2 2 0 0 0-2-2H4a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h5" stroke="currentColor" stroke-width="2" stroke-linecap="round" fill="none" />
        <rect x="12" y="13" width="10" height="7" rx="1.5" fill="currentColor" />
      </svg>
    </button>
  );
}
