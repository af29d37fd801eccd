import {
  CHAT_CHARS_MAX,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  matchOf
} from "./shared.js";

// src/browser/media.ts
var WISHES = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" }
};
async function openMedia(wishes = WISHES) {
  if (typeof RTCPeerConnection === "undefined" || !navigator.mediaDevices?.getUserMedia) {
    const reason = isSecureContext ? "This browser cannot make video calls." : "Video calls need HTTPS (or localhost).";
    throw new CallboxError("media_unsupported", reason);
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(wishes);
  } catch (error) {
    throw mediaError(error);
  }
  const [microphones, cameras] = [stream.getAudioTracks(), stream.getVideoTracks()];
  const switchAll = (tracks, on) => {
    for (const track of tracks) track.enabled = on;
  };
  return {
    stream,
    hasMicrophone: microphones.length > 0,
    hasCamera: cameras.length > 0,
    setMicrophone: (on) => switchAll(microphones, on),
    setCamera: (on) => switchAll(cameras, on),
    stop() {
      for (const track of stream.getTracks()) track.stop();
    }
  };
}
function mediaError(cause) {
  switch (cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return new CallboxError("media_denied", "Camera and microphone were not allowed.", { cause });
    case "NotFoundError":
    case "OverconstrainedError":
      return new CallboxError("media_missing", "No camera or no microphone was found.", { cause });
    case "NotReadableError":
    case "AbortError":
      return new CallboxError("media_busy", "The camera is used by another program.", { cause });
    default:
      return new CallboxError("media_unsupported", "Camera and microphone could not be opened.", { cause });
  }
}

