/**
 * A browser's peer connection behind the core's small interface.
 *
 * One bundle for audio and video, so one path is searched for both. Statistics are read only to find out the
 * path and the first decoded frame, and only until then.
 */
import type { Peer, PeerHandlers, SessionDescription } from "../core/environment.js";
import type { CandidateKind, IceServer, Path } from "../generated/protocol.js";

/** Statistics cost the browser a millisecond or two; ten a second are seldom noticed. */
const LOOK_MS = 100;
/** Sound alone counts as a first frame once this much of it came without a picture. */
const SOUND_ONLY_MS = 2_000;

export function makePeer(iceServers: IceServer[], local: MediaStream | null, handlers: PeerHandlers<MediaStream>): Peer {
  const connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  const remote = new MediaStream();
  for (const kind of ["audio", "video"] as const) {
    const track = local?.getTracks().find((track) => track.kind === kind);
    // Without a microphone or camera of our own we still hear and see.
    if (track && local) connection.addTrack(track, local);
    else connection.addTransceiver(kind, { direction: "recvonly" });
  }
  connection.ontrack = ({ track }) => {
    remote.addTrack(track);
    handlers.onStream(remote);
  };
  connection.onicecandidate = ({ candidate }) => {
    // The empty candidate means that there are no more; old browsers stumble over it.
    if (candidate?.candidate) handlers.onCandidate(candidate.toJSON());
  };
  let wasConnected = false;
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === "failed") handlers.onFailed();
    if (connection.connectionState !== "connected" || wasConnected) return;
    wasConnected = true;
    void path(connection).then(handlers.onConnected, () => handlers.onConnected(null));
    void firstFrame(connection).then((came) => came && handlers.onFirstFrame());
  };
  return {
    async createOffer(restart) {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: restart }));
      return description(connection);
    },
    async acceptOffer(offer) {
      await connection.setRemoteDescription(offer as RTCSessionDescriptionInit);
      await connection.setLocalDescription();
      return description(connection);
    },
    async acceptAnswer(answer) {
      await connection.setRemoteDescription(answer as RTCSessionDescriptionInit);
    },
    addCandidate: (candidate) => connection.addIceCandidate(candidate as RTCIceCandidateInit),
    isStable: () => connection.signalingState === "stable",
    close: () => connection.close(),
  };
}

function description(connection: RTCPeerConnection): SessionDescription {
  const { type, sdp } = connection.localDescription!;
  return { type, sdp };
}

type Stats = Record<string, unknown> & { id: string; type: string };

async function statsOf(connection: RTCPeerConnection): Promise<Map<string, Stats>> {
  const all = new Map<string, Stats>();
  (await connection.getStats()).forEach((stats: Stats) => all.set(stats.id, stats));
  return all;
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
