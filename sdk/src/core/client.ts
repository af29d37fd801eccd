/**
 * The client: what an app calls, and what it hears.
 *
 * It ties account, signaling and call together and owns the state. It holds one signaling connection and one
 * call at most. Reconnecting is not in this version: a lost connection ends the wait or the call.
 */
import type { AgeClass, CallKind, ClientFrame, IceServer, Invite, LeaveCause, ServerFrame, User } from "../generated/protocol.js";
import { Account } from "./account.js";
import { Call } from "./call.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Emitter } from "./events.js";
import { Media } from "./media.js";
import { Signaling } from "./signaling.js";
import { matchOf, reduce } from "./state.js";
import type { CallState, EndReason, Match, StateEvent } from "./state.js";

export interface ClientOptions {
  /** Where the server is; the page's own origin if left out. */
  server?: string | { readonly href: string };
  /** Asked at each match, for two seconds; says yes by itself if left out. */
  confirm?: (match: Match) => boolean | Promise<boolean>;
}

/** A line of text, either way. */
export interface ChatLine {
  readonly from: "me" | "peer";
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type SignalingState = "offline" | "connecting" | "online";

export type ClientEvents<Stream> = {
  state: [state: CallState, before: CallState];
  signaling: [signaling: SignalingState];
  user: [user: User];
  "local-stream": [stream: Stream | null];
  "remote-stream": [stream: Stream | null];
  /** Microphone or camera were switched. */
  tracks: [];
  chat: [line: ChatLine];
  /** Something went wrong that no promise tells of. */
  error: [error: CallboxError];
};

export class Client<Stream> extends Emitter<ClientEvents<Stream>> {
  readonly #env: Environment<Stream>;
  readonly #options: ClientOptions;
  readonly #origin: string;
  readonly #account: Account;
  readonly #media: Media<Stream>;
  #state: CallState = { name: "idle" };
  #user: User | null = null;
  #signaling: SignalingState = "offline";
  #connection: Signaling | null = null;
  #connecting: Promise<Signaling> | null = null;
  #iceServers: IceServer[] = [];
  #remoteStream: Stream | null = null;
  #call: Call<Stream> | null = null;
  /** Whom the person wants to meet, `null` once they have left: frames that cross that decision do not undo it. */
  #wish: { readonly kind: CallKind } | null = null;
  #interests: string[] = [];
  #stopRetry: () => void = () => undefined;

