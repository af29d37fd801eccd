/**
 * The call that a client is in, and the connection that is ready for the next one.
 *
 * Finding one's own addresses takes a round trip to a server, so it is done while the person looks at themselves or waits. A user
 * who waits longer than a moment leaves an offer with the server, which travels with the match: that saves a round trip to
 * it. A connection is made anew if the network changed meanwhile: its addresses are of the old one. The code of a call
 * is loaded when somebody may come, before anything is asked of the server.
 */
import type { Call } from "./call.js";
import type { Begin, CallHandlers, MediaOptions } from "./call-setup.js";
import type { Environment, Paths } from "./environment.js";
import { BURST_MS } from "./link.js";
import type { Counts } from "./offers.js";
import type { Match } from "./state.js";

export interface CallsHandlers<Stream> extends Omit<CallHandlers<Stream>, "onStream"> {
  onStream(stream: Stream | null): void;
}

/** A user who can be matched at once is matched within this: until then a connection stays fit to answer. */
const PARK_MS = 100;

export class Calls<Stream> {
  readonly #env: Environment<Stream>;
  readonly #media: MediaOptions;
  readonly #handlers: CallsHandlers<Stream>;
  #paths: Paths = { iceServers: [], relayOnly: false };
  #isHiding = false;
  #savesData: boolean;
  /** The estimate of the network's bandwidth in the last call. */
  #startKbps: number | null = null;
  #module: typeof import("./call.js") | null = null;
  #ready: { readonly call: Call<Stream>; readonly local: Stream | null } | null = null;
  #isParking = false;
  /** Offers for the next match are counted, so that an answer says which one it is for. */
  #parked = 0;
  #call: Call<Stream> | null = null;
  #remoteStream: Stream | null = null;
  #stopWatching: () => void = () => undefined;
  #stopParking: () => void = () => undefined;
  #stopBurst: () => void = () => undefined;

  constructor(env: Environment<Stream>, media: MediaOptions, handlers: CallsHandlers<Stream>) {
    this.#env = env;
    this.#savesData = env.savesData;
    this.#media = media;
    this.#handlers = handlers;
  }

  get remoteStream(): Stream | null {
    return this.#remoteStream;
  }

  /** The call's media, from the match to the end. */
  get current(): Call<Stream> | null {
    return this.#call;
  }

  /** How far the call's offers and connections were counted. */
  get counts(): Counts {
    return this.#call?.counts ?? { offer: 0, connection: 0 };
  }

  setPaths(paths: Paths): void {
    this.#paths = paths;
    this.#call?.setIceServers(paths.iceServers);
    this.#remake();
  }

  /** Other servers, or other credentials for them. */
  setIceServers(iceServers: Paths["iceServers"]): void {
    this.setPaths({ ...this.#paths, iceServers });
  }

  /** The person's wish to hide their address in later calls, beyond what the app asks for. */
  setHiding(on: boolean): void {
    if (this.#isHiding === on) return;
    this.#isHiding = on;
    this.#remake();
  }

  /** Whether our picture is kept small, to save data. */
  get savesData(): boolean {
    return this.#savesData;
  }

  /** The person wants to save data, or not any more. */
  setSaving(on: boolean): void {
    this.#savesData = on;
    this.#call?.setSaving(on);
    this.#ready?.call.setSaving(on);
  }

  /** Loads what a call is made of; to be awaited before anything else of this. */
  async load(): Promise<void> {
    this.#module ??= await import("./call.js");
  }

  /** Somebody may come. */
  prepare(local: Stream | null): void {
    if (this.#ready !== null) return;
    this.#ready = { call: this.#make(local, this.#paths.relayOnly || this.#isHiding), local };
    this.#stopWatching();
    this.#stopWatching = this.#env.onOnline(() => {
      this.#stopBurst();
      this.#stopBurst = this.#env.after(BURST_MS, () => this.#remake());
    });
    if (this.#isParking) this.#park();
  }

  /** We wait: our offer is to be with the server when somebody comes. */
  park(): void {
    this.#isParking = true;
    this.#park();
  }

  /** We wait no more, and may again. */
  unpark(): void {
    this.#isParking = false;
    this.#stopParking();
    // One with an offer takes no other.
    if (this.#ready?.call.isParked) this.#remake();
  }

  /** Nobody will come. */
  discard(): void {
    this.#isParking = false;
    this.#stopParking();
    this.#stopBurst();
    if (this.#ready === null) return;
    this.#stopWatching();
    this.#ready.call.close();
    this.#ready = null;
  }

  /** Somebody came, or a page returned to its call. */
  start(match: Match, local: Stream | null, begin: Omit<Begin, "parked">): void {
    this.#call?.close();
    const relayOnly = match.relay !== "auto";
    // One that has asked for other addresses would use them, whatever we set now.
    if (this.#ready?.call.relayOnly !== relayOnly) this.discard();
    this.#isParking = false;
    this.#stopParking();
    this.#stopBurst();
    this.#call = this.#ready?.call ?? this.#make(local, relayOnly);
    this.#ready = null;
    this.#stopWatching();
    this.#stopWatching = this.#env.onOnline(() => this.#call?.handleNetwork());
    this.#call.start(match, { ...begin, parked: this.#parked });
  }

  /** The call has ended. */
  end(): void {
    if (this.#call !== null) this.#stopWatching();
    this.#startKbps = this.#call?.availableKbps ?? this.#startKbps;
    this.#call?.close();
    this.#call = null;
    this.#setStream(null);
  }

  #park(): void {
    this.#stopParking();
    this.#stopParking = this.#env.after(PARK_MS, () => void this.#ready?.call.park(++this.#parked));
  }

  /** The ready connection was made for another network, other servers or other wishes. */
  #remake(): void {
    if (this.#ready === null) return;
    const { call, local } = this.#ready;
    this.#ready = null;
    call.close();
    this.prepare(local);
  }

  #make(local: Stream | null, relayOnly: boolean): Call<Stream> {
    const setup = { paths: { ...this.#paths, relayOnly }, local, startKbps: this.#startKbps, media: this.#media, isSaving: this.#savesData };
    if (this.#module === null) throw new Error("what a call is made of was not loaded");
    return new this.#module.Call(this.#env, setup, {
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
