import {
  BAN_REASON_CHARS_MAX,
  CHAT_CHARS_MAX,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  REPORT_LINES_MAX,
  REPORT_LINE_CHARS_MAX,
  REPORT_NOTE_CHARS_MAX,
  matchOf
} from "./chunk.js";

// src/browser/codecs.ts
var SIZE = { width: 640, height: 480, framerate: 24, bitrate: 1e6 };
var WITH_HARDWARE = ["video/AV1", "video/VP9", "video/H264"];
var asked = null;
var efficient = [];
function learnCodecs() {
  if (navigator.userAgent.includes("Firefox/")) return;
  asked ??= Promise.all(WITH_HARDWARE.map(isEfficient)).then((known) => efficient = WITH_HARDWARE.filter((_, index) => known[index]));
}
function preferCodecs(transceiver) {
  if (efficient.length === 0 || typeof transceiver.setCodecPreferences !== "function") return;
  const codecs = RTCRtpReceiver.getCapabilities?.("video")?.codecs ?? [];
  const rank = ({ mimeType }) => efficient.indexOf(mimeType) + 1 || efficient.length + 1;
  const sorted = [...codecs].sort((one2, other) => rank(one2) - rank(other));
  if (codecs.length > 0) transceiver.setCodecPreferences(sorted);
}
async function isEfficient(contentType) {
  try {
    const answer = await navigator.mediaCapabilities.encodingInfo({ type: "webrtc", video: { contentType, ...SIZE } });
    return answer.supported && answer.powerEfficient;
  } catch {
    return false;
  }
}

