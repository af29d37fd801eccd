/**
 * The mock's server side: who waits, who is paired, what passes between two, how a call ends.
 *
 * It speaks docs/PROTOCOL.md's frames and knows neither tabs nor the DOM. It is for development, so it is kinder than a
 * server: a waiting user is paired at once, also with somebody met before, nobody skips too often, and it remembers no
 * session for longer than 10 s without a socket. Pairs and calls that it remembers are 1,000 at most.
 */
import type { ClientFrame, ClientHello, EndCause, ErrorCode, Numbers, ServerFrame, Side, User } from "../generated/protocol.js";
import { CHAT_CHARS_MAX, CLOSE_SUPERSEDED, INTERESTS_MAX } from "../generated/protocol.js";
import type { Environment } from "../core/environment.js";
import { Lobby } from "./lobby.js";
import { Memory } from "./memory.js";
import { Session } from "./session.js";
import type { Call, Guest, Ticket } from "./session.js";

export interface ExchangeHandlers {
  /** Text for a socket. */
  say(socket: string, text: string): void;
  /** The exchange closes a socket. */
  end(socket: string, code: number): void;
}

/** As the server does. */
const CONFIRM_MS = 2_000;
/** A page that lost its socket is back within half a second; a page that is gone is noticed by its lock. */
const AWAY_MS = 10_000;
/** Pages prove that they live by a lock: nobody needs to ask. Browsers count timers in 31 bits. */
const HEARTBEAT_MS = 1_000_000_000;
/** How long somebody waits for a person before company comes: less if there is no other person at all. */
const LONELY_MS = { alone: 2_000, among: 3_000 };

const other = (side: Side): Side => (side === "caller" ? "callee" : "caller");

export class Exchange {
  readonly #env: Pick<Environment<never>, "now" | "after">;
  readonly #name: () => string;
  readonly #epoch: string;
  readonly #handlers: ExchangeHandlers;
  readonly #guests = new Map<string, Guest>();
  readonly #sessions = new Set<Session>();
  readonly #calls = new Map<string, Call>();
  readonly #lobby = new Lobby();
  /** Calls that have ended, and who was in them. */
  readonly #over = new Memory<Call["users"]>();

  /** `name` makes names that were never there before. */
  constructor(env: Pick<Environment<never>, "now" | "after">, name: () => string, handlers: ExchangeHandlers) {
    this.#env = env;
    this.#name = name;
    this.#epoch = name();
    this.#handlers = handlers;
  }

  /** Somebody opened a socket. */
  open(socket: string, guest: Guest): void {
    this.#guests.set(socket, guest);
  }

  /** A frame came by a socket. */
  handleText(socket: string, text: string): void {
    const frame = JSON.parse(text) as ClientFrame & Numbers;
    const guest = this.#guests.get(socket);
    if (frame.type === "hello") return guest && this.#welcome(socket, guest, frame);
    const session = this.#sessionOf(socket);
    if (!session) return;
    session.hear(frame);
    this.#handle(session, frame);
  }

  /** A socket is closed: for good, or to reconnect. */
  handleClosed(socket: string, code: number): void {
    this.#guests.delete(socket);
    const session = this.#sessionOf(socket);
    if (!session) return;
    session.socket = null;
    if (code === 1000 || code === 1001) return this.#forget(session);
    session.stopWaiting = this.#env.after(AWAY_MS, () => this.#forget(session));
  }

