/**
 * The wait and the call that a client is in: one state, and what begins and ends with it.
 *
 * It owns the state and has the other parts follow it. One wait or one call at most.
 */
import type { LeaveCause, ServerFrame } from "../generated/protocol.js";
import { CallboxError } from "./errors.js";
import type { Parts } from "./parts.js";
import { isRequeued, matchFrom, matchOf, reduce } from "./state.js";
import type { CallState, EndReason, Match, StateEvent } from "./state.js";

export class CurrentCall<Stream> {
  readonly #parts: Parts<Stream>;
  #state: CallState = { name: "idle" };
  /** Whether to be ready while nobody is waited for. */
  #isPrepared = false;

  constructor(parts: Parts<Stream>) {
    this.#parts = parts;
  }

  get state(): CallState {
    return this.#state;
  }

  /** The person whom we are in a call with, or may be. */
  get match(): Match | null {
    return matchOf(this.#state);
  }

  /** Whether this is the call that we are in. */
  is(id: string): boolean {
    return this.match?.call === id;
  }

  /** The one place where the state changes. */
  move(event: StateEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    // Ready for somebody only while somebody may come.
    if (this.#state.name !== "queued" && !(this.#isPrepared && this.#state.name === "media-ready")) this.#parts.calls.discard();
    this.prepare();
    if (this.#state !== before) this.#parts.emit("state", this.#state, before);
  }

  /** Connects, to be ready from now on. Rejects if the server cannot be reached, after so long. */
  async connect(patienceMs?: number): Promise<void> {
    // A page that asks once will ask again. Loaded first, since the server may answer with a match at once.
    this.#isPrepared = true;
    await this.#parts.calls.load();
    await this.#parts.link.connect(patienceMs);
  }

  /** Gets ready for the next match, if all is there for it. */
  prepare(): void {
    const { stream } = this.#parts.media;
    if (this.#isPrepared && this.#parts.link.state === "online" && stream !== null && this.#state.name === "media-ready") this.#parts.calls.prepare(stream);
  }

  /** Stops waiting. */
  cancel(): void {
    this.#parts.wishes.stopRetry();
    this.#parts.wishes.current = null;
    if (this.#state.name !== "queued" && !isRequeued(this.#state)) return;
    this.#parts.link.send({ type: "cancel" });
    this.move({ type: "unqueued" });
    this.#parts.calls.unpark();
  }

  /** Somebody was found: the app is asked, and the server gets the answer. */
  async confirm(frame: Extract<ServerFrame, { type: "match" }>): Promise<void> {
    const match = matchFrom(frame);
    const { call: id, grant, offer, is_offered: isOffered } = frame;
    this.#parts.view.begin();
    this.#parts.calls.start(match, this.#parts.media.stream, { offer, isOffered, counts: null, isPeerHere: true });
    if (this.#parts.options.negotiateBeforeConfirm ?? true) this.#parts.calls.current?.negotiate();
    this.move({ type: "matched", match });
    let answer = true;
    try {
      answer = await (this.#parts.options.confirm?.(match) ?? true);
    } catch (error) {
      this.#parts.env.warn("`confirm` failed, so the match is declined", error);
      answer = false;
    }
    if (!this.is(id)) return;
    if (answer) this.#parts.keptCalls.take({ match, grant, counts: this.#parts.calls.counts, since: null, wishes: this.#parts.wishes.preferences, ...this.#parts.media.switches });
    this.#parts.link.send({ type: answer ? "confirm" : "decline", call: id });
    if (answer) this.#parts.calls.current?.negotiate();
  }

  /** Both have confirmed. */
  begin(): void {
    this.move({ type: "begun" });
    this.#parts.calls.current?.begin();
  }

  /** Both see each other; since when, the page before this one may know. */
  handleConnected(): void {
    const since = this.#parts.keptCalls.since ?? this.#parts.env.now();
    this.#parts.keptCalls.update({ since });
    this.move({ type: "connected", since });
  }

  /** Ends the call: we want to, or cannot continue; or the other side's page is gone. */
  leave(cause: LeaveCause): void {
    const { match } = this;
    if (match === null) return;
    this.#parts.link.send({ type: "end", call: match.call, cause });
    // The other side may be back just now; whether it has left, and whether we wait again, is the server's to say.
    if (cause !== "left") this.end({ cause, by: "me", requeued: false });
  }

  /** The call, or the wait, has ended. */
  end(reason: EndReason): void {
    this.#parts.keptCalls.leave();
    if (!reason.requeued) this.#parts.wishes.current = null;
    const hadCall = this.match !== null;
    this.move({ type: "ended", reason });
    this.#parts.calls.end();
    if (hadCall) this.#parts.view.setQuality(null);
  }

  /** A method was called where it makes no sense. */
  wrongState(method: string): CallboxError {
    const hint = this.#parts.media.stream === null ? "; call `startMedia` first" : "";
    return new CallboxError("wrong_state", `\`${method}\` does not fit the state "${this.#state.name}"${hint}.`);
  }
}