// src/browser/media.ts
var SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
var PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" };
var SCREEN = { video: { frameRate: { max: 15 } } };
var KINDS = { audioinput: "microphone", audiooutput: "speaker", videoinput: "camera" };
async function openMedia(wishes, handlers) {
  if (typeof RTCPeerConnection === "undefined" || !navigator.mediaDevices?.getUserMedia) {
    const reason = isSecureContext ? "This browser cannot make video calls." : "Video calls need HTTPS or localhost.";
    throw new CallboxError("media_unsupported", reason);
  }
  return new BrowserMedia(await ask(wishes ?? { audio: SOUND, video: PICTURE }), handlers);
}
async function devices() {
  const all = await navigator.mediaDevices?.enumerateDevices() ?? [];
  return all.filter(({ deviceId }) => deviceId !== "").map(({ kind, deviceId: id, label }) => ({ kind: KINDS[kind], id, label }));
}
var BrowserMedia = class {
  stream;
  #handlers;
  /** The camera, while a screen is in its place. */
  #camera = null;
  #screen = null;
  #isOver = false;
  #microphoneOn = true;
  #cameraOn = true;
  constructor(stream, handlers) {
    this.stream = stream;
    this.#handlers = handlers;
    for (const track of stream.getTracks()) this.#watch(track);
  }
  get hasMicrophone() {
    return this.stream.getAudioTracks().length > 0;
  }
  get hasCamera() {
    return this.#camera !== null || this.stream.getVideoTracks().length > 0;
  }
  get isSharing() {
    return this.#screen !== null;
  }
  setMicrophone(on) {
    this.#microphoneOn = on;
    for (const track of this.stream.getAudioTracks()) track.enabled = on;
  }
  setCamera(on) {
    this.#cameraOn = on;
    const camera = this.#camera ?? this.#picture;
    if (camera && camera !== this.#screen) camera.enabled = on;
  }
  async use(kind, id) {
    this.#take(await one(kind, { deviceId: { exact: id } }));
  }
  async shareScreen() {
    if (!this.hasCamera) throw new CallboxError("media_missing", "A screen goes where the camera is, and there is none.");
    const stream = await asked2(async () => await navigator.mediaDevices.getDisplayMedia(SCREEN));
    const screen = stream.getVideoTracks()[0];
    if (this.#isOver || this.isSharing) return screen.stop();
    screen.contentHint = "detail";
    screen.onended = () => this.stopSharing();
    this.#camera = this.#picture;
    this.#screen = screen;
    this.#replace(this.#camera, screen);
  }
  stopSharing() {
    if (this.#screen === null) return;
    const [screen, camera] = [this.#screen, this.#camera];
    this.#screen = this.#camera = null;
    screen.onended = null;
    screen.stop();
    this.#replace(screen, camera);
  }
  stop() {
    this.#isOver = true;
    for (const track of [...this.stream.getTracks(), this.#camera]) {
      if (track === null) continue;
      track.onended = null;
      track.stop();
    }
  }
  get #picture() {
    return this.stream.getVideoTracks()[0] ?? null;
  }
  /** A track of another device goes where the one of its kind was. */
  #take(track) {
    if (this.#isOver) return track.stop();
    const isCamera = track.kind === "video";
    track.enabled = isCamera ? this.#cameraOn : this.#microphoneOn;
    this.#watch(track);
    const before = isCamera ? this.#camera ?? this.#picture : this.stream.getAudioTracks()[0] ?? null;
    if (before !== null) {
      before.onended = null;
      before.stop();
    }
    if (isCamera && this.isSharing) this.#camera = track;
    else this.#replace(before, track);
  }
  #replace(before, now) {
    if (before !== null) this.stream.removeTrack(before);
    if (now !== null) this.stream.addTrack(now);
    this.#handlers.onTracks();
  }
  #watch(track) {
    track.onended = () => void this.#unplugged(track);
  }
  async #unplugged(track) {
    const kind = track.kind === "video" ? "camera" : "microphone";
    try {
      this.#take(await one(kind));
    } catch {
      if (!this.#isOver) this.#handlers.onUnplugged(kind);
    }
  }
};
async function one(kind, wish = {}) {
  const { facingMode: _facingMode, ...picture } = PICTURE;
  return (await ask(kind === "camera" ? { video: { ...picture, ...wish } } : { audio: { ...SOUND, ...wish } })).getTracks()[0];
}
var ask = (wishes) => asked2(() => navigator.mediaDevices.getUserMedia(wishes));
async function asked2(ask2) {
  try {
    return await ask2();
  } catch (error) {
    throw mediaError(error);
  }
}
var CODES = {
  NotAllowedError: "media_denied",
  SecurityError: "media_denied",
  NotFoundError: "media_missing",
  OverconstrainedError: "media_missing",
  NotReadableError: "media_busy",
  AbortError: "media_busy"
};
function mediaError(cause) {
  const { name, message } = cause;
  return new CallboxError(CODES[name] ?? "media_unsupported", `Camera, microphone or screen: ${message || name}`, { cause });
}

// src/browser/near.ts
var NEAR_MS = 300;
var NEAR = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab]|.*\.local$)/i;
var CANDIDATE = /^a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ (\w+)/;
function setAside(sdp) {
  if (publicAddresses(sdp).length === 0) return { sdp, near: [] };
  const near = [];
  let [index, mid, fragment] = [-1, "", ""];
  const sections = sdp.split(/(?=^m=)/m).map((section) => {
    if (section.startsWith("m=")) index++;
    mid = section.match(/^a=mid:(\S+)/m)?.[1] ?? "";
    fragment = section.match(/^a=ice-ufrag:(\S+)/m)?.[1] ?? fragment;
    const kept = section.split("\r\n").filter((line) => {
      const [, address = "", kind] = line.match(CANDIDATE) ?? [];
      if (kind !== "host" || !NEAR.test(address)) return true;
      near.push({ candidate: line.slice(2), sdpMid: mid, sdpMLineIndex: index, usernameFragment: fragment });
      return false;
    });
    return kept.join("\r\n");
  });
  return { sdp: sections.join(""), near };
}
function mayBeNear(own, theirs) {
  const ours = publicAddresses(own);
  return ours.length === 0 || publicAddresses(theirs).some((address) => ours.includes(address));
}
function publicAddresses(sdp) {
  return sdp.split("\r\n").flatMap((line) => {
    const [, address, kind] = line.match(CANDIDATE) ?? [];
    return address && kind === "srflx" ? [address] : [];
  });
}

