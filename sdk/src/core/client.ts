/**
 * The client: what an app calls, and what it hears.
 *
 * It ties account, media, link and call together and owns the state. It holds one session and one call at most. A lost
 * connection to the server ends neither the wait nor the call: the link comes back, and media goes its own way.
 */
import type { ClientFrame, LeaveCause, ServerFrame, Snapshot } from "../generated/protocol.js";
import { Calls } from "./calls.js";
import { ViewClient } from "./client-view.js";
import type { Environment } from "./environment.js";
import { CallboxError, wrongState } from "./errors.js";
import { Link } from "./link.js";
import type { HelloFrame } from "./signaling.js";
import type { SignalingState } from "./link.js";
import type { ClientOptions, SeekOptions } from "./options.js";
import { reconcile } from "./reconcile.js";
import { RETURN_MS, Seats } from "./seat.js";
import { isRequeued, matchFrom, matchOf, reduce } from "./state.js";
import type { CallState, EndReason, Match, StateEvent } from "./state.js";
import { Preferences } from "./wish.js";
import type { Wish } from "./wish.js";


export class Client<Stream> extends ViewClient<Stream> {
  readonly #options: ClientOptions;
  readonly #link: Link;
  readonly #calls: Calls<Stream>;
  readonly #seats: Seats;
  /** Whether to be ready while nobody is waited for. */
  #isPrepared = false;
  #state: CallState = { name: "idle" };
  /** Whom the person wants to meet, `null` once they have left: frames that cross that decision do not undo it. */
  #wish: Wish | null = null;
  readonly #preferences = new Preferences();
  #stopRetry: () => void = () => undefined;

