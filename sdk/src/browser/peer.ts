/**
 * A browser's peer connection behind the core's small interface.
 *
 * One bundle for audio and video, so one path is searched for both.
 */
import type { Paths, Peer, PeerHandlers, PeerOptions, Sending, SessionDescription } from "../core/environment.js";
import { preferCodecs } from "./codecs.js";
import { mayBeNear, NEAR_MS, setAside } from "./near.js";
import { isOfFirefox, keepingPart, tuned } from "./sdp.js";
import { firstOfEach } from "./sections.js";
import type * as stats from "./stats.js";
import { presented } from "./view.js";

/** Statistics cost the browser a millisecond or two; ten a second are seldom noticed. */
const LOOK_MS = 100;
/** How long a description waits for addresses. Those of a connection that was prepared are there at once. */
const GATHER_MS = 20;
/** The machine's own addresses come together, in the same turn or the next. */
const TOGETHER_MS = 1;
/** Sound alone counts as a first frame once this much of it came without a picture. */
const SOUND_ONLY_MS = 2_000;

const found = ({ iceServers, relayOnly }: Paths): RTCConfiguration => ({ iceServers, iceTransportPolicy: relayOnly ? "relay" : "all" });

/** `onPathLost`: the browser believes no more in the path that it had. */
export function makePeer(paths: Paths, local: MediaStream | null, options: PeerOptions, handlers: PeerHandlers<MediaStream>, onPathLost: () => void): Peer {
  // With a pool the browser looks for its addresses now instead of at the first description.
  const configuration: RTCConfiguration = { bundlePolicy: "max-bundle", iceCandidatePoolSize: 1 };
  const connection = new RTCPeerConnection({ ...configuration, ...found(paths) });
  // Nothing is counted before there is a connection.
  const counting = import("./stats.js");
  counting.catch(() => undefined);
  const remote = new MediaStream();
  const track = (kind: string) => local?.getTracks().find((track) => track.kind === kind) ?? null;
  // Without a microphone or camera of our own we still hear and see.
  const direction = (kind: string) => (track(kind) ? "sendrecv" : "recvonly");
  connection.ontrack = ({ track }) => {
    remote.addTrack(track);
    handlers.onStream(remote);
  };
  let isInDescription = false;
  connection.onicecandidate = ({ candidate }) => {
    // The empty candidate means that there are no more; old browsers stumble over it.
    if (candidate?.candidate && !isInDescription) handlers.onCandidate(candidate.toJSON());
  };
  let relayError = 0;
  connection.onicecandidateerror = ({ errorCode }) => {
    // Some address of ours never reaches some server (701): a refusal says more.
    relayError = errorCode < 700 ? errorCode : relayError || errorCode;
  };
  // Parts that were refused stop at once, and nothing of them can be set.
  const living = () => connection.getTransceivers().filter(({ direction }) => direction !== "stopped");
  const limit = limiter(connection);
  let isAttached = false;
  const attach = () => {
    if (!isAttached) return;
    for (const { sender, receiver } of living()) {
      const now = track(receiver.track.kind);
      if (sender.track !== now) void sender.replaceTrack(now).catch(() => undefined);
    }
    limit();
  };
  /** Whether one of the two descriptions is of Firefox, as it was made: Chromium writes the other side's anew. */
  let hasFirefox = false;
  /** Takes a remote description; the result adds the addresses that were set aside. */
  const take = async ({ type, sdp = "" }: SessionDescription) => {
    const { currentLocalDescription: own, currentRemoteDescription: theirs } = connection;
    hasFirefox ||= isOfFirefox(sdp);
    const first = firstOfEach(sdp);
    const { sdp: far, near } = setAside(type === "offer" ? keepingPart(first, own, theirs) : first);
    await connection.setRemoteDescription({ type: type as RTCSdpType, sdp: tuned(far, options) });
    return (own: string) => {
      const add = () => near.map((candidate) => connection.addIceCandidate(candidate).catch(() => undefined));
      if (mayBeNear(own, sdp)) add();
      else setTimeout(() => connection.signalingState !== "closed" && add(), NEAR_MS);
    };
  };
  /** Takes a local description; returns it with the addresses that came at once. Its media are sent from then on. */
  const describe = async (description: RTCSessionDescriptionInit): Promise<SessionDescription> => {
    isInDescription = true;
    hasFirefox ||= isOfFirefox(description.sdp ?? "");
    try {
      const early = await provisional(connection, description);
      const setting = connection.setLocalDescription(description);
      // The browser looks for a path already, and does later steps after this one: the other side need not wait for it.
      if (early !== null) {
        setting.then(attach, () => connection.signalingState !== "closed" && handlers.onFailed());
        return { type: "answer", sdp: early };
      }
      await setting;
      await gathered(connection);
      attach();
      const { type, sdp } = connection.localDescription!;
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
    const path = counting.then(({ path }) => path(connection));
    void path.then(
      (path) => handlers.onConnected(path, dtlsMs),
      () => handlers.onConnected(null, dtlsMs),
    );
    counting
      .then(({ firstFrame }) => waitForFrame(connection, firstFrame))
      .then(
        (came) => came && handlers.onFirstFrame(),
        () => undefined,
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
    addCandidate: (candidate) => connection.addIceCandidate(candidate as RTCIceCandidateInit),
    attach() {
      isAttached = true;
      attach();
    },
    setPaths(paths) {
      if (connection.connectionState !== "closed") connection.setConfiguration({ ...configuration, ...found(paths) });
    },
    send: (sending) => limit(sending),
    flow: async () => (await counting).flow(connection, presented(remote)),
    reading: async () => (await counting).reading(connection),
    traces: () => ({
      local: connection.localDescription?.sdp,
      remote: connection.remoteDescription?.sdp,
      ice: connection.iceConnectionState,
      dtls: connection.getSenders()[0]?.transport?.state,
      relayError,
    }),
    close: () => connection.close(),
  };
}

/** Sets how much of our picture is sent; the last word counts, and without one it is said again. */
function limiter(connection: RTCPeerConnection): (sending?: Sending) => void {
  let wanted: Sending | null = null;
  let queue = Promise.resolve();
  const apply = async () => {
    const sender = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === "video")?.sender;
    const parameters = sender?.getParameters();
    const encoding = parameters?.encodings?.[0];
    if (!wanted || !sender || !parameters || !encoding) return;
    const { picture, maxKbps, scaleDownBy, maxFramerate } = wanted;
    // A screen is read: its text stays sharp, and comes seldom instead.
    const isScreen = sender.track?.contentHint === "detail";
    Object.assign(encoding, { active: picture, maxBitrate: maxKbps * 1_000, maxFramerate });
    Object.assign(encoding, { scaleResolutionDownBy: isScreen ? 1 : scaleDownBy });
    // A face that moves and is blurred beats a sharp one at three frames a second, which is what "balanced" makes of 400 kbit/s.
    Object.assign(parameters, { degradationPreference: isScreen ? "maintain-resolution" : "maintain-framerate" });
    await sender.setParameters(parameters);
  };
  return (sending) => {
    wanted = sending ?? wanted;
    // One after another: parameters are good for one change. A browser that refuses them decides by itself.
    queue = queue.then(apply).catch(() => undefined);
  };
}

/**
 * The first answer with the addresses of the pool. Chromium throws the pool away just before it looks for the addresses of an
 * answer, and asks for them once more; a provisional answer takes them. Firefox has none: `null`.
 */
async function provisional(connection: RTCPeerConnection, { type, sdp = "" }: RTCSessionDescriptionInit): Promise<string | null> {
  if (type !== "answer" || connection.currentLocalDescription) return null;
  try {
    await connection.setLocalDescription({ type: "pranswer", sdp });
  } catch {
    return null;
  }
  await gathered(connection);
  return connection.localDescription?.sdp ?? null;
}

/** Waits until there are addresses, or for a moment; those that take longer follow by themselves. */
function gathered(connection: RTCPeerConnection): Promise<void> {
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

/** Waits for the first decoded frame; false if the connection was closed before. */
async function waitForFrame(connection: RTCPeerConnection, firstFrame: typeof stats.firstFrame): Promise<boolean> {
  for (let waited = 0; connection.connectionState !== "closed"; waited += LOOK_MS) {
    const { isDecoded, isSoundAlone } = await firstFrame(connection);
    if (isDecoded || (waited >= SOUND_ONLY_MS && isSoundAlone)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}