// src/browser/sdp.ts
var PICTURES = /^(VP8|VP9|H264|AV1)\//;
function keepingPart(offer, own, theirs) {
  const part = ({ sdp }) => sdp?.match(/^a=setup:(active|passive)/m)?.[1];
  const answered = theirs?.type === "answer" ? part(theirs) : own?.type === "answer" ? { active: "passive", passive: "active" }[part(own) ?? ""] : void 0;
  return offer.replaceAll(/^a=setup:actpass/gm, `a=setup:${answered ?? "active"}`);
}
var isOfFirefox = (sdp) => sdp.includes("\no=mozilla");
function tuned(sdp, { startKbps, dtx }) {
  const lines = sdp.split("\r\n");
  const formats = /* @__PURE__ */ new Map();
  for (const line of lines) {
    const [, format, codec] = line.match(/^a=rtpmap:(\d+) (\S+)/) ?? [];
    if (!format || !codec) continue;
    if (codec.startsWith("opus/") && dtx) formats.set(format, "usedtx=1");
    else if (PICTURES.test(codec) && startKbps !== null) formats.set(format, `x-google-start-bitrate=${Math.round(startKbps)}`);
  }
  const withParameters = new Set(lines.map((line) => line.match(/^a=fmtp:(\d+) /)?.[1]));
  return lines.map((line) => {
    const [, kind, format] = line.match(/^a=(fmtp|rtpmap):(\d+) /) ?? [];
    const words = formats.get(format ?? "");
    if (!words) return line;
    if (kind === "fmtp") return line.includes(words.split("=")[0]) ? line : `${line};${words}`;
    return withParameters.has(format) ? line : `${line}\r
a=fmtp:${format} ${words}`;
  }).join("\r\n");
}

// src/browser/sections.ts
var TAKEN = ["audio", "video", "application"];
var PARTS_MAX = 32;
function firstOfEach(sdp) {
  const [session = "", ...parts] = sdp.split(/^(?=m=)/m);
  if (parts.length > PARTS_MAX) throw new Error(`a description of more than ${PARTS_MAX} parts`);
  const seen = /* @__PURE__ */ new Set();
  const refused = /* @__PURE__ */ new Set();
  const kept = parts.map((part) => {
    const kind = part.match(/^m=(\S+)/)?.[1] ?? "";
    const isRefused = /^m=\S+ 0 /.test(part) && !/^a=bundle-only/m.test(part);
    if (isRefused) return part;
    if (TAKEN.includes(kind) && !seen.has(kind)) {
      seen.add(kind);
      return part.replaceAll(/^a=(simulcast|rid):.*(\r\n|\n|$)/gm, "");
    }
    refused.add(part.match(/^a=mid:(\S+)/m)?.[1] ?? "");
    return part.replace(/^(m=\S+) \d+/, "$1 0").replaceAll(/^a=bundle-only(\r\n|\n|$)/gm, "");
  });
  const bundle = (line) => line.split(" ").filter((mid) => !refused.has(mid)).join(" ");
  return session.replaceAll(/^a=group:BUNDLE.*/gm, bundle) + kept.join("");
}