  constructor(env: Environment<Stream>, options: ClientOptions = {}) {
    super((error) => env.warn("a listener failed", error));
    this.#env = env;
    this.#options = options;
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    this.#origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    this.#account = new Account(env, this.#origin);
    this.#media = new Media(env, (stream) => {
      this.emit("local-stream", stream);
      this.#move({ type: "media-opened" });
    });
  }

  get state(): CallState {
    return this.#state;
  }
  get signaling(): SignalingState {
    return this.#signaling;
  }
  get user(): User | null {
    return this.#user;
  }
  get localStream(): Stream | null {
    return this.#media.stream;
  }
  get remoteStream(): Stream | null {
    return this.#remoteStream;
  }
  get microphoneOn(): boolean {
    return this.#media.microphoneOn;
  }
  get cameraOn(): boolean {
    return this.#media.cameraOn;
  }

  /** Comes back as the guest of this tab or browser, or becomes a new one. Safe to call twice. */
  async signIn(options: { age?: AgeClass } = {}): Promise<User> {
    const user = this.#user ?? this.#setUser(await this.#account.signIn(options.age));
    return options.age !== undefined && user.age === null ? await this.setAge(options.age) : user;
  }

  /** Answers the age question: once, for good. */
  async setAge(age: AgeClass): Promise<User> {
    return this.#setUser(await this.#account.setAge(age));
  }

  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite(): Promise<Invite> {
    return this.#account.createInvite();
  }

  /** Never meet the other person of this call again. */
  block(call: string): Promise<void> {
    return this.#account.block(call);
  }

  /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
  startMedia(wishes?: unknown): Promise<Stream> {
    return this.#media.open(wishes);
  }

  /** Closes camera and microphone, and with them the wait or the call. */
  stopMedia(): void {
    this.hangUp();
    this.cancel();
    this.#media.close();
    this.emit("local-stream", null);
    this.#move({ type: "media-closed" });
  }

  /** Waits for a stranger. */
  async seek(options: { interests?: string[] } = {}): Promise<void> {
    this.#interests = options.interests ?? this.#interests;
    await this.#wait("seek", "random", () => ({ type: "seek", interests: this.#interests }));
  }

  /** Takes a seat of an invite and waits for the other. */
  async join(invite: string): Promise<void> {
    await this.#wait("join", "invite", () => ({ type: "join", invite }));
  }

  /** Stops waiting. */
  cancel(): void {
    this.#stopRetry();
    this.#wish = null;
    if (this.#state.name !== "queued" && !this.#isRequeued()) return;
    this.#connection?.send({ type: "cancel" });
    this.#move({ type: "unqueued" });
  }

  /** Leaves the call and waits for the next person, in one step. */
  next(options: { interests?: string[] } = {}): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("next");
    this.#interests = options.interests ?? this.#interests;
    this.#wish = { kind: "random" };
    this.#connection?.send({ type: "next", call: match.call, interests: this.#interests });
    this.#over({ cause: "next", by: "me", requeued: true });
  }

  /** Ends the call. */
  hangUp(): void {
    this.#leave("hangup");
  }

  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss(): void {
    if (!this.#isRequeued()) this.#move({ type: "dismissed", hasMedia: this.#media.stream !== null });
  }

  /** Sends a line of text to the other person. */
  sendChat(text: string): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("sendChat");
    this.#connection?.send({ type: "chat", call: match.call, text });
    this.emit("chat", { from: "me", text, at: this.#env.now() });
  }

  setMicrophone(on: boolean): void {
    this.#media.setMicrophone(on);
    this.emit("tracks");
  }

  setCamera(on: boolean): void {
    this.#media.setCamera(on);
    this.emit("tracks");
  }

  /** Ends everything. */
  close(): void {
    this.stopMedia();
    this.#connection?.close();
    this.#connection = null;
    // One that is being made sees that it is not wanted any more.
    this.#connecting = null;
    this.#setSignaling("offline");
  }

  async #wait(name: string, kind: CallKind, frame: () => ClientFrame): Promise<void> {
    if (this.#media.stream === null || matchOf(this.#state) !== null || this.#state.name === "queued") {
      throw this.#wrongState(name);
    }
    this.#stopRetry();
    const wish = { kind };
    this.#wish = wish;
    const connection = await this.#connect();
    // Cancelled meanwhile, or asked anew: the last wish counts.
    if (this.#wish === wish) connection.send(frame());
  }

  /** The open connection, or the one that is being made, or a new one. */
  #connect(): Promise<Signaling> {
    if (this.#connection !== null) return Promise.resolve(this.#connection);
    const connecting: Promise<Signaling> = this.#connecting ?? this.#open(() => this.#connecting === connecting);
    this.#connecting = connecting;
    return connecting;
  }

  async #open(isWanted: () => boolean): Promise<Signaling> {
    const connection = new Signaling(this.#env, {
      onFrame: (frame) => this.#handle(frame),
      onLost: () => this.#lost(),
    });
    try {
      await this.signIn();
      if (!isWanted()) throw closedMeanwhile();
      this.#setSignaling("connecting");
      const hello = await connection.connect(this.#origin, this.#account.token);
      if (!isWanted()) throw closedMeanwhile();
      this.#iceServers = hello.ice_servers;
      this.#setUser(hello.user);
      this.#connection = connection;
      this.#setSignaling("online");
      return connection;
    } catch (error) {
      connection.close();
      // The next attempt signs in anew, instead of meeting the same refusal for ever.
      if (error instanceof CallboxError && error.code === "unauthenticated") this.#user = null;
      if (isWanted()) this.#setSignaling("offline");
      throw error;
    } finally {
      if (isWanted()) this.#connecting = null;
    }
  }

  #lost(): void {
    this.#connection = null;
    this.#wish = null;
    this.#stopRetry();
    this.#setSignaling("offline");
    this.#over({ cause: "signaling_lost", by: null, requeued: false });
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case "queued":
        // The lobby put us back in line while we were leaving.
        if (this.#wish === null) this.#connection?.send({ type: "cancel" });
        if (this.#wish?.kind !== frame.kind) return;
        return this.#move({ type: "queued", kind: frame.kind, since: this.#env.now() - frame.waited_ms });
      case "idle":
        return this.#move({ type: "unqueued" });
      case "match":
        if (this.#wish?.kind !== frame.kind) return this.#connection?.send({ type: "decline", call: frame.call });
        return void this.#confirm({
          call: frame.call,
          kind: frame.kind,
          side: frame.you,
          polite: frame.polite === frame.you,
          sharedInterests: frame.shared_interests,
          metBefore: frame.met_before,
        });
      case "begin":
        return this.#begin(frame.call);
      case "offer":
      case "answer":
      case "candidates":
        if (this.#call?.match.call === frame.call) this.#call.handle(frame);
        return;
      case "chat":
        if (matchOf(this.#state)?.call !== frame.call) return;
        return this.emit("chat", { from: "peer", text: frame.text, at: this.#env.now() });
      case "end": {
        const match = matchOf(this.#state);
        if (match?.call !== frame.call) return;
        const by = frame.by === null ? null : frame.by === match.side ? "me" : "peer";
        return this.#over({ cause: frame.cause, by, requeued: frame.requeued });
      }
      case "error":
        return this.#refused(frame);
      default:
        // `leave` comes before the socket's end, which tells the same; `hello` and `ping` are signaling's.
        return;
    }
  }

  async #confirm(match: Match): Promise<void> {
    this.#move({ type: "matched", match });
    let answer = true;
    try {
      answer = await (this.#options.confirm?.(match) ?? true);
    } catch (error) {
      this.#env.warn("`confirm` failed, so the match is declined", error);
      answer = false;
    }
    if (matchOf(this.#state)?.call === match.call) {
      this.#connection?.send({ type: answer ? "confirm" : "decline", call: match.call });
    }
  }

  #begin(id: string): void {
    const match = matchOf(this.#state);
    if (match?.call !== id) return;
    this.#move({ type: "begun" });
    this.#call = new Call(this.#env, match, this.#iceServers, this.localStream, {
      send: (frame) => this.#connection?.send(frame),
      onStream: (stream) => {
        this.#remoteStream = stream;
        this.emit("remote-stream", stream);
      },
      onConnected: () => this.#move({ type: "connected", now: this.#env.now() }),
      onFailed: (cause) => this.#leave(cause),
    });
  }

  #leave(cause: LeaveCause): void {
    const match = matchOf(this.#state);
    if (match === null) return;
    this.#wish = null;
    this.#connection?.send({ type: "end", call: match.call, cause });
    this.#over({ cause, by: "me", requeued: false });
  }

  #over(reason: EndReason): void {
    this.#call?.close();
    this.#call = null;
    this.#move({ type: "ended", reason });
    if (this.#remoteStream !== null) {
      this.#remoteStream = null;
      this.emit("remote-stream", null);
    }
  }

  #refused(frame: Extract<ServerFrame, { type: "error" }>): void {
    const retryAfterMs = frame.retry_after_ms;
    // A frame that crossed the end of its call on the way: it happens whenever two act at once.
    if (frame.code === "not_in_call") return;
    this.emit("error", new CallboxError(frame.code, frame.message, retryAfterMs === undefined ? {} : { retryAfterMs }));
    if (frame.code === "rate_limited" && retryAfterMs !== undefined && this.#wish?.kind === "random") {
      this.#stopRetry();
      this.#stopRetry = this.#env.after(retryAfterMs, () => {
        this.#connection?.send({ type: "seek", interests: this.#interests });
      });
    } else if (this.#isRequeued()) {
      this.#move({ type: "unqueued" });
    }
  }

  #isRequeued(): boolean {
    return this.#state.name === "ended" && this.#state.reason.requeued;
  }

  #move(event: StateEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (this.#state !== before) this.emit("state", this.#state, before);
  }

  #setUser(user: User): User {
    this.#user = user;
    this.emit("user", user);
    return user;
  }

  #setSignaling(signaling: SignalingState): void {
    if (this.#signaling === signaling) return;
    this.#signaling = signaling;
    this.emit("signaling", signaling);
  }

  #wrongState(method: string): CallboxError {
    const hint = this.#media.stream === null ? "; call `startMedia` first" : "";
    return new CallboxError("wrong_state", `\`${method}\` does not fit the state "${this.#state.name}"${hint}.`);
  }
}

function closedMeanwhile(): CallboxError {
  return new CallboxError("wrong_state", "The client was closed while it connected.");
}
