/**
 * The call's clock, and how the call goes: bars for the eye, a word for everybody.
 */
import { useCallQuality, useVideoChat } from "@callbox/client/react";
import { words } from "../messages.js";
import { clock, useSeconds } from "./seconds.js";

const bars = { excellent: 4, good: 3, poor: 1, frozen: 0, disconnected: 0 } as const;

export function Quality({ since }: { since: number }) {
  const level = useCallQuality()?.level;
  const seconds = useSeconds(since);
  const { levels, duration } = words.quality;
  return (
    <p class="quality">
      <time aria-label={duration} role="timer">
        {clock(seconds)}
      </time>
      {level && (
        <span class={`mark-${level}`}>
          <svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">
            {[0, 1, 2, 3].map((bar) => (
              <rect key={bar} x={bar * 5} y={12 - bar * 4} width="4" height={4 + bar * 4} rx="1" fill="currentColor" opacity={bar < bars[level] ? 1 : 0.3} />
            ))}
          </svg>
          {levels[level]}
        </span>
      )}
    </p>
  );
}

/** Notes on pictures left out because the network cannot carry them. Two without cameras miss no picture. */
export function PictureNotes() {
  const quality = useCallQuality();
  const { cameraOn, isSharing, peer } = useVideoChat();
  const { noneSent, noneReceived } = words.quality;
  if (quality === null || quality.level === "disconnected") return null;
  return (
    <>
      {!quality.sendsPicture && (cameraOn || isSharing) && <p class="note">{noneSent}</p>}
      {!quality.receivesPicture && (cameraOn || peer.picture === "camera") && <p class="note">{noneReceived}</p>}
    </>
  );
}
