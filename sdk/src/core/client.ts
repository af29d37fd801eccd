/**
 * The client: what an app calls, and what it hears.
 *
 * It ties account, media, link and call together and owns the state. It holds one session and one call at most. A lost
 * connection to the server ends neither the wait nor the call: the link comes back, and media goes its own way.
 */
import type { CallKind, ClientFrame, LeaveCause, RelayPolicy, ServerFrame, Snapshot } from "../generated/protocol.js";
import type { MediaState } from "./call.js";
import { Calls } from "./calls.js";
import { MediaClient } from "./client-media.js";
import type { Environment } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Link } from "./link.js";
import type { SignalingState } from "./link.js";
import type { ChatLine, ClientOptions, SeekOptions } from "./options.js";
import type { CallQuality } from "./quality.js";
import { reconcile } from "./reconcile.js";
import { matchOf, reduce } from "./state.js";
import type { CallState, EndReason, Match, StateEvent } from "./state.js";

/** More than anybody scrolls back through. */
const CHAT_LINES_MAX = 200;

export class Client<Stream> extends MediaClient<Stream> {
  readonly #options: ClientOptions;
  readonly #link: Link;
  readonly #calls: Calls<Stream>;
  #state: CallState = { name: "idle" };
  /** Whom the person wants to meet, `null` once they have left: frames that cross that decision do not undo it. */
  #wish: { readonly kind: CallKind; readonly frame: () => ClientFrame } | null = null;
  /** The call that we confirmed, and what proves it to a server that forgot it. */
  #confirmed: { readonly call: string; readonly grant: string } | null = null;
  #interests: string[] = [];
  /** Nothing before the person has said something. */
  #relay: { readonly relay?: RelayPolicy } = {};
  #mediaState: MediaState = "flowing";
  #quality: CallQuality | null = null;
  #chat: readonly ChatLine[] = [];
  #stopRetry: () => void = () => undefined;

