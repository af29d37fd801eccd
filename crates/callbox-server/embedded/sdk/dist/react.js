// src/react/provider.ts
import { createContext, createElement, useEffect, useRef, useState } from "react";
import { CallboxClient } from "./index.js";
var ClientContext = createContext(void 0);
function CallboxProvider({ client, options, children }) {
  const [own] = useState(() => client === void 0 && typeof document !== "undefined" ? new CallboxClient(options) : null);
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
      setTimeout(() => isMounted.current || own?.close());
    };
  }, [own]);
  return createElement(ClientContext.Provider, { value: client ?? own }, children);
}

// src/react/use-callbox.ts
import { useContext } from "react";
function useCallbox() {
  const client = useContext(ClientContext);
  if (client === void 0) throw new Error("Callbox's hooks need a <CallboxProvider> around them.");
  return client;
}

// src/react/use-callbox-event.ts
import { useEffect as useEffect2, useRef as useRef2 } from "react";
function useCallboxEvent(name, listener) {
  const client = useCallbox();
  const last = useRef2(listener);
  useEffect2(() => {
    last.current = listener;
  });
  useEffect2(() => client?.on(name, (...args) => last.current(...args)), [client, name]);
}

// src/react/use-snapshot.ts
import { useCallback, useRef as useRef3, useSyncExternalStore } from "react";
function useSnapshot(events, read4) {
  const client = useCallbox();
  const last = useRef3(null);
  const subscribe = useCallback(
    (onChange) => {
      const stops = events.map((name) => client?.on(name, onChange));
      return () => stops.forEach((stop) => stop?.());
    },
    [client, events]
  );
  const snapshot = () => {
    const now = read4(client);
    if (last.current === null || !isSame(last.current, now)) last.current = now;
    return last.current;
  };
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}
function isSame(one, other) {
  return Object.keys(one).every((name) => Object.is(one[name], other[name]));
}

// src/react/use-call-quality.ts
var EVENTS = ["quality"];
var read = (client) => ({ quality: client?.quality ?? null });
function useCallQuality() {
  return useSnapshot(EVENTS, read).quality;
}

// src/react/use-devices.ts
import { useEffect as useEffect3, useState as useState2 } from "react";
var EVENTS2 = ["tracks", "local-stream"];
var NONE = [];
function read2(client) {
  const id = (tracks) => tracks?.[0]?.getSettings().deviceId ?? null;
  const stream = client?.localStream;
  return { camera: id(stream?.getVideoTracks()), microphone: id(stream?.getAudioTracks()) };
}
function useDevices() {
  const client = useCallbox();
  const [devices, setDevices] = useState2(NONE);
  useEffect3(() => void client?.devices().then(setDevices), [client]);
  useCallboxEvent("devices", setDevices);
  const ofKind = (kind) => devices.filter((device) => device.kind === kind);
  return {
    cameras: ofKind("camera"),
    microphones: ofKind("microphone"),
    speakers: ofKind("speaker"),
    ...useSnapshot(EVENTS2, read2),
    useDevice: async (device) => client?.useDevice(device)
  };
}

// src/react/use-stream.ts
import { useCallback as useCallback2 } from "react";
function useStream(stream) {
  return useCallback2(
    (element) => {
      if (element && element.srcObject !== stream) element.srcObject = stream;
    },
    [stream]
  );
}

// src/react/use-video-chat.ts
import { useMemo } from "react";
import { CallboxError, matchOf } from "./index.js";
var ACTIONS = [
  "signIn",
  "setAge",
  "startMedia",
  "stopMedia",
  "seek",
  "join",
  "cancel",
  "next",
  "hangUp",
  "dismiss",
  "sendChat",
  "setMicrophone",
  "setCamera",
  "setDataSaver",
  "shareScreen",
  "stopSharing",
  "createInvite",
  "block",
  "report",
  "rate"
];
var EVENTS3 = ["state", "signaling", "user", "local-stream", "remote-stream", "tracks", "media", "chat"];
var IDLE = { name: "idle" };
var NO_LINES = [];
function read3(client) {
  return {
    state: client?.state ?? IDLE,
    match: client && matchOf(client.state),
    signaling: client?.signaling ?? "offline",
    user: client?.user ?? null,
    localStream: client?.localStream ?? null,
    remoteStream: client?.remoteStream ?? null,
    microphoneOn: client?.microphoneOn ?? true,
    cameraOn: client?.cameraOn ?? true,
    isSharing: client?.isSharing ?? false,
    savesData: client?.savesData ?? false,
    mediaState: client?.mediaState ?? "flowing",
    chat: client?.chat ?? NO_LINES
  };
}
function useVideoChat() {
  const client = useCallbox();
  const actions = useMemo(() => Object.fromEntries(ACTIONS.map((name) => [name, bound(client, name)])), [client]);
  return { ...useSnapshot(EVENTS3, read3), ...actions };
}
function bound(client, name) {
  if (client) return client[name].bind(client);
  return () => {
    throw new CallboxError("wrong_state", `\`${name}\` needs a browser.`);
  };
}
export {
  CallboxProvider,
  useCallQuality,
  useCallbox,
  useCallboxEvent,
  useDevices,
  useStream,
  useVideoChat
};
