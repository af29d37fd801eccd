/**
 * The media of a synthetic partner: a ball, a clock and a quiet tone, as a camera's and a microphone's tracks.
 *
 * Drawn by a timer, which continues, more slowly, while the page is in the background. A browser lets no page sound before
 * somebody has touched it; the tone begins then. One picture and one tone for each that was opened, until it is stopped.
 */
import type { LocalMedia } from "../core/environment.js";
import { CallboxError } from "../core.js";

const [WIDTH, HEIGHT] = [320, 240];
const BALL = 28;
const FRAMES_PER_SECOND = 15;
/** An octave below the tuning fork's, at a volume that one talks over. */
const TONE_HZ = 220;
const VOLUME = 0.03;
/** The events that a browser counts as somebody's touch. */
const TOUCHES = ["pointerdown", "keydown", "touchend"] as const;

export function openSyntheticMedia(): LocalMedia<MediaStream> {
  const [picture, stopPicture] = startPicture();
  const [tone, stopTone] = startTone();
  const stream = new MediaStream([...tone, ...picture]);
  const enable = (tracks: MediaStreamTrack[], on: boolean) => tracks.forEach((track) => (track.enabled = on));
  const refuse = () => Promise.reject(new CallboxError("media_missing", "A synthetic partner has no devices."));
  return {
    stream,
    hasMicrophone: tone.length > 0,
    hasCamera: true,
    isSharing: false,
    setMicrophone: (on) => enable(tone, on),
    setCamera: (on) => enable(picture, on),
    use: refuse,
    shareScreen: refuse,
    stopSharing: () => undefined,
    stop() {
      stopPicture();
      stopTone();
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

type Started = [tracks: MediaStreamTrack[], stop: () => void];

function startPicture(): Started {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  // Asked for before the stream: Firefox has none of a canvas without it.
  const context = canvas.getContext("2d");
  const draw = () => context && drawAt(context, performance.now() / 1_000);
  draw();
  const timer = setInterval(draw, 1_000 / FRAMES_PER_SECOND);
  return [canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks(), () => clearInterval(timer)];
}

function drawAt(context: CanvasRenderingContext2D, seconds: number): void {
  /** There and back again, once in so many seconds. */
  const swing = (period: number, from: number, to: number) => from + (to - from) * Math.abs(((seconds / period) % 2) - 1);
  context.fillStyle = `hsl(${(seconds * 20) % 360} 45% 35%)`;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = "#ffd34d";
  context.beginPath();
  context.arc(swing(2.3, BALL, WIDTH - BALL), swing(1.7, BALL, HEIGHT - BALL), BALL, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#ffffff";
  context.font = "bold 36px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(new Date().toLocaleTimeString(), WIDTH / 2, HEIGHT / 2);
}

function startTone(): Started {
  if (typeof AudioContext === "undefined") return [[], () => undefined];
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: TONE_HZ });
  const out = context.createMediaStreamDestination();
  oscillator.connect(new GainNode(context, { gain: VOLUME })).connect(out);
  oscillator.start();
  const resume = () => void context.resume().catch(() => undefined);
  for (const touch of TOUCHES) addEventListener(touch, resume);
  const stop = () => {
    for (const touch of TOUCHES) removeEventListener(touch, resume);
    void context.close();
  };
  return [out.stream.getAudioTracks(), stop];
}