  constructor(env: Environment<Stream>, options: ClientOptions = {}) {
    super(env, options);
    this.#options = options;
    this.#link = new Link(env, this.origin, {
      onState: (state) => this.emit("signaling", state),
      onFrame: (frame) => this.#handle(frame),
      onHello: (hello) => {
        this.#calls.setPaths({ iceServers: hello.ice_servers, relayOnly: hello.relay_policy !== "auto" });
        this.setUser(hello.user);
      },
      onReset: (snapshot, lost) => this.#reconcile(snapshot, lost),
      onRefused: (error) => {
        this.#over({ cause: "signaling_lost", by: null, requeued: false });
        this.emit("error", error);
      },
      signIn: async () => {
        await this.signIn();
        return this.login.token;
      },
      // The next attempt signs in anew, instead of meeting the same refusal for ever.
      onUnknown: () => this.forgetUser(),
      grant: () => (this.#confirmed?.call === matchOf(this.#state)?.call ? (this.#confirmed?.grant ?? null) : null),
    });
    this.#calls = new Calls(env, options.media ?? {}, {
      send: (frame) => this.#link.send(frame),
      onStream: (stream) => this.emit("remote-stream", stream),
      onConnected: () => this.#move({ type: "connected", now: this.env.now() }),
      onMedia: (media) => {
        // A network that took the path may have taken the socket: a new one is there sooner than the old one's end.
        if (media === "interrupted") this.#link.renew();
        this.#mediaState = media;
        this.emit("media", media);
      },
      onQuality: (quality) => this.#setQuality(quality),
      isOnline: () => this.#link.state === "online",
      onFailed: (cause) => this.#leave(cause),
    });
    this.handleSaving();
  }

  get state(): CallState {
    return this.#state;
  }
  get signaling(): SignalingState {
    return this.#link.state;
  }
  get remoteStream(): Stream | null {
    return this.#calls.remoteStream;
  }

  /** Whether the other side's picture and sound come, once they have. */
  get mediaState(): MediaState {
    return this.#mediaState;
  }
  /** How the call is going; `null` before its first second, and after it. */
  get quality(): CallQuality | null {
    return this.#quality;
  }
  /** The lines of this call, or of the last one, oldest first: the last 200. */
  get chat(): readonly ChatLine[] {
    return this.#chat;
  }

  /** Closes camera and microphone, and with them the wait or the call. */
  stopMedia(): void {
    this.hangUp();
    this.cancel();
    this.closeMedia();
    this.#move({ type: "media-closed" });
  }

  /** Waits for a stranger. */
  async seek(options: SeekOptions = {}): Promise<void> {
    this.#prefer(options);
    await this.#wait("seek", "random", this.#seekFrame);
  }

  /** Takes a seat of an invite and waits for the other. */
  async join(invite: string, options: Pick<SeekOptions, "relay"> = {}): Promise<void> {
    this.#prefer(options);
    await this.#wait("join", "invite", () => ({ type: "join", invite, ...this.#relay }));
  }

  /** Stops waiting. */
  cancel(): void {
    this.#stopRetry();
    this.#wish = null;
    if (this.#state.name !== "queued" && !this.#isRequeued()) return;
    this.#link.send({ type: "cancel" });
    this.#move({ type: "unqueued" });
  }

  /** Leaves the call and waits for the next person, in one step. */
  next(options: SeekOptions = {}): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("next");
    this.#prefer(options);
    this.#wish = { kind: "random", frame: this.#seekFrame };
    this.#link.send({ type: "next", call: match.call, interests: this.#interests, ...this.#relay });
    this.#over({ cause: "next", by: "me", requeued: true });
  }

  /** Ends the call. */
  hangUp(): void {
    this.#leave("hangup");
  }

  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss(): void {
    if (!this.#isRequeued()) this.#move({ type: "dismissed", hasMedia: this.localStream !== null });
  }

  /** Sends a line of text to the other person. */
  sendChat(text: string): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("sendChat");
    this.#link.send({ type: "chat", call: match.call, text });
    this.#addLine("me", text);
  }

  /** Ends everything. */
  close(): void {
    this.stopMedia();
    this.#link.close();
    this.stopListening();
  }

  protected override handleLeft(): void {
    this.hangUp();
    this.cancel();
    this.#link.close();
  }

  protected override handleMediaOpened(): void {
    this.#move({ type: "media-opened" });
  }

  protected override handleTracks(): void {
    this.#calls.handleTracks();
  }

  protected override handleSaving(): void {
    this.#calls.setSaving(this.savesData);
  }

  readonly #seekFrame = (): ClientFrame => ({ type: "seek", interests: this.#interests, ...this.#relay });

  #prefer({ interests, relay }: SeekOptions): void {
    this.#interests = interests ?? this.#interests;
    if (relay === undefined) return;
    this.#relay = { relay };
    this.#calls.setHiding(relay !== "auto");
  }

  async #wait(name: string, kind: CallKind, frame: () => ClientFrame): Promise<void> {
    if (this.localStream === null || matchOf(this.#state) !== null || this.#state.name === "queued") {
      throw this.#wrongState(name);
    }
    this.#stopRetry();
    const wish = { kind, frame };
    this.#wish = wish;
    await this.#link.connect();
    // Cancelled meanwhile, or asked anew: the last wish counts.
    if (this.#wish === wish) this.#link.send(frame());
  }

  #reconcile(snapshot: Snapshot, lost: ClientFrame[]): void {
    const match = matchOf(this.#state);
    const { leave, isOver, call, wait } = reconcile(snapshot, this.#state, this.#wish?.kind ?? null, this.#confirmed?.call === match?.call);
    if (lost.some((frame) => frame.type === "chat")) {
      this.emit("error", new CallboxError("chat_uncertain", "The connection was interrupted: your last line may not have arrived."));
    }
    if (leave !== null) this.#link.send({ type: "end", call: leave, cause: "hangup" });
    if (isOver) this.#over({ cause: "signaling_lost", by: null, requeued: wait === "ask" || wait === "queued" });
    if (call === "begin" && match) this.#begin(match.call);
    if (call === "confirm" && match) this.#link.send({ type: "confirm", call: match.call });
    // Whatever we sent of it may be lost.
    if (call !== null) this.#calls.negotiateAnew();
    if (wait === "cancel") this.#link.send({ type: "cancel" });
    if (wait === "ask" && this.#wish) this.#link.send(this.#wish.frame());
    if (wait === "queued" && snapshot.state === "queued") {
      this.#move({ type: "queued", kind: snapshot.kind, since: this.env.now() - snapshot.waited_ms });
    }
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case "queued":
        // The lobby put us back in line while we were leaving.
        if (this.#wish === null) this.#link.send({ type: "cancel" });
        if (this.#wish?.kind !== frame.kind) return;
        this.#calls.prepare(this.localStream);
        return this.#move({ type: "queued", kind: frame.kind, since: this.env.now() - frame.waited_ms });
      case "idle":
        return this.#move({ type: "unqueued" });
      case "match":
        if (this.#wish?.kind !== frame.kind) return this.#link.send({ type: "decline", call: frame.call });
        return void this.#confirm({
          call: frame.call,
          kind: frame.kind,
          side: frame.you,
          polite: frame.polite === frame.you,
          sharedInterests: frame.shared_interests,
          metBefore: frame.met_before,
          relay: frame.relay_policy,
        }, frame.grant);
      case "begin":
        return this.#begin(frame.call);
      case "reveal":
        return this.#calls.reveal(frame.call);
      case "offer":
      case "answer":
      case "candidates":
        return this.#calls.handle(frame);
      case "chat":
        if (matchOf(this.#state)?.call !== frame.call) return;
        return this.#addLine("peer", frame.text);
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

  async #confirm(match: Match, grant: string): Promise<void> {
    this.#mediaState = "flowing";
    this.#chat = [];
    this.#calls.start(match, this.localStream);
    if (this.#options.negotiateBeforeConfirm ?? true) this.#calls.negotiate();
    this.#move({ type: "matched", match });
    let answer = true;
    try {
      answer = await (this.#options.confirm?.(match) ?? true);
    } catch (error) {
      this.env.warn("`confirm` failed, so the match is declined", error);
      answer = false;
    }
    if (matchOf(this.#state)?.call !== match.call) return;
    if (answer) this.#confirmed = { call: match.call, grant };
    this.#link.send({ type: answer ? "confirm" : "decline", call: match.call });
    if (answer) this.#calls.negotiate();
  }

  #begin(id: string): void {
    if (matchOf(this.#state)?.call !== id) return;
    this.#move({ type: "begun" });
    this.#calls.begin();
  }

  #leave(cause: LeaveCause): void {
    const match = matchOf(this.#state);
    if (match === null) return;
    this.#wish = null;
    this.#link.send({ type: "end", call: match.call, cause });
    this.#over({ cause, by: "me", requeued: false });
  }

  #over(reason: EndReason): void {
    this.#confirmed = null;
    if (!reason.requeued) this.#wish = null;
    const hadCall = matchOf(this.#state) !== null;
    this.#move({ type: "ended", reason });
    this.#calls.end();
    if (hadCall) this.#setQuality(null);
  }

  #refused(frame: Extract<ServerFrame, { type: "error" }>): void {
    const retryAfterMs = frame.retry_after_ms;
    // A frame that crossed the end of its call on the way: it happens whenever two act at once.
    if (frame.code === "not_in_call") return;
    if (frame.code === "busy") return this.#askAgain();
    this.emit("error", new CallboxError(frame.code, frame.message, { retryAfterMs }));
    if (frame.code === "rate_limited" && retryAfterMs !== undefined && this.#wish?.kind === "random") {
      this.#stopRetry();
      this.#stopRetry = this.env.after(retryAfterMs, () => {
        this.#link.send(this.#seekFrame());
      });
    } else if (this.#isRequeued()) {
      this.#move({ type: "unqueued" });
    }
  }

  /** What we asked for crossed a wait or a match that we did not know of; that is declined, or ends here. */
  #askAgain(): void {
    if (this.#wish === null || matchOf(this.#state) !== null || this.#state.name === "queued") return;
    this.#link.send({ type: "cancel" });
    this.#link.send(this.#wish.frame());
  }

  #isRequeued(): boolean {
    return this.#state.name === "ended" && this.#state.reason.requeued;
  }

  #setQuality(quality: CallQuality | null): void {
    this.#quality = quality;
    this.emit("quality", quality);
  }

  #addLine(from: ChatLine["from"], text: string): void {
    const line = { from, text, at: this.env.now() };
    this.#chat = [...this.#chat.slice(1 - CHAT_LINES_MAX), line];
    this.emit("chat", line);
  }

  #move(event: StateEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    // Ready for somebody only while somebody may come.
    if (this.#state.name !== "queued") this.#calls.discard();
    if (this.#state !== before) this.emit("state", this.#state, before);
  }

  #wrongState(method: string): CallboxError {
    const hint = this.localStream === null ? "; call `startMedia` first" : "";
    return new CallboxError("wrong_state", `\`${method}\` does not fit the state "${this.#state.name}"${hint}.`);
  }
}