// src/browser/peer.ts
var LOOK_MS = 100;
var GATHER_MS = 20;
var SOUND_ONLY_MS = 2e3;
function makePeer(iceServers, local, handlers) {
  const connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle", iceCandidatePoolSize: 1 });
  const remote = new MediaStream();
  const track = (kind) => local?.getTracks().find((track2) => track2.kind === kind);
  const direction = (kind) => track(kind) ? "sendrecv" : "recvonly";
  connection.ontrack = ({ track: track2 }) => {
    remote.addTrack(track2);
    handlers.onStream(remote);
  };
  let isInDescription = false;
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate && !isInDescription) handlers.onCandidate(candidate.toJSON());
  };
  let isAttached = false;
  const attach = () => {
    if (!isAttached) return;
    for (const { sender, receiver } of connection.getTransceivers()) {
      void sender.replaceTrack(track(receiver.track.kind) ?? null);
    }
  };
  const describe = async (description) => {
    isInDescription = true;
    try {
      await connection.setLocalDescription(description);
      await gathered(connection);
      attach();
      const { type, sdp } = connection.localDescription;
      return { type, sdp };
    } finally {
      isInDescription = false;
    }
  };
  let wasConnected = false;
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === "failed" && !wasConnected) handlers.onFailed();
    if (connection.connectionState !== "connected" || wasConnected) return;
    wasConnected = true;
    void path(connection).then(handlers.onConnected, () => handlers.onConnected(null));
    void firstFrame(connection).then((came) => came && handlers.onFirstFrame());
  };
  return {
    async createOffer(restart) {
      if (connection.getTransceivers().length === 0) {
        for (const kind of ["audio", "video"]) {
          connection.addTransceiver(kind, { direction: direction(kind), streams: local ? [local] : [] });
        }
      }
      return await describe(await connection.createOffer({ iceRestart: restart }));
    },
    async acceptOffer(offer) {
      await connection.setRemoteDescription(offer);
      for (const transceiver of connection.getTransceivers()) {
        transceiver.direction = direction(transceiver.receiver.track.kind);
      }
      return await describe();
    },
    async acceptAnswer(answer) {
      await connection.setRemoteDescription(answer);
    },
    addCandidate: (candidate) => connection.addIceCandidate(candidate),
    attach() {
      isAttached = true;
      attach();
    },
    isStable: () => connection.signalingState === "stable",
    flow: () => flow(connection),
    close: () => connection.close()
  };
}
function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    connection.onicegatheringstatechange = look;
    setTimeout(resolve, GATHER_MS);
    look();
  });
}
async function statsOf(connection) {
  const all = /* @__PURE__ */ new Map();
  (await connection.getStats()).forEach((stats) => all.set(stats.id, stats));
  return all;
}
async function flow(connection) {
  const all = [...(await statsOf(connection)).values()];
  const came = all.filter((stats) => stats.type === "inbound-rtp" && Number(stats["packetsReceived"]) > 0);
  if (came.length === 0) return null;
  const transport = all.find((stats) => stats.type === "transport");
  const media = came.reduce((sum, stats) => sum + Number(stats["bytesReceived"]), 0);
  return {
    bytes: Number(transport?.["bytesReceived"] ?? media),
    hasSound: came.some((stats) => stats["kind"] === "audio"),
    hasPath: connection.connectionState === "connected"
  };
}
async function path(connection) {
  const all = await statsOf(connection);
  const transport = [...all.values()].find((stats) => stats.type === "transport");
  const pair = all.get(String(transport?.["selectedCandidatePairId"]));
  const kind = (id) => all.get(String(id))?.["candidateType"];
  const [local, remote] = [kind(pair?.["localCandidateId"]), kind(pair?.["remoteCandidateId"])];
  return local && remote ? { local, remote } : null;
}
async function firstFrame(connection) {
  for (let waited = 0; connection.connectionState !== "closed"; waited += LOOK_MS) {
    const inbound = [...(await statsOf(connection)).values()].filter((stats) => stats.type === "inbound-rtp");
    if (inbound.some((stats) => Number(stats["framesDecoded"] ?? 0) > 0)) return true;
    const hasSound = inbound.some((stats) => stats["kind"] === "audio" && Number(stats["packetsReceived"]) > 0);
    const hasPicture = inbound.some((stats) => stats["kind"] === "video" && Number(stats["packetsReceived"]) > 0);
    if (waited >= SOUND_ONLY_MS && hasSound && !hasPicture) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

// src/browser/environment.ts
function browserEnvironment() {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    onOnline(callback) {
      const back = () => callback(true);
      const changed = () => callback(false);
      const { connection } = navigator;
      addEventListener("online", back);
      connection?.addEventListener("change", changed);
      return () => {
        removeEventListener("online", back);
        connection?.removeEventListener("change", changed);
      };
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    fetch: (url, request) => fetch(url, request),
    openSocket(url, protocol, handlers) {
      const socket = new WebSocket(url, protocol);
      socket.onopen = () => handlers.onOpen();
      socket.onmessage = (event) => handlers.onMessage(event.data);
      socket.onclose = (event) => handlers.onClose(event.code);
      return {
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason)
      };
    },
    makePeer,
    openMedia: (wishes) => openMedia(wishes),
    tabStore: store(() => sessionStorage),
    originStore: store(() => localStorage),
    claim,
    warn: (message, error) => console.warn(`callbox: ${message}`, error),
    pageOrigin: location.origin === "null" ? null : location.origin
  };
}
function store(storage) {
  const attempt = (use, otherwise) => {
    try {
      return use(storage());
    } catch {
      return otherwise;
    }
  };
  return {
    get: (key) => attempt((storage2) => storage2.getItem(key), null),
    set: (key, value) => attempt((storage2) => storage2.setItem(key, value), void 0),
    remove: (key) => attempt((storage2) => storage2.removeItem(key), void 0)
  };
}
var claimed = /* @__PURE__ */ new Set();
function claim(name) {
  if (claimed.has(name) || !("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock !== null) claimed.add(name);
      resolve(lock !== null);
      return lock === null ? void 0 : new Promise(() => void 0);
    });
    held.catch(() => resolve(true));
  });
}

// src/browser/client.ts
var CallboxClient = class extends Client {
  constructor(options = {}) {
    super(options.environment ?? browserEnvironment(), options);
  }
};
export {
  CHAT_CHARS_MAX,
  CallboxClient,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  browserEnvironment,
  matchOf
};
