/**
 * Cameras, microphones and speakers, those in use, and how to take another.
 */
import { useEffect, useState } from "react";
import type { CallboxClient, Device } from "../index.js";
import { useCallbox } from "./use-callbox.js";
import { useCallboxEvent } from "./use-callbox-event.js";
import { useSnapshot } from "./use-snapshot.js";

export interface Devices {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  /** The ids of those in use; `null` if none is. */
  readonly camera: string | null;
  readonly microphone: string | null;
  /** Takes another, also in mid-call. */
  useDevice: CallboxClient["useDevice"];
}

const EVENTS = ["tracks", "local-stream"] as const;
const NONE: readonly Device[] = [];

function read(client: CallboxClient | null) {
  const id = (tracks: MediaStreamTrack[] | undefined) => tracks?.[0]?.getSettings().deviceId ?? null;
  const stream = client?.localStream;
  return { camera: id(stream?.getVideoTracks()), microphone: id(stream?.getAudioTracks()) };
}

export function useDevices(): Devices {
  const client = useCallbox();
  const [devices, setDevices] = useState(NONE);
  useEffect(() => void client?.devices().then(setDevices), [client]);
  useCallboxEvent("devices", setDevices);
  const ofKind = (kind: Device["kind"]) => devices.filter((device) => device.kind === kind);
  return {
    cameras: ofKind("camera"),
    microphones: ofKind("microphone"),
    speakers: ofKind("speaker"),
    ...useSnapshot(EVENTS, read),
    useDevice: async (device) => client?.useDevice(device),
  };
}
