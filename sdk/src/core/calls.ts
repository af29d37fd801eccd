/**
 * The call that a client is in, and the connection that is ready for the next one.
 *
 * Finding one's own addresses takes a round trip to a server, so it is done while the person waits. A connection is
 * made anew where the network changed meanwhile: its addresses are of the old one.
 */
import { Call } from "./call.js";
import type { CallHandlers, MediaOptions, RelayedFrame } from "./call.js";
import type { Environment, Paths } from "./environment.js";
import type { Match } from "./state.js";

export interface CallsHandlers<Stream> extends Omit<CallHandlers<Stream>, "onStream"> {
  onStream(stream: Stream | null): void;
}

export class Calls<Stream> {
  readonly #env: Environment<Stream>;
  readonly #media: MediaOptions;
  readonly #handlers: CallsHandlers<Stream>;
  #paths: Paths = { iceServers: [], relayOnly: false };
  #isHiding = false;
  #isSaving = false;
  /** What the network was believed to carry in the last call. */
  #startKbps: number | null = null;
  #ready: Call<Stream> | null = null;
  #call: Call<Stream> | null = null;
  #remoteStream: Stream | null = null;
  #stopWatching: () => void = () => undefined;

  constructor(env: Environment<Stream>, media: MediaOptions, handlers: CallsHandlers<Stream>) {
    this.#env = env;
    this.#media = media;
    this.#handlers = handlers;
  }

  get remoteStream(): Stream | null {
    return this.#remoteStream;
  }

  setPaths(paths: Paths): void {
    this.#paths = paths;
    this.#call?.setIceServers(paths.iceServers);
    this.#ready?.setIceServers(paths.iceServers);
  }

  /** What the person wants of calls to come, more than the app does. */
  setHiding(on: boolean): void {
    this.#isHiding = on;
  }

  /** Both have stayed: this call may take the shortest path. */
  reveal(call: string): void {
    if (this.#call?.isOf(call)) this.#call.reveal();
  }

  /** The person wants to save data, or not any more. */
  setSaving(on: boolean): void {
    this.#isSaving = on;
    this.#call?.setSaving(on);
    this.#ready?.setSaving(on);
  }

  /** Another camera or microphone is in the local stream, or another picture. */
  handleTracks(): void {
    this.#call?.handleTracks();
  }

  /** Somebody may come. */
  prepare(local: Stream | null): void {
    if (this.#ready !== null) return;
    this.#ready = this.#make(local, this.#paths.relayOnly || this.#isHiding);
    this.#stopWatching = this.#env.onOnline(() => {
      this.discard();
      this.prepare(local);
    });
  }

  /** Nobody will come. */
  discard(): void {
    if (this.#ready === null) return;
    this.#stopWatching();
    this.#ready.close();
    this.#ready = null;
  }

  /** Somebody came. */
  start(match: Match, local: Stream | null): void {
    this.#call?.close();
    const relayOnly = match.relay !== "auto";
    // One that has asked for other addresses would use them, whatever it is told now.
    if (this.#ready?.relayOnly !== relayOnly) this.discard();
    this.#call = this.#ready ?? this.#make(local, relayOnly);
    this.#ready = null;
    this.#stopWatching();
    this.#stopWatching = this.#env.onOnline(() => this.#call?.handleNetwork());
    this.#call.start(match);
  }

  /** We have confirmed the call. */
  negotiate(): void {
    this.#call?.negotiate();
  }

  /** Both have. */
  begin(): void {
    this.#call?.begin();
  }

  /** The server forgot how far we were. */
  negotiateAnew(): void {
    this.#call?.negotiateAnew();
  }

  /** A frame of the other side. */
  handle(frame: RelayedFrame): void {
    if (this.#call?.isOf(frame.call)) this.#call.handle(frame);
  }

  /** The call is over. */
  end(): void {
    if (this.#call !== null) this.#stopWatching();
    this.#startKbps = this.#call?.availableKbps ?? this.#startKbps;
    this.#call?.close();
    this.#call = null;
    this.#setStream(null);
  }

  #make(local: Stream | null, relayOnly: boolean): Call<Stream> {
    const setup = { paths: { ...this.#paths, relayOnly }, local, startKbps: this.#startKbps, media: this.#media, isSaving: this.#isSaving };
    return new Call(this.#env, setup, {
      ...this.#handlers,
      onStream: (stream) => this.#setStream(stream),
    });
  }

  #setStream(stream: Stream | null): void {
    if (stream === null && this.#remoteStream === null) return;
    this.#remoteStream = stream;
    this.#handlers.onStream(stream);
  }
}
