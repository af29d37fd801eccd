/**
 * All that the core needs of the world: time, chance, network, media. It knows no DOM and no framework.
 *
 * `browser/` has the real one; tests have one in which time is a number, so that minutes pass in microseconds.
 */
import type { DtlsState, IceServer, IceState, Path } from "../generated/protocol.js";
/** A WebSocket, as far as we use one. */
export interface Socket {
    send(text: string): void;
    close(code: number, reason: string): void;
}
/** The events of a socket. After `onClose` nothing more comes. */
export interface SocketHandlers {
    onOpen(): void;
    onMessage(text: string): void;
    onClose(code: number): void;
}
/** An answer to a request, as far as we read one. */
export interface Answer {
    readonly ok: boolean;
    readonly status: number;
    /** By lower-case name; left out by an environment whose server sends none that we read. */
    readonly headers?: {
        get(name: string): string | null;
    };
    json(): Promise<unknown>;
}
/** A request. */
export interface Request {
    method: string;
    headers: Record<string, string>;
    body?: string;
    /** `same-origin` sends the page's own cookie, `omit` sends none. */
    credentials: "same-origin" | "omit";
}
/** An `RTCSessionDescriptionInit`. */
export interface SessionDescription {
    type: string;
    sdp?: string;
}
/**
 * One media connection. It negotiates; when to do so is the core's decision. It looks for its own addresses from the
 * moment it is made. Offers are made by one side alone, so none is ever rolled back.
 */
