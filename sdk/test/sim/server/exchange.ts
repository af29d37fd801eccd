/**
 * The server's exchange in small: sessions, a line of people who wait, calls, grants.
 *
 * A faithful model of `crates/callbox-core/src/exchange.rs` and its neighbours as far as two people and their page can
 * tell; without interests, blocks, invites and limits of use. It lives as long as a process does: a crash makes another
 * one, with another epoch. `Records` outlives it. Time is the clock's.
 */
import { CLOSE_GAP, CLOSE_SUPERSEDED, PARKED_BYTES_MAX, RESUME_MS } from "../../../src/generated/protocol.js";
import type { ClientFrame, ClientHello, EndCause, Numbers, ServerFrame, Side, Snapshot, User } from "../../../src/generated/protocol.js";
import { Calls, SIDES, isRequeued, sideIndexOf } from "./calls.js";
import type { Call, Party, SideIndex } from "./calls.js";
import type { Clock } from "../clock.js";
import { KeptFrames } from "./kept-frames.js";
import { Lobby, RELAX_MS } from "./lobby.js";
import { newSession } from "./session.js";
import type { Grant, Outlet, Records, Session, Terms } from "./session.js";

/** How long both sides have to confirm. */
const CONFIRM_MS = 2_000;
/** The same after a restart: they reconnect first. */
const CONFIRM_AFTER_RESTART_MS = 10_000;
/** The bytes of a frame beside its text: browsers' descriptions have thousands of letters more than ours. */
const DESCRIPTION_BYTES = 3_000;

export class Exchange {
  readonly #sessions = new Map<string, Session>();
  readonly #calls = new Calls();
  readonly #lobby = new Lobby();
  #ids = 0;
  isOver = false;

  constructor(
    readonly epoch: string,
    readonly clock: Clock,
    readonly terms: Terms,
    readonly records: Records,
    readonly iceServers: (session: string) => { urls: string[]; username?: string; credential?: string }[],
    /** The pairs that may relay to each other have changed. */
    readonly onCalls: () => void,
  ) {}

