/**
 * A browser's peer connection behind the core's small interface.
 *
 * One bundle for audio and video, so one path is searched for both.
 */
import type { Flow, Peer, PeerHandlers, SessionDescription } from "../core/environment.js";
import type { CandidateKind, IceServer, Path } from "../generated/protocol.js";

/** Statistics cost the browser a millisecond or two; ten a second are seldom noticed. */
const LOOK_MS = 100;
/** How long a description waits for addresses. Those of a connection that was prepared are there at once. */
const GATHER_MS = 20;
/** Sound alone counts as a first frame once this much of it came without a picture. */
const SOUND_ONLY_MS = 2_000;

export function makePeer(iceServers: IceServer[], local: MediaStream | null, handlers: PeerHandlers<MediaStream>): Peer {
  // With a pool the browser looks for its addresses now instead of at the first description.
  const connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle", iceCandidatePoolSize: 1 });
  const remote = new MediaStream();
  const track = (kind: string) => local?.getTracks().find((track) => track.kind === kind);
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
  let isAttached = false;
  const attach = () => {
    if (!isAttached) return;
    for (const { sender, receiver } of connection.getTransceivers()) {
      void sender.replaceTrack(track(receiver.track.kind) ?? null);
    }
  };
  /** Takes a local description; the same with the addresses that came at once. What it negotiates is sent from then on. */
  const describe = async (description?: RTCSessionDescriptionInit): Promise<SessionDescription> => {
    isInDescription = true;
    try {
      await connection.setLocalDescription(description);
      await gathered(connection);
      attach();
      const { type, sdp } = connection.localDescription!;
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
      await connection.setRemoteDescription(offer as RTCSessionDescriptionInit);
      for (const transceiver of connection.getTransceivers()) {
        transceiver.direction = direction(transceiver.receiver.track.kind);
      }
      return await describe();
    },
    async acceptAnswer(answer) {
      await connection.setRemoteDescription(answer as RTCSessionDescriptionInit);
    },
    addCandidate: (candidate) => connection.addIceCandidate(candidate as RTCIceCandidateInit),
    attach() {
      isAttached = true;
      attach();
    },
    isStable: () => connection.signalingState === "stable",
    flow: () => flow(connection),
    close: () => connection.close(),
  };
}

/** Waits until every address was found, or for a moment. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    connection.onicegatheringstatechange = look;
    setTimeout(resolve, GATHER_MS);
    look();
  });
}

type Stats = Record<string, unknown> & { id: string; type: string };

async function statsOf(connection: RTCPeerConnection): Promise<Map<string, Stats>> {
  const all = new Map<string, Stats>();
  (await connection.getStats()).forEach((stats: Stats) => all.set(stats.id, stats));
  return all;
}

async function flow(connection: RTCPeerConnection): Promise<Flow | null> {
  const all = [...(await statsOf(connection)).values()];
  const came = all.filter((stats) => stats.type === "inbound-rtp" && Number(stats["packetsReceived"]) > 0);
  if (came.length === 0) return null;
  // With feedback on what we send, where the browser counts it.
  const transport = all.find((stats) => stats.type === "transport");
  const media = came.reduce((sum, stats) => sum + Number(stats["bytesReceived"]), 0);
  return {
    bytes: Number(transport?.["bytesReceived"] ?? media),
    hasSound: came.some((stats) => stats["kind"] === "audio"),
    hasPath: connection.connectionState === "connected",
  };
}

/** The kinds of the selected pair's two candidates. */
async function path(connection: RTCPeerConnection): Promise<Path | null> {
  const all = await statsOf(connection);
  const transport = [...all.values()].find((stats) => stats.type === "transport");
  const pair = all.get(String(transport?.["selectedCandidatePairId"]));
  const kind = (id: unknown) => all.get(String(id))?.["candidateType"] as CandidateKind | undefined;
  const [local, remote] = [kind(pair?.["localCandidateId"]), kind(pair?.["remoteCandidateId"])];
  return local && remote ? { local, remote } : null;
}

/** Waits for the first decoded frame; false if the connection was closed before. */
async function firstFrame(connection: RTCPeerConnection): Promise<boolean> {
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