export interface Peer {
    /** Makes an offer, with the addresses found so far in it, and takes it as the local description; `restart` searches
     * for paths anew. An offer that was not answered is superseded by the next. */
    createOffer(restart: boolean): Promise<SessionDescription>;
    /** The local description as it is now: with the addresses found since it was made. */
    description(): SessionDescription | null;
    /** Takes an offer and makes the answer. */
    acceptOffer(offer: SessionDescription): Promise<SessionDescription>;
    acceptAnswer(answer: SessionDescription): Promise<void>;
    /** Whether media take seconds to continue after a restart between these two browsers, and a new connection is quicker. */
    readonly restartsSlowly: boolean;
    addCandidate(candidate: unknown): Promise<void>;
    /** From now on camera and microphone are sent. Until then the connection is made and carries nothing of ours. */
    attach(): void;
    /** Sets the paths that the next search may use. */
    setPaths(paths: Paths): void;
    /** How much of our picture is sent. */
    send(sending: Sending): void;
    /** The other side's media so far; `null` if nothing ever came. */
    flow(): Promise<Flow | null>;
    reading(): Promise<Reading>;
    /** How far it came, for the record. */
    traces(): Traces;
    close(): void;
}
/** The state that a media connection came to. */
export interface Traces {
    /** The two descriptions with their addresses, which are counted by kind and go nowhere. */
    readonly local: string | undefined;
    readonly remote: string | undefined;
    readonly ice: IceState;
    readonly dtls: DtlsState | undefined;
    /** The last error of a STUN or TURN server, 0 if there was none. */
    readonly relayError: number;
}
/** The media that came through a connection since it was made. */
export interface Flow {
    readonly bytes: number;
    /** Whether the browser believes that there is a path. */
    readonly hasPath: boolean;
    /** Frames that were decoded. */
    readonly decoded: number;
    /** Frames that people could see; `null` if nobody can tell: no element plays the stream, or the page is hidden. */
    readonly presented: number | null;
    /** Packets of sound. */
    readonly packets: number;
    /** Samples of sound that were played as they came, not made up. */
    readonly samples: number;
}
/** The paths that a search may use. */
export interface Paths {
    readonly iceServers: IceServer[];
    /** Nothing but relays: the two are not to learn each other's address. */
    readonly relayOnly: boolean;
}
/** The options of a media connection. */
export interface PeerOptions {
    /** The bandwidth that the connection is believed to have at first; `null` if nothing is known. */
    readonly startKbps: number | null;
    /** Whether silence is sent as such instead of as sound. */
    readonly dtx: boolean;
}
/** The settings for our picture. */
export interface Sending {
    /** `false`: sound alone. */
    readonly picture: boolean;
    readonly maxKbps: number;
    /** 1: as it is; 2: half as wide and as high. */
    readonly scaleDownBy: number;
    readonly maxFramerate: number;
}
/** A browser's counts of a media connection since its start. */
export interface Reading {
    /** There and back between the two browsers; `null` if that is not known yet. */
    readonly roundTripMs: number | null;
    /** The bandwidth that the browser believes it may use; `null` if it does not say. */
    readonly availableKbps: number | null;
    readonly receivedBytes: number;
    readonly sentBytes: number;
    /** The other side's media as they came here. */
    readonly sound: Inbound | null;
    readonly picture: Inbound | null;
    /** The share of our packets that was lost on the way lately, 0 to 1, as the other side reported. */
    readonly lostThere: number;
}
/** One medium as it came. */
export interface Inbound {
    readonly packets: number;
    readonly lost: number;
    readonly jitterMs: number;
    readonly freezes: number;
    readonly freezeMs: number;
}
/** The events of a media connection. */
export interface PeerHandlers<Stream> {
    /** An address that is in no description yet. */
    onCandidate(candidate: unknown): void;
    onStream(stream: Stream): void;
    /** ICE and DTLS are done; the path, and how long DTLS took, if the browser tells. */
    onConnected(path: Path | null, dtlsMs: number | null): void;
    /** The first frame of the other side was decoded. */
    onFirstFrame(): void;
    /** The connection cannot be made. One that was there and broke is noticed by its silence. */
    onFailed(): void;
}
/** Something that picture or sound come from or go to. */
export interface Device {
    readonly kind: "camera" | "microphone" | "speaker";
    readonly id: string;
    /** Its name; empty until the person has allowed camera or microphone. */
    readonly label: string;
}
/** The sources of picture and sound. */
export type InputKind = "camera" | "microphone";
/** Camera and microphone, open. */
export interface LocalMedia<Stream> {
    readonly stream: Stream;
    readonly hasMicrophone: boolean;
    readonly hasCamera: boolean;
    /** Whether a screen is shown in the camera's place. */
    readonly isSharing: boolean;
    setMicrophone(on: boolean): void;
    setCamera(on: boolean): void;
    /** Takes another camera or microphone instead of the one in use. */
    use(kind: InputKind, id: string): Promise<void>;
    /** Shows what the person chooses in the camera's place. */
    shareScreen(): Promise<void>;
    stopSharing(): void;
    stop(): void;
}
/** The events of open media. */
export interface LocalMediaHandlers {
    /** The stream has another track: of another device, or of the screen. */
    onTracks(): void;
    /** A device was taken away, and there is no other of its kind. */
    onUnplugged(kind: InputKind): void;
}
/** A small place for texts. */
export interface Store {
    get(key: string): string | null;
    set(key: string, value: string): void;
    remove(key: string): void;
}
export interface Environment<Stream> {
    /** Milliseconds since the epoch. */
    now(): number;
    /** From 0 up to, not including, 1. */
    random(): number;
    /** Reports when the network returned (`true`) or became another (`false`); the result stops it. */
    onOnline(callback: (isBack: boolean) => void): () => void;
    /** Calls back once; the result stops it. */
    after(ms: number, callback: () => void): () => void;
    fetch(url: string, request: Request): Promise<Answer>;
    openSocket(url: string, protocol: string, handlers: SocketHandlers): Socket;
    makePeer(paths: Paths, local: Stream | null, options: PeerOptions, handlers: PeerHandlers<Stream>): Peer;
    /** Rejects with a `CallboxError` whose code starts with `media_`. */
    openMedia(wishes: unknown, handlers: LocalMediaHandlers): Promise<LocalMedia<Stream>>;
    devices(): Promise<Device[]>;
    /** Tells when a device comes or goes; the result stops it. */
    onDevices(callback: () => void): () => void;
    /** Whether the person has asked the browser to save data. */
    readonly savesData: boolean;
    /** Kept for this tab alone. */
    readonly tabStore: Store;
    /** Kept for all tabs of this origin. */
    readonly originStore: Store;
    /** Claims a name for as long as this page lives, once or often; false if another page has it, and keeps it for so long. */
    claim(name: string, patienceMs?: number): Promise<boolean>;
    /** For the developer who watches: something odd that was survived. */
    warn(message: string, error: unknown): void;
    /** The page's origin, or `null` if there is no page. */
    readonly pageOrigin: string | null;
}