  /** Whether this login waits for a stranger, and would be matched with one. */
  isWaiting(login: string): boolean {
    return [...this.#sessions.values()].some((session) => session.login === login && session.wait?.isPaused === false);
  }

  /** Whether there is such a session. */
  isOpen(session: string): boolean {
    return this.#sessions.has(session);
  }

  /** Whether the session is in a call: its relayed media pass then, and at no other time. */
  isInCall(session: string): boolean {
    return this.#calls.of(session) !== null;
  }

  /** Somebody says hello on a new socket; the result is the session. */
  handleHello({ resume, grant }: ClientHello, user: User, login: string, outlet: Outlet): string {
    const resumed = resume ? this.#sessions.get(resume.session) : undefined;
    const isResumed = resumed?.login === login && resume?.epoch.split("-")[0] === this.epoch;
    const known = grant === undefined ? null : this.#open(grant);
    const side = known && this.#calls.get(known.call)?.parties[known.side];
    const returned = side?.login === login ? this.#sessions.get(side.session) : undefined;
    const session = (isResumed ? resumed : undefined) ?? returned ?? this.#begin(login, known);
    const ack = isResumed && session === resumed && resume?.epoch === this.#epochOf(session) ? resume.ack : null;
    this.#attach(session, ack, user, outlet);
    return session.id;
  }

  /** The socket is gone; `isOver` if the client ended its session with it. */
  handleSocketLost(id: string, outlet: Outlet, isOver: boolean): void {
    const session = this.#sessions.get(id);
    if (session?.outlet !== outlet) return;
    if (isOver) return this.#end(session);
    session.outlet = null;
    session.parked = null;
    if (session.wait) session.wait.isPaused = true;
    this.#expire(session);
    this.#tellPeerOf(session);
  }

  /** The client closed the socket with this code. */
  handleClosed(id: string, outlet: Outlet, code: number): void {
    const isOver = code === 1000 || (code === 1001 && this.#calls.of(id) === null);
    this.handleSocketLost(id, outlet, isOver);
  }

  handleFrame(id: string, outlet: Outlet, text: string): void {
    const session = this.#sessions.get(id);
    // Another socket has the session, which knows nothing of this frame.
    if (session?.outlet !== outlet) return;
    const frame = JSON.parse(text) as ClientFrame & Numbers;
    if ((frame.type as string) === "ping") return outlet.send(session.frames.uncounted({ type: "pong" } as unknown as ServerFrame));
    const heard = session.frames.hear(frame, text.length);
    if (heard === "gap") {
      this.handleSocketLost(id, outlet, false);
      return outlet.close(CLOSE_GAP);
    }
    if (heard === "seen") return;
    this.#carryOut(session, frame);
    if (session.outlet && session.frames.isAckDue) session.outlet.send(session.frames.uncounted({ type: "ack" }));
  }

  ping(id: string): void {
    const session = this.#sessions.get(id);
    session?.outlet?.send(session.frames.uncounted({ type: "ping" }));
  }

  /** The process stops gracefully: what it knows is left to the next one, and nothing happens meanwhile. */
  suspend(): void {
    this.isOver = true;
    for (const session of this.#sessions.values()) {
      session.outlet = null;
      session.parked = null;
      session.stopExpiry();
      if (session.wait) session.wait.isPaused = true;
    }
    for (const call of this.#calls.all) call.stopWaiting();
  }

  /** The next process has taken all over; a side that has not confirmed gets time to reconnect first. */
  goOn(): void {
    this.isOver = false;
    for (const session of this.#sessions.values()) this.#expire(session);
    for (const call of this.#calls.all) if (!call.hasBegun) this.#awaitConfirms(call, CONFIRM_AFTER_RESTART_MS);
    this.onCalls();
  }

  #carryOut(session: Session, frame: ClientFrame): void {
    switch (frame.type) {
      case "seek":
        if (session.wait || this.#calls.of(session.id)) return this.#refuse(session, "busy");
        return this.#seek(session, 0);
      case "cancel":
        session.wait = null;
        session.parked = null;
        if (this.#calls.of(session.id) === null) this.#send(session, { type: "idle" });
        return;
      case "park":
        if (session.wait && JSON.stringify(frame.payload).length <= PARKED_BYTES_MAX) session.parked = frame.payload;
        return;
      case "next":
        this.#endCall(session, frame.call, "next");
        if (!session.wait && this.#calls.of(session.id) === null) this.#seek(session, 0);
        return;
      case "confirm":
        return this.#confirm(session, frame.call);
      case "decline":
        return this.#inCall(session, frame.call, (call, side) => this.#over(call, call.hasBegun ? "hangup" : "declined", side));
      case "end":
        return this.#endCall(session, frame.call, frame.cause);
      case "offer":
      case "answer":
      case "candidates":
        return this.#relay(session, frame.call, (from) => ({ type: frame.type, call: frame.call, from, payload: frame.payload }) as ServerFrame);
      case "restart":
        return this.#relay(session, frame.call, () => ({ type: "restart", call: frame.call, after: frame.after, replace: frame.replace, lost: frame.lost }));
      case "sends":
        return this.#relay(session, frame.call, () => ({ type: "sends", call: frame.call, picture: frame.picture, sound: frame.sound }));
      case "chat":
        return this.#relay(session, frame.call, (from) => ({ type: "chat", call: frame.call, from, text: frame.text }));
      case "progress":
        return this.#inCall(session, frame.call, () => undefined);
      default:
        // Figures for the record, and signs of life.
        return;
    }
  }

  #begin(login: string, grant: Grant | null): Session {
    for (const other of [...this.#sessions.values()].filter((session) => session.login === login)) {
      const { outlet } = other;
      this.#end(other);
      outlet?.send(JSON.stringify({ type: "leave", reason: "superseded", action: "disconnect" }));
      outlet?.close(CLOSE_SUPERSEDED);
    }
    return (grant && this.#restore(grant, login)) ?? this.#insert(login);
  }

  #insert(login: string): Session {
    const session = newSession(`s${++this.#ids}.${this.epoch}`, login, this.terms.keptBytesMax);
    this.#expire(session);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Brings a forgotten call back, and keeps the other's side. */
  #restore(grant: Grant, login: string): Session | null {
    const other = grant.logins[1 - grant.side];
    const hasLeft = [...this.#sessions.values()].some((session) => session.login === other);
    const isOver = grant.epoch === this.epoch || this.#calls.has(grant.call) || this.records.isOver(grant.call);
    if (isOver || hasLeft || grant.logins[grant.side] !== login) return null;
    const sessions = grant.logins.map((one) => this.#insert(one)) as [Session, Session];
    const parties = sessions.map(({ id, login }) => ({ session: id, login })) as [Party, Party];
    this.#calls.add(grant.call, parties, true);
    return sessions[grant.side];
  }

  #attach(session: Session, ack: number | null, user: User, outlet: Outlet): void {
    const waiting = ack === null ? null : session.frames.resume(ack);
    const recovered = waiting !== null;
    // Frames that wait for a side that nobody has taken yet are for its next session.
    if (!recovered && (ack !== null || !session.frames.isUntouched)) {
      session.frames = new KeptFrames(this.terms.keptBytesMax);
      session.numbering++;
    }
    if (!recovered) session.toldPeer = null;
    const old = session.outlet;
    session.outlet = outlet;
    session.stopExpiry();
    session.parked = null;
    if (old) {
      old.send(JSON.stringify({ type: "leave", reason: "superseded", action: "disconnect" }));
      old.close(CLOSE_SUPERSEDED);
    }
    const snapshot = this.#snapshot(session);
    const hello: ServerFrame = {
      type: "hello",
      session: session.id,
      epoch: this.#epochOf(session),
      recovered,
      ack: session.frames.received,
      snapshot,
      user,
      ice_servers: this.iceServers(session.id),
      relay_policy: this.terms.relayPolicy,
      heartbeat_ms: 15_000,
      version: "0.1.0",
    };
    outlet.send(JSON.stringify(hello));
    for (const text of waiting ?? session.frames.all()) outlet.send(text);
    const call = this.#calls.of(session.id);
    if (call) {
      session.toldPeer ??= this.#isPeerHere(session);
      this.#tellOfPeer(session);
      this.#tellPeerOf(session);
    }
    if (session.wait?.isPaused) {
      session.wait.isPaused = false;
      this.#match();
    }
    this.onCalls();
  }

  #expire(session: Session): void {
    session.stopExpiry = this.clock.after(RESUME_MS, () => !this.isOver && this.#end(session));
  }

  #snapshot(session: Session): Snapshot {
    const call = this.#calls.of(session.id);
    if (call) return { state: "call", call: call.id, has_begun: call.hasBegun, is_peer_here: this.#isPeerHere(session) };
    if (session.wait) return { state: "queued", kind: "random", waited_ms: this.clock.now - session.wait.since };
    return { state: "idle" };
  }

  #seek(session: Session, waitedMs: number): void {
    this.#send(session, { type: "queued", kind: "random", waited_ms: waitedMs });
    session.wait = { since: this.clock.now - waitedMs, isPaused: false };
    this.#match();
    // Two who met lately may meet again after a while, if nobody else is to be had.
    this.clock.after(RELAX_MS - waitedMs + 1, () => !this.isOver && this.#match());
  }

  #match(): void {
    const waiting = [...this.#sessions.values()].filter((session) => session.wait?.isPaused === false);
    const pair = this.#lobby.pair(
      waiting.map((session) => ({ ...session, session, since: session.wait!.since })),
      this.clock.now,
    );
    if (pair === null) return;
    const both = [pair.caller.session, pair.callee.session] as const;
    const { parked } = pair.caller;
    const id = `call-${++this.#ids}.${this.epoch}`;
    const logins = [both[0].login, both[1].login] as const;
    const parties = both.map(({ id: session, login }) => ({ session, login })) as [Party, Party];
    this.#awaitConfirms(this.#calls.add(id, parties, false), CONFIRM_MS);
    this.onCalls();
    both.forEach((session, side) => {
      const grant: Grant = { call: id, side: side as SideIndex, logins, epoch: this.epoch };
      session.wait = null;
      session.parked = null;
      session.toldPeer = true;
      this.#send(session, {
        type: "match",
        call: id,
        kind: "random",
        you: SIDES[side]!,
        shared_interests: [],
        met_before: pair.metBefore,
        confirm_within_ms: CONFIRM_MS,
        relay_policy: this.terms.relayPolicy,
        grant: JSON.stringify(grant),
        ...(side === 1 && parked !== null ? { offer: parked } : {}),
        is_offered: side === 0 && parked !== null,
      });
    });
  }

  #awaitConfirms(call: Call, ms: number): void {
    call.stopWaiting = this.clock.after(ms, () => {
      if (this.isOver || call.hasBegun || !this.#calls.has(call.id)) return;
      const [one, other] = call.confirmed;
      this.#over(call, "unconfirmed", one === other ? null : one ? 1 : 0);
    });
  }

  #confirm(session: Session, id: string): void {
    this.#inCall(session, id, (call, side) => {
      call.confirmed[side] = true;
      if (call.hasBegun || !call.confirmed[0] || !call.confirmed[1]) return;
      call.hasBegun = true;
      call.stopWaiting();
      this.#lobby.handleMet(call.parties[0].login, call.parties[1].login);
      for (const party of call.parties) this.#send(this.#sessions.get(party.session), { type: "begin", call: id });
    });
  }

  #endCall(session: Session, id: string, cause: EndCause): void {
    this.#inCall(session, id, (call, side) => {
      if (cause !== "left") return this.#over(call, cause, side);
      if (this.#isPeerHere(session)) this.#over(call, "hangup", side);
      else this.#over(call, "left", (1 - side) as SideIndex);
    });
  }

