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

// src/react/use-asked.ts
import { useCallback as useCallback2, useEffect as useEffect2, useRef as useRef3, useState as useState2 } from "react";

// src/react/use-callbox.ts
import { useContext } from "react";
function useCallbox() {
  const client = useContext(ClientContext);
  if (client === void 0) throw new Error("Callbox's hooks need a <CallboxProvider> around them.");
  return client;
}

// src/react/use-snapshot.ts
import { useCallback, useRef as useRef2, useSyncExternalStore } from "react";
function useSnapshot(events, read5) {
  const client = useCallbox();
  const last = useRef2(null);
  const subscribe = useCallback(
    (onChange) => {
      const stops = events.map((name) => client?.on(name, onChange));
      return () => stops.forEach((stop) => stop?.());
    },
    [client, events]
  );
  const snapshot = () => {
    const now = read5(client);
    if (last.current === null || !isSame(last.current, now)) last.current = now;
    return last.current;
  };
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}
function isSame(one, other) {
  return Object.keys(one).every((name) => Object.is(one[name], other[name]));
}

// src/react/use-asked.ts
var EVENTS = ["user"];
var read = (client) => ({ id: client?.user?.id ?? null });
function useAsked(ask4) {
  const client = useCallbox();
  const { id } = useSnapshot(EVENTS, read);
  const [answer, setAnswer] = useState2({ id: null, data: null, error: null });
  const current = useRef3(id);
  current.current = id;
  const refresh = useCallback2(
    async (known) => {
      if (!client || id === null) return;
      try {
        const data = known ?? await ask4(client);
        if (current.current === id) setAnswer({ id, data, error: null });
      } catch (error) {
        if (current.current === id) setAnswer((before) => ({ id, data: before.id === id ? before.data : null, error }));
      }
    },
    [client, id, ask4]
  );
  useEffect2(() => void refresh(), [refresh]);
  const isCurrent = answer.id === id;
  return { data: isCurrent ? answer.data : null, error: isCurrent ? answer.error : null, isLoading: id !== null && !isCurrent, refresh };
}

// src/react/use-account.ts
var ask = (client) => client.account.read();
function useAccount() {
  const { data, ...rest } = useAsked(ask);
  return { account: data, actions: useCallbox()?.account ?? null, ...rest };
}

// src/react/use-callbox-event.ts
import { useEffect as useEffect3, useRef as useRef4 } from "react";
function useCallboxEvent(name, listener) {
  const client = useCallbox();
  const last = useRef4(listener);
  useEffect3(() => {
    last.current = listener;
  });
  useEffect3(() => client?.on(name, (...args) => last.current(...args)), [client, name]);
}

// src/react/use-call-quality.ts
var EVENTS2 = ["quality"];
var read2 = (client) => ({ quality: client?.quality ?? null });
function useCallQuality() {
  return useSnapshot(EVENTS2, read2).quality;
}

// src/react/use-devices.ts
import { useEffect as useEffect4, useState as useState3 } from "react";
var EVENTS3 = ["tracks", "local-stream"];
var NONE = [];
function read3(client) {
  const id = (tracks) => tracks?.[0]?.getSettings().deviceId ?? null;
  const stream = client?.localStream;
  return { camera: id(stream?.getVideoTracks()), microphone: id(stream?.getAudioTracks()) };
}
function useDevices() {
  const client = useCallbox();
  const [devices, setDevices] = useState3(NONE);
  useEffect4(() => void client?.devices().then(setDevices), [client]);
  useCallboxEvent("devices", setDevices);
  const ofKind = (kind) => devices.filter((device) => device.kind === kind);
  return {
    cameras: ofKind("camera"),
    microphones: ofKind("microphone"),
    speakers: ofKind("speaker"),
    ...useSnapshot(EVENTS3, read3),
    useDevice: async (device) => client?.useDevice(device)
  };
}

// src/react/use-history.ts
var ask2 = (client) => client.history.calls();
function useHistory() {
  const client = useCallbox();
  const { data, ...rest } = useAsked(ask2);
  const loadMore = async () => {
    if (!client || !data?.next) return;
    const { items, next } = await client.history.calls({ before: data.next });
    await rest.refresh({ items: [...data.items, ...items], next });
  };
  return { calls: data?.items ?? null, hasMore: Boolean(data?.next), loadMore, ...rest };
}

// src/react/use-profile.ts
var ask3 = async (client) => (await client.account.read()).profile;
function useProfile() {
  const client = useCallbox();
  const { data, ...rest } = useAsked(ask3);
  const save = async (profile) => {
    if (client) await rest.refresh(await client.profile.set(profile));
  };
  return { profile: data, save, ...rest };
}

// src/react/use-stream.ts
import { useCallback as useCallback3 } from "react";
function useStream(stream) {
  return useCallback3(
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
  "prepare",
  "comeBack",
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
var EVENTS4 = ["state", "signaling", "user", "local-stream", "remote-stream", "tracks", "media", "peer", "chat"];
var IDLE = { name: "idle" };
var NOBODY = { isHere: true, picture: null, sound: null };
var NO_LINES = [];
function read4(client) {
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
    peer: client?.peer ?? NOBODY,
    chat: client?.chat ?? NO_LINES
  };
}
function useVideoChat() {
  const client = useCallbox();
  const actions = useMemo(() => Object.fromEntries(ACTIONS.map((name) => [name, bound(client, name)])), [client]);
  return { ...useSnapshot(EVENTS4, read4), ...actions };
}
function bound(client, name) {
  if (client) return client[name].bind(client);
  return () => {
    throw new CallboxError("wrong_state", `\`${name}\` needs a browser.`);
  };
}
export {
  CallboxProvider,
  useAccount,
  useCallQuality,
  useCallbox,
  useCallboxEvent,
  useDevices,
  useHistory,
  useProfile,
  useStream,
  useVideoChat
};
