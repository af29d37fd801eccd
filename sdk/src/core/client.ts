/**
 * The client: the methods that an app calls, and the events that it gets.
 *
 * It makes the parts that own one thing each, ties them together, and passes on events. It holds one session and one call at
 * most. A lost connection to the server ends neither the wait nor the call: the link reconnects, and media goes its own way.
 */
import type { AgeClass, Invite, ReportCall, User, Watch } from "../generated/protocol.js";
import { CallView } from "./call-view.js";
import { Calls } from "./calls.js";
import { CurrentCall } from "./current-call.js";
import { CurrentUser } from "./current-user.js";
import type { Device, Environment, InputKind } from "./environment.js";
import { CallboxError } from "./errors.js";
import { Emitter } from "./events.js";
import type { MediaState } from "./flow.js";
import { handleFrame, handleReset } from "./frames.js";
import { Link } from "./link.js";
import type { SignalingState } from "./link.js";
import type { Login } from "./login.js";
import { Media } from "./media.js";
import type { ChatLine, ClientEvents, ClientOptions, PeerState, SeekOptions } from "./options.js";
import type { Parts } from "./parts.js";
import type { makeAccount, makeHistory, makeProfile } from "./people.js";
import type { CallQuality } from "./quality.js";
import { RETURN_MS, KeptCalls } from "./kept-call.js";
import { isRequeued } from "./state.js";
import type { CallState } from "./state.js";
import { Wishes } from "./wish.js";
import type { Wish } from "./wish.js";

export class Client<Stream> extends Emitter<ClientEvents<Stream>> {
  readonly #parts: Parts<Stream>;
  readonly #call: CurrentCall<Stream>;

  constructor(env: Environment<Stream>, options: ClientOptions = {}) {
    super((error) => env.warn("a listener failed", error));
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    const origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    const emit: Parts<Stream>["emit"] = (name, ...args) => this.emit(name, ...args);

    const parts: Parts<Stream> = (this.#parts = {
      options,
      env,
      emit,
      user: new CurrentUser(env, origin, emit, () => {
        call.leave("hangup");
        call.cancel();
        parts.link.close();
      }),
      media: new Media(env, emit, {
        onStream: (stream) => call.move({ type: stream === null ? "media-closed" : "media-opened" }),
        onTracks: () => {
          parts.calls.current?.handleTracks();
          parts.keptCalls.update(parts.media.switches);
        },
      }),
      view: new CallView(env, emit),
      wishes: new Wishes(env, (frame) => parts.link.send(frame)),
      keptCalls: new KeptCalls(env, origin),
      link: new Link(env, origin, {
        onState: (state) => emit("signaling", state),
        onSure: (isSure, hasMoved) => parts.calls.current?.handleSure(isSure, hasMoved),
        onFrame: (frame) => handleFrame(call, parts, frame),
        onReset: (snapshot, lost) => handleReset(call, parts, snapshot, lost),
        onRefused: (error) => {
          call.end({ cause: "signaling_lost", by: null, requeued: false });
          emit("error", error);
        },
        signIn: () => parts.user.signIn().then(() => parts.user.login.token),
        // The next attempt signs in anew, instead of meeting the same refusal for ever.
        onUnknown: () => parts.user.forget(),
        grant: () => parts.keptCalls.grant,
      }),
      calls: new Calls(env, options.media ?? {}, {
        send: (frame) => parts.link.send(frame),
        onStream: (stream) => emit("remote-stream", stream),
        onConnected: () => call.handleConnected(),
        onMedia: (state) => {
          // A network that took the path may have taken the socket.
          if (state !== "flowing") parts.link.check();
          parts.view.setMedia(state);
        },
        onSilence: () => parts.link.check(),
        onPeerSends: ({ picture, sound }) => parts.view.setPeer({ picture, sound }),
        onQuality: (quality) => parts.view.setQuality(quality),
        onCounts: (counts) => parts.keptCalls.update({ counts }),
        sends: () => parts.media.sends,
        isSure: () => parts.link.isSure,
        onSlept: () => {
          // A user who slept is asked before they meet anybody else.
          parts.wishes.current = null;
          parts.link.check();
        },
        onFailed: (cause) => call.leave(cause),
      }),
    });
    const call = (this.#call = new CurrentCall(parts));
  }