  #over(call: Call, cause: EndCause, by: SideIndex | null): void {
    this.#calls.remove(call);
    this.records.end(call.id, cause);
    call.parties.forEach((party, side) => {
      const session = this.#sessions.get(party.session);
      if (!session || (cause === "peer_lost" && by === side)) return;
      const mayWait = by !== side && session.outlet !== null && isRequeued(cause, call.confirmed[side]!);
      this.#send(session, { type: "end", call: call.id, cause, by: by === null ? null : SIDES[by], requeued: mayWait });
      if (mayWait) this.#seek(session, 0);
    });
    this.onCalls();
  }

  #end(session: Session): void {
    if (!this.#sessions.delete(session.id)) return;
    session.stopExpiry();
    session.outlet = null;
    const call = this.#calls.of(session.id);
    if (call) this.#over(call, "peer_lost", sideIndexOf(call, session.id));
  }

  #relay(session: Session, id: string, frame: (from: Side) => ServerFrame): void {
    this.#inCall(session, id, (call, side) => this.#send(this.#sessions.get(call.parties[1 - side]!.session), frame(SIDES[side])));
  }

  #inCall(session: Session, id: string, act: (call: Call, side: SideIndex) => void): void {
    const call = this.#calls.of(session.id);
    if (call?.id !== id) return this.#refuse(session, "not_in_call");
    act(call, sideIndexOf(call, session.id));
  }

  #refuse(session: Session, code: "busy" | "not_in_call"): void {
    this.#send(session, { type: "error", code, message: code });
  }

  #send(session: Session | undefined, frame: ServerFrame): void {
    if (!session) return;
    const isDescription = frame.type === "offer" || frame.type === "answer";
    const text = session.frames.keep(frame, JSON.stringify(frame).length + (isDescription ? DESCRIPTION_BYTES : 0));
    session.outlet?.send(text);
  }

  #peerOf(session: Session): Session | undefined {
    return this.#sessions.get(this.#calls.peerOf(session.id) ?? "");
  }

  #isPeerHere(session: Session): boolean {
    return (this.#peerOf(session)?.outlet ?? null) !== null;
  }

  #tellPeerOf(session: Session): void {
    const peer = this.#peerOf(session);
    if (peer) this.#tellOfPeer(peer);
  }

  /** Notifies a session whether its peer has a socket, if that has changed, and if it has one itself. */
  #tellOfPeer(session: Session): void {
    const call = this.#calls.of(session.id);
    const isHere = this.#isPeerHere(session);
    if (!call || session.outlet === null || session.toldPeer === null || session.toldPeer === isHere) return;
    session.toldPeer = isHere;
    this.#send(session, { type: "peer", call: call.id, is_here: isHere });
  }

  #epochOf(session: Session): string {
    return `${this.epoch}-${session.numbering}`;
  }

  #open(grant: string): Grant | null {
    const opened = JSON.parse(grant) as Grant;
    return this.records.isOver(opened.call) ? null : opened;
  }
}
