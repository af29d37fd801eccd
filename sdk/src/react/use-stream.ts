/**
 * Shows a stream in a video element.
 */
import { useCallback } from "react";

/** For an element's `ref`: `<video ref={useStream(remoteStream)} autoPlay playsInline />`. */
export function useStream(stream: MediaStream | null): (element: HTMLMediaElement | null) => void {
  return useCallback(
    (element: HTMLMediaElement | null) => {
      if (element && element.srcObject !== stream) element.srcObject = stream;
    },
    [stream],
  );
}