  /** A page is gone. */
  handleGone(tab: string): void {
    for (const [socket, guest] of this.#guests) if (guest.tab === tab) this.handleClosed(socket, 1001);
    for (const session of this.#sessions) if (session.guest.tab === tab) this.#forget(session);
  }

  /** A user has answered the age question. */
  handleUser(user: User): void {
    for (const [socket, guest] of this.#guests) if (guest.user.id === user.id) this.#guests.set(socket, { ...guest, user });
    for (const session of this.#sessions) if (session.guest.user.id === user.id) session.guest = { ...session.guest, user };
  }

  /** A user never wants to meet the other one of a call again. */
  handleBlock(user: string, id: string): void {
    const call = this.#calls.get(id);
    const users = call?.users ?? this.#over.get(id);
    if (!users || (users.caller !== user && users.callee !== user)) return;
    this.#lobby.block(users);
    if (call) this.#end(call, "blocked", users.caller === user ? "caller" : "callee");
  }

  #welcome(socket: string, guest: Guest, hello: ClientHello): void {
    const before = [...this.#sessions].find((session) => session.guest.user.id === guest.user.id);
    const isBack = before !== undefined && before.id === hello.resume?.session;
    if (before && !isBack) this.#supersede(before);
    const session = before && isBack ? before : new Session(this.#name(), guest, (...said) => this.#handlers.say(...said));
    session.guest = guest;
    session.socket = socket;
    this.#sessions.add(session);
    if (session.call === null && hello.grant !== undefined) this.#restore(session, hello.grant);
    session.send({
      type: "hello",
      session: session.id,
      epoch: this.#epoch,
      recovered: false,
      ack: 0,
      snapshot: session.snapshot(this.#env.now()),
      user: guest.user,
      ice_servers: [],
      relay_policy: "auto",
      heartbeat_ms: HEARTBEAT_MS,
      version: "mock",
    });
    if (session.ticket) this.#wait(session, session.ticket);
  }

  #handle(session: Session, frame: ClientFrame): void {
    switch (frame.type) {
      case "seek":
        return this.#seek(session, { kind: "random", since: this.#env.now(), interests: (frame.interests ?? []).slice(0, INTERESTS_MAX), invite: null });
      case "join":
        return this.#seek(session, { kind: "invite", since: this.#env.now(), interests: [], invite: frame.invite });
      case "cancel":
        if (session.ticket === null) return;
        session.ticket = null;
        return session.send({ type: "idle" });
      case "ping":
        return session.send({ type: "pong" });
      case "ack":
      case "pong":
      case "hello":
      // On one machine an offer is there soon enough after the match.
      case "park":
        return;
      // Reports after a call, for a record that nobody keeps here.
      case "quality":
      case "sample":
      case "evidence":
      case "progress":
        return;
      // Nothing of the mock's HTTP side changes but by this page.
      case "watch":
        return frame.add?.forEach(({ id }) => session.send({ type: "unwatched", id, error: "unavailable" }));
      case "next":
        return this.#next(session, frame);
    }
    const { call } = session;
    if (call?.id !== frame.call) return refuse(session, "not_in_call", "You are not in this call.");
    if (frame.type === "confirm") this.#confirm(call, session.side);
    else if (frame.type === "decline") this.#end(call, "declined", session.side);
    else if (frame.type === "end") this.#end(call, frame.cause, session.side);
    else this.#relay(session, call, frame);
  }

  #relay(session: Session, call: Call, frame: Extract<ClientFrame, { type: "offer" | "answer" | "candidates" | "restart" | "sends" | "chat" }>): void {
    const from = session.side;
    const { seq: _seq, ack: _ack, ...said } = frame as typeof frame & Numbers;
    if (said.type === "chat" && (said.text === "" || [...said.text].length > CHAT_CHARS_MAX)) {
      return refuse(session, "bad_request", `A line has 1 to ${CHAT_CHARS_MAX} characters.`);
    }
    call.participants[other(from)]?.send({ ...said, from } as ServerFrame);
  }

  #seek(session: Session, ticket: Ticket): void {
    const { user, companyOf } = session.guest;
    if (session.call || session.ticket) return refuse(session, "busy", "You are waiting already, or in a call.");
    if (ticket.kind === "random" && user.age === null) return refuse(session, "age_unanswered", "The age question is not answered yet.");
    if (ticket.invite !== null && !this.#lobby.admit(ticket.invite, user.id)) {
      return refuse(session, "invite_invalid", "This invite is not one of the mock's, or two others have it.");
    }
    if (companyOf === null) return this.#wait(session, ticket);
    // Company does not wait: its person is there, or has found somebody.
    session.ticket = ticket;
    if (!this.#pair(session)) {
      session.ticket = null;
      refuse(session, "conflict", "Nobody is lonely any more.");
    }
  }

  #wait(session: Session, ticket: Ticket): void {
    session.ticket = ticket;
    const isAlone = ![...this.#sessions].some(({ guest }) => guest.companyOf === null && guest.user.id !== session.guest.user.id);
    const waited_ms = this.#env.now() - ticket.since;
    session.send({ type: "queued", kind: ticket.kind, waited_ms, lonely_ms: isAlone ? LONELY_MS.alone : LONELY_MS.among });
    this.#pair(session);
  }

  /** Looks for somebody for a session that waits. */
  #pair(newcomer: Session): boolean {
    const found = this.#lobby.partner(newcomer, this.#sessions);
    if (!found || !newcomer.ticket || !found.session.ticket) return false;
    const sides = { caller: newcomer, callee: found.session };
    const call: Call = {
      id: this.#name(),
      kind: newcomer.ticket.kind,
      users: { caller: newcomer.guest.user.id, callee: found.session.guest.user.id },
      participants: sides,
      tickets: { caller: this.#paused(newcomer.ticket), callee: this.#paused(found.session.ticket) },
      confirmed: new Set(),
      stopTimer: this.#env.after(CONFIRM_MS, () => this.#end(call, "unconfirmed", null)),
    };
    this.#calls.set(call.id, call);
    const theirs = found.session.ticket.interests;
    const shared = newcomer.ticket.interests.filter((interest) => theirs.includes(interest));
    for (const side of ["callee", "caller"] as const) {
      const session = sides[side];
      session.ticket = null;
      session.call = call;
      const grant = JSON.stringify({ call: call.id, kind: call.kind, side, users: call.users });
      session.send({
        type: "match",
        call: call.id,
        kind: call.kind,
        you: side,
        shared_interests: shared,
        met_before: found.metBefore,
        confirm_within_ms: CONFIRM_MS,
        relay_policy: "auto",
        grant,
        is_offered: false,
      });
    }
    return true;
  }

  /** A ticket with its waiting time instead of its begin, for as long as it does not wait. */
  #paused(ticket: Ticket): Ticket {
    return { ...ticket, since: ticket.since - this.#env.now() };
  }

  #confirm(call: Call, side: Side): void {
    const hadBegun = call.confirmed.size === 2;
    call.confirmed.add(side);
    if (hadBegun || call.confirmed.size < 2) return;
    call.stopTimer();
    for (const session of Object.values(call.participants)) session?.send({ type: "begin", call: call.id });
  }

  #next(session: Session, { call, interests }: { call: string; interests?: string[] }): void {
    const known = (session.call && session.call.tickets[session.side]?.interests) ?? [];
    if (session.call && session.call.id !== call) return refuse(session, "not_in_call", "You are not in this call.");
    if (session.ticket) return;
    if (session.call) this.#end(session.call, "next", session.side);
    this.#seek(session, { kind: "random", since: this.#env.now(), interests: interests ?? known, invite: null });
  }

  #end(call: Call, cause: EndCause, by: Side | null): void {
    call.stopTimer();
    this.#calls.delete(call.id);
    this.#over.set(call.id, call.users);
    const waiting: [Session, Ticket][] = [];
    for (const side of ["caller", "callee"] as const) {
      const session = call.participants[side];
      if (!session) continue;
      session.call = null;
      const requeued = call.kind === "random" && session.guest.companyOf === null && isRequeued(call, cause, side, by);
      session.send({ type: "end", call: call.id, cause, by, requeued });
      const before = call.tickets[side] ?? { kind: "random", since: 0, interests: [], invite: null };
      if (requeued) waiting.push([session, { ...before, since: before.since + this.#env.now() }]);
    }
    this.#lobby.met(call.users);
    for (const [session, ticket] of waiting) this.#wait(session, ticket);
  }

  /** Another exchange made this call; both sides are kept for those who had them. */
  #restore(session: Session, grant: string): void {
    const { call: id, kind, side, users } = JSON.parse(grant) as { call: string; kind: Call["kind"]; side: Side; users: Call["users"] };
    if (users[side] !== session.guest.user.id || this.#over.get(id)) return;
    const call: Call = this.#calls.get(id) ?? {
      id,
      kind,
      users,
      participants: { caller: null, callee: null },
      tickets: {},
      confirmed: new Set<Side>(["caller", "callee"]),
      stopTimer: this.#env.after(AWAY_MS, () => this.#end(call, "peer_lost", other(side))),
    };
    if (call.participants[side] !== null) return;
    this.#calls.set(id, call);
    call.participants[side] = session;
    session.call = call;
    session.ticket = null;
    if (call.participants[other(side)] !== null) call.stopTimer();
  }

  #supersede(session: Session): void {
    session.send({ type: "leave", reason: "superseded", action: "disconnect" });
    if (session.socket !== null) {
      this.#guests.delete(session.socket);
      this.#handlers.end(session.socket, CLOSE_SUPERSEDED);
    }
    this.#forget(session);
  }

  #forget(session: Session): void {
    session.socket = null;
    this.#sessions.delete(session);
    if (session.call) this.#end(session.call, "peer_lost", session.side);
    session.ticket = null;
  }

  #sessionOf(socket: string): Session | undefined {
    return [...this.#sessions].find((session) => session.socket === socket);
  }
}

function refuse(session: Session, code: ErrorCode, message: string): void {
  session.send({ type: "error", code, message });
}

/** Whether a side waits again by itself, as the table of ends in docs/PROTOCOL.md has it. */
function isRequeued(call: Call, cause: EndCause, side: Side, by: Side | null): boolean {
  if (cause === "next" || cause === "peer_lost") return side !== by;
  return (cause === "unconfirmed" || cause === "declined") && side !== by && call.confirmed.has(side);
}