  constructor(env: Environment<Stream>, options: ClientOptions = {}) {
    super(env, options);
    this.#options = options;
    this.#seats = new Seats(env, this.origin);
    this.#link = new Link(env, this.origin, {
      onState: (state) => this.emit("signaling", state),
      onSure: (isSure) => this.#calls.handleSure(isSure),
      onFrame: (frame) => this.#handle(frame),
      onHello: (hello) => this.#welcomed(hello),
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
      grant: () => this.#seats.grant,
    });
    this.#calls = new Calls(env, options.media ?? {}, {
      send: (frame) => this.#link.send(frame),
      onStream: (stream) => this.emit("remote-stream", stream),
      onConnected: () => {
        const since = this.#seats.since ?? this.env.now();
        this.#seats.update({ since });
        this.#move({ type: "connected", since });
      },
      onMedia: (media) => {
        // A network that took the path may have taken the socket.
        if (media !== "flowing") this.#link.check();
        this.setMedia(media);
      },
      onPeerSends: (sends) => this.setPeer({ picture: sends.picture, sound: sends.sound }),
      onQuality: (quality) => this.setQuality(quality),
      onCounts: (counts) => this.#seats.update({ counts }),
      sends: () => ({ picture: this.isSharing ? "screen" : this.sendsPicture ? "camera" : "none", sound: this.sendsSound }),
      isSure: () => this.#link.isSure,
      onSlept: () => {
        // Whoever slept is asked before they meet anybody else.
        this.#wish = null;
        this.#link.check();
      },
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

  /** Whether this tab was in a call before its page was loaded anew, as far as it knows: see `comeBack`. */
  get hasCall(): boolean {
    return this.#seats.isThere;
  }

  /** Connects and looks for addresses now, so that the next `seek` or `join` is quick. Wants media open. */
  async prepare(): Promise<void> {
    await this.#connect();
    this.#prepare();
  }

  /**
   * Goes on with the call that this tab was in before its page was loaded anew: signs in, opens media and takes the seat again.
   * False where there is none; a call that is over meanwhile becomes `ended`.
   */
  async comeBack(wishes?: unknown): Promise<boolean> {
    const seat = await this.#seats.retake();
    if (seat === null) return false;
    await this.signIn();
    await this.startMedia(wishes);
    if (this.#state.name !== "media-ready") throw this.#wrongState("comeBack");
    this.#prefer(seat.wishes);
    if (seat.match.kind === "random") this.#wish = this.#preferences.stranger();
    this.setMicrophone(seat.microphoneOn);
    this.setCamera(seat.cameraOn);
    this.#move({ type: "returned", match: seat.match });
    try {
      await this.#connect(RETURN_MS);
    } catch (error) {
      this.#over({ cause: "signaling_lost", by: null, requeued: false });
      throw error;
    }
    return true;
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
    await this.#wait("seek", this.#preferences.stranger());
  }

  /** Takes a seat of an invite and waits for the other. */
  async join(invite: string, options: Pick<SeekOptions, "relay"> = {}): Promise<void> {
    this.#prefer(options);
    await this.#wait("join", this.#preferences.friend(invite));
  }

  /** Stops waiting. */
  cancel(): void {
    this.#stopRetry();
    this.#wish = null;
    if (this.#state.name !== "queued" && !isRequeued(this.#state)) return;
    this.#link.send({ type: "cancel" });
    this.#move({ type: "unqueued" });
    this.#calls.unpark();
  }

  /** Leaves the call and waits for the next person, in one step. */
  next(options: SeekOptions = {}): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("next");
    this.#prefer(options);
    this.#wish = this.#preferences.stranger();
    this.#link.send(this.#preferences.next(match.call));
    this.#over({ cause: "next", by: "me", requeued: true });
  }

  /** Ends the call. */
  hangUp(): void {
    this.#leave("hangup");
  }

  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss(): void {
    if (!isRequeued(this.#state)) this.#move({ type: "dismissed", hasMedia: this.localStream !== null });
  }

  /** Sends a line of text to the other person. */
  sendChat(text: string): void {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("sendChat");
    this.#link.send({ type: "chat", call: match.call, text });
    this.addLine("me", text);
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
    this.#seats.update(this.switches);
  }

  protected override handleSaving(): void {
    this.#calls.setSaving(this.savesData);
  }

  #prepare(): void {
    if (this.#isPrepared && this.#link.state === "online" && this.localStream !== null && this.#state.name === "media-ready") this.#calls.prepare(this.localStream);
  }

  #welcomed(hello: HelloFrame): void {
    this.#calls.setPaths({ iceServers: hello.ice_servers, relayOnly: hello.relay_policy !== "auto" });
    this.setUser(hello.user);
    const back = this.#seats.handleHello(hello.snapshot);
    if (back?.is === "left") this.#link.send({ type: "end", call: back.seat.match.call, cause: "hangup" });
    if (back === null || matchOf(this.#state)?.call !== back.seat.match.call) return;
    if (back.is === "gone" || hello.snapshot.state !== "call") return this.#over({ cause: "left", by: "me", requeued: false });
    const { call, has_begun: hasBegun, is_peer_here: isPeerHere } = hello.snapshot;
    this.setPeer({ isHere: isPeerHere });
    this.#calls.start(back.seat.match, this.localStream, { isOffered: false, counts: back.seat.counts, isPeerHere });
    if (hasBegun) return this.#calls.begin();
    this.#calls.negotiate();
    this.#link.send({ type: "confirm", call });
  }

  async #connect(patienceMs?: number): Promise<void> {
    // Whoever asks once will ask again. Loaded first, since the server may answer with a match at once.
    this.#isPrepared = true;
    await this.#calls.load();
    await this.#link.connect(patienceMs);
  }

  #prefer(options: SeekOptions): void {
    this.#preferences.prefer(options);
    if (options.relay !== undefined) this.#calls.setHiding(options.relay !== "auto");
  }

  async #wait(name: string, wish: Wish): Promise<void> {
    if (this.localStream === null || matchOf(this.#state) !== null || this.#state.name === "queued") {
      throw this.#wrongState(name);
    }
    this.#stopRetry();
    this.#wish = wish;
    await this.#connect();
    // Cancelled meanwhile, or asked anew: the last wish counts.
    if (this.#wish === wish) this.#link.send(wish.frame());
  }

  #reconcile(snapshot: Snapshot, lost: ClientFrame[]): void {
    const match = matchOf(this.#state);
    const { leave, isOver, call, wait } = reconcile(snapshot, this.#state, this.#wish?.kind ?? null, this.#seats.isOf(match));
    if (lost.some((frame) => frame.type === "chat")) {
      this.emit("error", new CallboxError("chat_uncertain", "The connection was interrupted: your last line may not have arrived."));
    }
    if (leave !== null) this.#link.send({ type: "end", call: leave, cause: "hangup" });
    for (const frame of lost) if (frame.type === "end" && frame.call === match?.call) this.#link.send(frame);
    if (isOver) this.#over({ cause: "peer_lost", by: "me", requeued: wait === "ask" || wait === "queued" });
    if (call === "begin" && match) this.#begin(match.call);
    if (call === "confirm" && match) this.#link.send({ type: "confirm", call: match.call });
    // Whatever we sent of it may be lost.
    if (call !== null && snapshot.state === "call") {
      this.setPeer({ isHere: snapshot.is_peer_here });
      this.#calls.handleLost(snapshot.is_peer_here);
    }
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
        this.#calls.park();
        return this.#move({ type: "queued", kind: frame.kind, since: this.env.now() - frame.waited_ms });
      case "idle":
        return this.#move({ type: "unqueued" });
      case "match":
        if (this.#wish?.kind !== frame.kind) return this.#link.send({ type: "decline", call: frame.call });
        return void this.#confirm(matchFrom(frame), frame);
      case "begin":
        return this.#begin(frame.call);
      case "reveal":
        return this.#calls.reveal(frame.call);
      case "ice_servers":
        return this.#calls.setIceServers(frame.ice_servers);
      case "peer":
        if (matchOf(this.#state)?.call === frame.call) this.setPeer({ isHere: frame.is_here });
        return this.#calls.handle(frame);
      case "offer":
      case "answer":
      case "candidates":
      case "restart":
      case "sends":
        return this.#calls.handle(frame);
      case "chat":
        if (matchOf(this.#state)?.call !== frame.call) return;
        return this.addLine("peer", frame.text);
      case "end": {
        const match = matchOf(this.#state);
        if (match?.call !== frame.call) return;
        const by = frame.by === null ? null : frame.by === match.side ? "me" : "peer";
        return this.#over({ cause: frame.cause, by, requeued: frame.requeued && this.#wish !== null });
      }
      case "error":
        return this.#refused(frame);
      default:
        // `leave` comes before the socket's end, which tells the same; `hello` and `ping` are signaling's.
        return;
    }
  }

  async #confirm(match: Match, { grant, offer, is_offered: isOffered }: Extract<ServerFrame, { type: "match" }>): Promise<void> {
    this.beginView();
    this.#calls.start(match, this.localStream, { offer, isOffered, counts: null, isPeerHere: true });
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
    if (answer) this.#seats.take({ match, grant, counts: this.#calls.counts, since: null, wishes: this.#preferences.all, ...this.switches });
    this.#link.send({ type: answer ? "confirm" : "decline", call: match.call });
    if (answer) this.#calls.negotiate();
  }

  #begin(id: string): void {
    if (matchOf(this.#state)?.call !== id) return;
    this.#move({ type: "begun" });
    this.#calls.begin();
  }

  /** Ends the call: we want to, or cannot go on; or the other side's page is gone. */
  #leave(cause: LeaveCause): void {
    const match = matchOf(this.#state);
    if (match === null) return;
    this.#link.send({ type: "end", call: match.call, cause });
    // The other side may be back just now; whether it has left, and whether we wait again, is the server's to say.
    if (cause !== "left") this.#over({ cause, by: "me", requeued: false });
  }

  #over(reason: EndReason): void {
    this.#seats.leave();
    if (!reason.requeued) this.#wish = null;
    const hadCall = matchOf(this.#state) !== null;
    this.#move({ type: "ended", reason });
    this.#calls.end();
    if (hadCall) this.setQuality(null);
  }

  #refused(frame: Extract<ServerFrame, { type: "error" }>): void {
    const retryAfterMs = frame.retry_after_ms;
    // A frame that crossed the end of its call on the way: it happens whenever two act at once.
    if (frame.code === "not_in_call") return;
    if (frame.code === "busy") {
      // What we asked for crossed a wait or a match that we did not know of; that is declined, or ends here.
      if (this.#wish === null || matchOf(this.#state) !== null || this.#state.name === "queued") return;
      this.#link.send({ type: "cancel" });
      return this.#link.send(this.#wish.frame());
    }
    this.emit("error", new CallboxError(frame.code, frame.message, { retryAfterMs }));
    if (frame.code === "rate_limited" && retryAfterMs !== undefined && this.#wish?.kind === "random") {
      this.#stopRetry();
      this.#stopRetry = this.env.after(retryAfterMs, () => this.#link.send(this.#preferences.stranger().frame()));
    } else if (isRequeued(this.#state)) {
      this.#move({ type: "unqueued" });
    }
  }

  #move(event: StateEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    // Ready for somebody only while somebody may come.
    if (this.#state.name !== "queued" && !(this.#isPrepared && this.#state.name === "media-ready")) this.#calls.discard();
    this.#prepare();
    if (this.#state !== before) this.emit("state", this.#state, before);
  }

  #wrongState(method: string): CallboxError {
    return wrongState(method, this.#state.name, this.localStream !== null);
  }
}