  get state(): CallState {
    return this.#call.state;
  }
  get signaling(): SignalingState {
    return this.#parts.link.state;
  }
  get user(): User | null {
    return this.#parts.user.user;
  }
  /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
  get login(): Login {
    return this.#parts.user.login;
  }
  /** From a guest to an account, and who may use it. */
  get account(): ReturnType<typeof makeAccount> {
    return this.#parts.user.account;
  }
  /** The profiles that people in a call see of each other. */
  get profile(): ReturnType<typeof makeProfile> {
    return this.#parts.user.profile;
  }
  /** The calls that were, and the people whom one blocked. */
  get history(): ReturnType<typeof makeHistory> {
    return this.#parts.user.history;
  }
  get localStream(): Stream | null {
    return this.#parts.media.stream;
  }
  get remoteStream(): Stream | null {
    return this.#parts.calls.remoteStream;
  }
  get microphoneOn(): boolean {
    return this.#parts.media.microphoneOn;
  }
  get cameraOn(): boolean {
    return this.#parts.media.cameraOn;
  }
  /** Whether a screen is shown in the camera's place. */
  get isSharing(): boolean {
    return this.#parts.media.isSharing;
  }
  /** Whether the picture is kept small, to save data. */
  get savesData(): boolean {
    return this.#parts.calls.savesData;
  }
  /** Whether the other side's picture and sound come, once they have. */
  get mediaState(): MediaState {
    return this.#parts.view.media;
  }
  /** The other person of this call, or of the last one. */
  get peer(): PeerState {
    return this.#parts.view.peer;
  }
  /** How the call is going; `null` before its first second, and after it. */
  get quality(): CallQuality | null {
    return this.#parts.view.quality;
  }
  /** The lines of this call, or of the last one, oldest first: the last 200. */
  get chat(): readonly ChatLine[] {
    return this.#parts.view.chat;
  }
  /** Whether this tab was in a call before its page was loaded anew, as far as it knows: see `comeBack`. */
  get hasCall(): boolean {
    return this.#parts.keptCalls.isThere;
  }

  /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
  signIn(options: { age?: AgeClass } = {}): Promise<User> {
    return this.#parts.user.signIn(options.age);
  }

  /** Comes back as who we were, and makes no guest of nobody: `null` then. */
  restore(): Promise<User | null> {
    return this.#parts.user.restore();
  }

  /** Answers the age question: once, for good. */
  setAge(age: AgeClass): Promise<User> {
    return this.#parts.user.setAge(age);
  }

  /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
  startMedia(wishes?: unknown): Promise<Stream> {
    return this.#parts.media.open(wishes);
  }

  /** Closes camera and microphone, and with them the wait or the call. */
  stopMedia(): void {
    this.hangUp();
    this.cancel();
    this.#parts.media.close();
  }

  setMicrophone(on: boolean): void {
    this.#parts.media.setMicrophone(on);
  }

  setCamera(on: boolean): void {
    this.#parts.media.setCamera(on);
  }

  /** Keeps our picture small, to save data; as the browser's setting says if never called. */
  setDataSaver(on: boolean): void {
    this.#parts.calls.setSaving(on);
    this.emit("tracks");
  }

  /** Cameras, microphones and speakers; without names until the person has allowed one. */
  devices(): Promise<readonly Device[]> {
    return this.#parts.env.devices();
  }

  /** Takes another camera or microphone, also in mid-call. */
  useDevice(device: { kind: InputKind; id: string }): Promise<void> {
    return this.#parts.media.use(device.kind, device.id);
  }

  /** Shows a screen or window, which the person chooses, in the camera's place. */
  async shareScreen(): Promise<void> {
    await this.#parts.media.opened().shareScreen();
  }

  /** Shows the camera again. */
  stopSharing(): void {
    this.#parts.media.opened().stopSharing();
  }

  /** Connects and looks for addresses now, so that the next `seek` or `join` is quick. Wants media open. */
  async prepare(): Promise<void> {
    await this.#call.connect();
    this.#call.prepare();
  }

