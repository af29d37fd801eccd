/**
 * All that the core needs of the world: time, chance, network, media. It knows no DOM and no framework.
 *
 * `browser/` has the real one; tests have one in which time is a number, so that minutes pass in microseconds.
 */
import type { IceServer, Path } from "../generated/protocol.js";

/** A WebSocket, as far as we use one. */
export interface Socket {
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** What a socket tells. After `onClose` nothing more comes. */
export interface SocketHandlers {
  onOpen(): void;
  onMessage(text: string): void;
  onClose(code: number): void;
}

/** An answer to a request, as far as we read one. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
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
 * moment it is made.
 */
export interface Peer {
  /** Makes an offer, with the addresses found so far in it, and takes it as the local description; `restart` searches
   * for paths anew. */
  createOffer(restart: boolean): Promise<SessionDescription>;
  /** Takes an offer, rolling back one of its own if need be, and makes the answer. */
  acceptOffer(offer: SessionDescription): Promise<SessionDescription>;
  acceptAnswer(answer: SessionDescription): Promise<void>;
  addCandidate(candidate: unknown): Promise<void>;
  /** From now on camera and microphone are sent. Until then the connection is made and carries nothing of ours. */
  attach(): void;
  /** Whether no offer is under way. */
  isStable(): boolean;
  /** What has come of the other side's media so far; `null` where nothing ever did. */
  flow(): Promise<Flow | null>;
  close(): void;
}

/** What came through a media connection. */
export interface Flow {
  readonly bytes: number;
  /** Whether sound is sent, which comes all the time. */
  readonly hasSound: boolean;
  /** Whether the browser believes that there is a path. */
  readonly hasPath: boolean;
}

/** What a media connection tells. */
export interface PeerHandlers<Stream> {
  /** An address that is in no description yet. */
  onCandidate(candidate: unknown): void;
  onStream(stream: Stream): void;
  /** ICE and DTLS are done; `path` where the browser tells. */
  onConnected(path: Path | null): void;
  /** The first frame of the other side was decoded. */
  onFirstFrame(): void;
  /** The connection cannot be made. One that was there and broke is told by its silence. */
  onFailed(): void;
}

/** Camera and microphone, open. */
export interface LocalMedia<Stream> {
  readonly stream: Stream;
  readonly hasMicrophone: boolean;
  readonly hasCamera: boolean;
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  stop(): void;
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
  /** Tells when the network came back (`true`) or became another (`false`); the result stops it. */
  onOnline(callback: (isBack: boolean) => void): () => void;
  /** Calls back once; the result stops it. */
  after(ms: number, callback: () => void): () => void;
  fetch(url: string, request: Request): Promise<Answer>;
  openSocket(url: string, protocol: string, handlers: SocketHandlers): Socket;
  makePeer(iceServers: IceServer[], local: Stream | null, handlers: PeerHandlers<Stream>): Peer;
  /** Rejects with a `CallboxError` whose code starts with `media_`. */
  openMedia(wishes: unknown): Promise<LocalMedia<Stream>>;
  /** Kept for this tab alone. */
  readonly tabStore: Store;
  /** Kept for all tabs of this origin. */
  readonly originStore: Store;
  /** Claims a name for as long as this tab lives, once or often; false if another tab has it. */
  claim(name: string): Promise<boolean>;
  /** For the developer who watches: something odd that was survived. */
  warn(message: string, error: unknown): void;
  /** The page's origin, or `null` where there is no page. */
  readonly pageOrigin: string | null;
}