// src/browser/view.ts
var handedOver = /* @__PURE__ */ new Set();
var HANDED_OVER_MAX = 8;
var counted = /* @__PURE__ */ new WeakMap();
function handOver(video) {
  for (const known of handedOver) if (known.deref() === void 0 || known.deref() === video || handedOver.size >= HANDED_OVER_MAX) handedOver.delete(known);
  handedOver.add(new WeakRef(video));
}
function presented(stream) {
  const shown = elements().filter((video) => video.srcObject === stream && !video.paused && isVisible(video));
  const frames = shown.map((video) => count(video, stream));
  return frames.length === 0 ? null : Math.max(...frames);
}
function elements() {
  const { documentPictureInPicture } = globalThis;
  const pages = [document, documentPictureInPicture?.window?.document].filter((page) => page !== void 0);
  return [...pages.flatMap((page) => [...page.querySelectorAll("video")]), ...[...handedOver].flatMap((known) => known.deref() ?? [])];
}
function isVisible(video) {
  return video.ownerDocument.visibilityState === "visible" || document.pictureInPictureElement === video;
}
function count(video, stream) {
  const known = counted.get(video);
  const hasCallback = typeof video.requestVideoFrameCallback === "function";
  const total = hasCallback ? 0 : video.getVideoPlaybackQuality().totalVideoFrames;
  if (known?.stream === stream) return hasCallback ? known.frames : total - known.frames;
  const count2 = { stream, frames: total };
  counted.set(video, count2);
  if (!hasCallback) return 0;
  const next = () => {
    if (video.srcObject !== stream || counted.get(video) !== count2) return;
    count2.frames++;
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
  return 0;
}

// src/browser/peer.ts
var LOOK_MS = 100;
var GATHER_MS = 20;
var TOGETHER_MS = 1;
var SOUND_ONLY_MS = 2e3;
var found = ({ iceServers, relayOnly }) => ({ iceServers, iceTransportPolicy: relayOnly ? "relay" : "all" });
function makePeer(paths, local, options, handlers, onPathLost) {
  const configuration = { bundlePolicy: "max-bundle", iceCandidatePoolSize: 1 };
  const connection = new RTCPeerConnection({ ...configuration, ...found(paths) });
  const counting = import("./stats.js");
  counting.catch(() => void 0);
  const remote = new MediaStream();
  const track = (kind) => local?.getTracks().find((track2) => track2.kind === kind) ?? null;
  const direction = (kind) => track(kind) ? "sendrecv" : "recvonly";
  connection.ontrack = ({ track: track2 }) => {
    remote.addTrack(track2);
    handlers.onStream(remote);
  };
  let isInDescription = false;
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.candidate && !isInDescription) handlers.onCandidate(candidate.toJSON());
  };
  let relayError = 0;
  connection.onicecandidateerror = ({ errorCode }) => {
    relayError = errorCode < 700 ? errorCode : relayError || errorCode;
  };
  const living = () => connection.getTransceivers().filter(({ direction: direction2 }) => direction2 !== "stopped");
  const limit = limiter(connection);
  let isAttached = false;
  const attach = () => {
    if (!isAttached) return;
    for (const { sender, receiver } of living()) {
      const now = track(receiver.track.kind);
      if (sender.track !== now) void sender.replaceTrack(now).catch(() => void 0);
    }
    limit();
  };
  let hasFirefox = false;
  const take = async ({ type, sdp = "" }) => {
    const { currentLocalDescription: own, currentRemoteDescription: theirs } = connection;
    hasFirefox ||= isOfFirefox(sdp);
    const first = firstOfEach(sdp);
    const { sdp: far, near } = setAside(type === "offer" ? keepingPart(first, own, theirs) : first);
    await connection.setRemoteDescription({ type, sdp: tuned(far, options) });
    return (own2) => {
      const add = () => near.map((candidate) => connection.addIceCandidate(candidate).catch(() => void 0));
      if (mayBeNear(own2, sdp)) add();
      else setTimeout(() => connection.signalingState !== "closed" && add(), NEAR_MS);
    };
  };
  const describe = async (description) => {
    isInDescription = true;
    hasFirefox ||= isOfFirefox(description.sdp ?? "");
    try {
      const early = await provisional(connection, description);
      const setting = connection.setLocalDescription(description);
      if (early !== null) {
        setting.then(attach, () => connection.signalingState !== "closed" && handlers.onFailed());
        return { type: "answer", sdp: early };
      }
      await setting;
      await gathered(connection);
      attach();
      const { type, sdp } = connection.localDescription;
      return { type, sdp };
    } finally {
      isInDescription = false;
    }
  };
  let [wasConnected, iceAt] = [false, 0];
  connection.oniceconnectionstatechange = () => {
    if (connection.iceConnectionState === "disconnected") onPathLost();
    if (iceAt === 0 && (connection.iceConnectionState === "connected" || connection.iceConnectionState === "completed")) iceAt = performance.now();
  };
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === "failed" && !wasConnected) handlers.onFailed();
    if (connection.connectionState !== "connected" || wasConnected) return;
    wasConnected = true;
    const dtlsMs = iceAt === 0 ? null : performance.now() - iceAt;
    const path = counting.then(({ path: path2 }) => path2(connection));
    void path.then(
      (path2) => handlers.onConnected(path2, dtlsMs),
      () => handlers.onConnected(null, dtlsMs)
    );
    counting.then(({ firstFrame }) => waitForFrame(connection, firstFrame)).then(
      (came) => came && handlers.onFirstFrame(),
      () => void 0
    );
  };
  return {
    async createOffer(restart) {
      if (connection.getTransceivers().length === 0) {
        for (const kind of ["audio", "video"]) {
          const transceiver = connection.addTransceiver(kind, { direction: direction(kind), streams: local ? [local] : [] });
          if (kind === "video") preferCodecs(transceiver);
        }
      }
      return await describe(await connection.createOffer({ iceRestart: restart }));
    },
    async acceptOffer(offer) {
      const addNear = await take(offer);
      for (const transceiver of living()) {
        const { kind } = transceiver.receiver.track;
        transceiver.direction = direction(kind);
        if (kind === "video") preferCodecs(transceiver);
      }
      const answer = await describe(await connection.createAnswer());
      addNear(answer.sdp ?? "");
      return answer;
    },
    async acceptAnswer(answer) {
      (await take(answer))(connection.localDescription?.sdp ?? "");
    },
    get restartsSlowly() {
      return hasFirefox;
    },
    description: () => connection.localDescription && { type: connection.localDescription.type, sdp: connection.localDescription.sdp },
    addCandidate: (candidate) => connection.addIceCandidate(candidate),
    attach() {
      isAttached = true;
      attach();
    },
    setPaths(paths2) {
      if (connection.connectionState !== "closed") connection.setConfiguration({ ...configuration, ...found(paths2) });
    },
    send: (sending) => limit(sending),
    flow: async () => (await counting).flow(connection, presented(remote)),
    reading: async () => (await counting).reading(connection),
    traces: () => ({
      local: connection.localDescription?.sdp,
      remote: connection.remoteDescription?.sdp,
      ice: connection.iceConnectionState,
      dtls: connection.getSenders()[0]?.transport?.state,
      relayError
    }),
    close: () => connection.close()
  };
}
function limiter(connection) {
  let wanted = null;
  let queue = Promise.resolve();
  const apply = async () => {
    const sender = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === "video")?.sender;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings?.[0];
    if (!wanted || !sender || !parameters || !encoding) return;
    const { picture, maxKbps, scaleDownBy, maxFramerate } = wanted;
    const isScreen = sender.track?.contentHint === "detail";
    Object.assign(encoding, { active: picture, maxBitrate: maxKbps * 1e3, maxFramerate });
    Object.assign(encoding, { scaleResolutionDownBy: isScreen ? 1 : scaleDownBy });
    Object.assign(parameters, { degradationPreference: isScreen ? "maintain-resolution" : "maintain-framerate" });
    await sender.setParameters(parameters);
  };
  return (sending) => {
    wanted = sending ?? wanted;
    queue = queue.then(apply).catch(() => void 0);
  };
}
async function provisional(connection, { type, sdp = "" }) {
  if (type !== "answer" || connection.currentLocalDescription) return null;
  try {
    await connection.setLocalDescription({ type: "pranswer", sdp });
  } catch {
    return null;
  }
  await gathered(connection);
  return connection.localDescription?.sdp ?? null;
}
function gathered(connection) {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === "complete" || connection.localDescription?.sdp.includes("a=candidate:")) resolve();
    };
    connection.onicegatheringstatechange = look;
    connection.addEventListener("icecandidate", () => setTimeout(resolve, TOGETHER_MS), { once: true });
    setTimeout(resolve, GATHER_MS);
    look();
  });
}
async function waitForFrame(connection, firstFrame) {
  for (let waited = 0; connection.connectionState !== "closed"; waited += LOOK_MS) {
    const { isDecoded, isSoundAlone } = await firstFrame(connection);
    if (isDecoded || waited >= SOUND_ONLY_MS && isSoundAlone) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

// src/browser/environment.ts
function browserEnvironment() {
  const watching = /* @__PURE__ */ new Set();
  return {
    now: clock(),
    random: () => Math.random(),
    onOnline(callback) {
      const back = () => callback(true);
      const changed = () => callback(false);
      const { connection } = navigator;
      addEventListener("online", back);
      connection?.addEventListener("change", changed);
      watching.add(changed);
      return () => {
        removeEventListener("online", back);
        connection?.removeEventListener("change", changed);
        watching.delete(changed);
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
    makePeer(paths, local, options, handlers) {
      return makePeer(paths, local, options, handlers, () => "connection" in navigator || watching.forEach((changed) => changed()));
    },
    openMedia(wishes, handlers) {
      learnCodecs();
      return openMedia(wishes, handlers);
    },
    devices,
    onDevices(callback) {
      navigator.mediaDevices?.addEventListener("devicechange", callback);
      return () => navigator.mediaDevices?.removeEventListener("devicechange", callback);
    },
    // Not in every browser either.
    savesData: navigator.connection?.saveData === true,
    tabStore: store(() => sessionStorage),
    originStore: store(() => localStorage),
    claim,
    warn: (message, error) => console.warn(`callbox: ${message}`, error),
    pageOrigin: location.origin === "null" ? null : location.origin
  };
}
function clock() {
  let [last, offset] = [0, 0];
  return () => {
    const time = Date.now();
    if (time + offset < last) offset = last - time;
    return last = time + offset;
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
function claim(name, patienceMs = 0) {
  if (claimed.has(name) || !("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const options = patienceMs > 0 ? { signal: AbortSignal.timeout(patienceMs) } : { ifAvailable: true };
    const held = navigator.locks.request(name, options, (lock) => {
      if (lock !== null) claimed.add(name);
      resolve(lock !== null);
      return lock === null ? void 0 : new Promise(() => void 0);
    });
    held.catch((error) => resolve(error.name !== "TimeoutError" && error.name !== "AbortError"));
  });
}

// src/browser/client.ts
var CallboxClient = class extends Client {
  constructor(options = {}) {
    super(options.environment ?? browserEnvironment(), options);
  }
  /**
   * Names the element that shows the other side, so that a frozen picture is noticed by what is seen. Elements of the page are
   * found without; only one within a shadow root needs it.
   */
  handOver(video) {
    handOver(video);
  }
};

// src/browser/env.ts
var ANSWER_MS = 5e3;
var world = null;
function fromEnv(env) {
  const { DEV, VITE_SIGNALING_SERVER_URL: url, VITE_USE_MOCK_SIGNALING: mock } = env;
  const options = url ? { server: url.replace(/^ws/, "http") } : {};
  if (typeof document === "undefined" || mock === "false" || mock !== "true" && DEV !== true) return options;
  return { ...options, environment: world ??= lateWorld(browserEnvironment(), loadMock, mock === "true") };
}
function lateWorld(real, load, isMock) {
  let current = real;
  let isReal = false;
  let loading = isMock ? load() : null;
  loading?.catch(() => void 0);
  const store2 = (name) => ({
    get: (key) => current[name].get(key),
    set: (key, value) => current[name].set(key, value),
    remove: (key) => current[name].remove(key)
  });
  return {
    ...real,
    tabStore: store2("tabStore"),
    originStore: store2("originStore"),
    openSocket: (...opening) => current.openSocket(...opening),
    async fetch(url, request) {
      if (loading === null) {
        try {
          const answer = isReal ? await real.fetch(url, request) : await firstAnswer(real, url, request);
          isReal = true;
          return answer;
        } catch (error) {
          if (isReal) throw error;
          real.warn(`no server answers at ${new URL(url).origin}: this page uses mock signaling. Set VITE_SIGNALING_SERVER_URL, or allow this origin there`, error);
          loading ??= load();
        }
      }
      current = await loading;
      return await current.fetch(url, request);
    }
  };
}
async function firstAnswer(real, url, request) {
  let stop = () => void 0;
  const late = new Promise((_, reject) => stop = real.after(ANSWER_MS, () => reject(new Error("no answer in time"))));
  try {
    const answer = await Promise.race([real.fetch(url, request), late]);
    const { ok, status } = answer;
    const content = status === 204 ? null : await Promise.race([answer.json(), late]);
    if (!ok && typeof content?.code !== "string") throw new Error(`the answer ${status} is not Callbox's`);
    return { ok, status, json: () => Promise.resolve(content) };
  } finally {
    stop();
  }
}
async function loadMock() {
  return (await import("./mock.js")).mockEnvironment();
}
export {
  BAN_REASON_CHARS_MAX,
  CHAT_CHARS_MAX,
  CallboxClient,
  CallboxError,
  Client,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  REPORT_LINES_MAX,
  REPORT_LINE_CHARS_MAX,
  REPORT_NOTE_CHARS_MAX,
  browserEnvironment,
  fromEnv,
  matchOf
};