  /**
   * Goes on with the call that this tab was in before its page was loaded anew: signs in, opens media and takes the call again.
   * False if there is none; a call that has ended meanwhile becomes `ended`.
   */
  async comeBack(wishes?: unknown): Promise<boolean> {
    const kept = await this.#parts.keptCalls.retake();
    if (kept === null) return false;
    await this.signIn();
    await this.startMedia(wishes);
    if (this.state.name !== "media-ready") throw this.#call.wrongState("comeBack");
    this.#prefer(kept.wishes);
    if (kept.match.kind === "random") this.#parts.wishes.current = this.#parts.wishes.stranger();
    this.setMicrophone(kept.microphoneOn);
    this.setCamera(kept.cameraOn);
    this.#call.move({ type: "returned", match: kept.match });
    try {
      await this.#call.connect(RETURN_MS);
    } catch (error) {
      this.#call.end({ cause: "signaling_lost", by: null, requeued: false });
      throw error;
    }
    return true;
  }

  /** Waits for a stranger. */
  async seek(options: SeekOptions = {}): Promise<void> {
    this.#prefer(options);
    await this.#wait("seek", this.#parts.wishes.stranger());
  }

  /** Joins an invite and waits for the other person. */
  async join(invite: string, options: Pick<SeekOptions, "relay"> = {}): Promise<void> {
    this.#prefer(options);
    await this.#wait("join", this.#parts.wishes.friend(invite));
  }

  /** Stops waiting. */
  cancel(): void {
    this.#call.cancel();
  }

  /** Leaves the call and waits for the next person, in one step. */
  next(options: SeekOptions = {}): void {
    const { match } = this.#call;
    if (match === null) throw this.#call.wrongState("next");
    this.#prefer(options);
    this.#parts.wishes.current = this.#parts.wishes.stranger();
    this.#parts.link.send(this.#parts.wishes.next(match.call));
    this.#call.end({ cause: "next", by: "me", requeued: true });
  }

  /** Ends the call; `media_denied` says for its record that camera and microphone were denied. */
  hangUp(cause?: "media_denied" | object): void {
    // An event of a button is no cause.
    this.#call.leave(cause === "media_denied" ? cause : "hangup");
  }

  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss(): void {
    if (!isRequeued(this.state)) this.#call.move({ type: "dismissed", hasMedia: this.localStream !== null });
  }

  /** Sends a line of text to the other person. */
  sendChat(text: string): void {
    const { match } = this.#call;
    if (match === null) throw this.#call.wrongState("sendChat");
    this.#parts.link.send({ type: "chat", call: match.call, text });
    this.#parts.view.addLine("me", text);
  }

  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite(): Promise<Invite> {
    return this.login.ask("POST", "invites", {});
  }

  /** Never meet the other person of this call again. */
  block(call: string): Promise<void> {
    return this.#say("POST", call, "block", {});
  }

  /** Complains about the other person of this call to those who run the server, and blocks them. */
  report(call: string, report: ReportCall): Promise<void> {
    return this.#say("POST", call, "report", report);
  }

  /** Says how good this call was: 1 to 5 stars. The last word counts. */
  rate(call: string, stars: number): Promise<void> {
    return this.#say("PUT", call, "rating", { stars });
  }

  /**
   * Opens a session that only watches answers, for a page that calls nobody: beside whatever else this login does. Once is enough; it
   * tries until it is closed, or the login is not known any more. A page that seeks or joins later has a session that does both.
   */
  observe(): Promise<void> {
    return this.#parts.link.connect(Infinity, true);
  }

  /** Names answers whose changes `watched` tells; without a session it does nothing. A new session (`hello`) has none. */
  watch(watch: Watch): void {
    this.#parts.link.send({ type: "watch", ...watch });
  }

  /** Ends everything. */
  close(): void {
    this.stopMedia();
    this.#parts.link.close();
    this.#parts.media.stopListening();
  }

  #prefer(options: SeekOptions): void {
    this.#parts.wishes.prefer(options);
    if (options.relay !== undefined) this.#parts.calls.setHiding(options.relay !== "auto");
  }

  async #wait(name: string, wish: Wish): Promise<void> {
    if (this.localStream === null || this.#call.match !== null || this.state.name === "queued") throw this.#call.wrongState(name);
    this.#parts.wishes.stopRetry();
    this.#parts.wishes.current = wish;
    await this.#call.connect();
    // Cancelled meanwhile, or asked anew: the last wish counts.
    if (this.#parts.wishes.current === wish) this.#parts.wishes.ask();
  }

  #say(method: "POST" | "PUT", call: string, what: "block" | "report" | "rating", body: object): Promise<void> {
    return this.login.ask(method, `calls/${encodeURIComponent(call)}/${what}`, body);
  }
}
