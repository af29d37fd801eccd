// src/mock/environment.ts
import { browserEnvironment } from "./index.js";

// src/mock/memory.ts
var ENTRIES_MAX = 1e3;
var Memory = class {
  #values = /* @__PURE__ */ new Map();
  get(key) {
    return this.#values.get(key);
  }
  set(key, value) {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > ENTRIES_MAX && oldest !== void 0) this.#values.delete(oldest);
  }
};

// src/mock/lobby.ts
var INVITE = "mock-";
var Lobby = class {
  #metPairs = new Memory();
  #blockedPairs = new Memory();
  #usersByInvite = new Memory();
  /** Somebody among all for a session that waits. */
  partner(newcomer, all) {
    const known = (session) => this.#metPairs.get(pair({ caller: session.guest.user.id, callee: newcomer.guest.user.id })) === true;
    const found = [...all].filter((session) => session.socket !== null && this.#mayMeet(session, newcomer)).sort((one, two) => Number(known(one)) - Number(known(two)) || (one.ticket?.since ?? 0) - (two.ticket?.since ?? 0));
    return found[0] ? { session: found[0], metBefore: known(found[0]) } : null;
  }
  met(users) {
    this.#metPairs.set(pair(users), true);
  }
  block(users) {
    this.#blockedPairs.set(pair(users), true);
  }
  /** Whether this user may join an invite: it is for two. */
  admit(invite, user) {
    const users = this.#usersByInvite.get(invite) ?? [];
    if (!invite.startsWith(INVITE)) return false;
    if (users.includes(user)) return true;
    if (users.length === 2) return false;
    this.#usersByInvite.set(invite, [...users, user]);
    return true;
  }
  #mayMeet(one, two) {
    const [a, b] = [one.guest, two.guest];
    if (!one.ticket || !two.ticket || one.ticket.kind !== two.ticket.kind || a.user.id === b.user.id) return false;
    if (a.companyOf !== null || b.companyOf !== null) return a.companyOf === b.user.id || b.companyOf === a.user.id;
    if (this.#blockedPairs.get(pair({ caller: a.user.id, callee: b.user.id }))) return false;
    return one.ticket.kind === "invite" ? one.ticket.invite === two.ticket.invite : a.user.age === b.user.age;
  }
};
function pair({ caller, callee }) {
  return [caller, callee].sort().join(" ");
}

// src/mock/accounts.ts
var KEY = "guest";
var INVITE_MS = 864e5;
var Accounts = class {
  #env;
  #name;
  #handlers;
  #guest;
  #profile = { name: "", bio: "", interests: [], languages: [], country: null };
  constructor(env, name, handlers) {
    this.#env = env;
    this.#name = name;
    this.#handlers = handlers;
    this.#guest = JSON.parse(env.tabStore.get(KEY) ?? "null");
  }
  /** The tab's guest; `null` before the first request. */
  get user() {
    return this.#guest?.user ?? null;
  }
  answer(url, request) {
    const { pathname } = new URL(url);
    const body = JSON.parse(request.body ?? "{}");
    const route = `${request.method} ${pathname}`;
    if (route === "POST /v1/guests") return answered(201, this.#keep({ id: this.#name(), age: body.age ?? null }, this.#name()));
    const guest = this.#guest;
    if (guest === null || request.headers["authorization"] !== `Bearer ${guest.token}`) {
      return refused(401, "unauthenticated", "The mock does not know this login.");
    }
    if (route === "GET /v1/me") return answered(200, this.#account(guest.user));
    if (route === "PUT /v1/me/profile") return answered(200, this.#profile = body);
    if (/^GET \/v1\/me\/(calls|blocks)$/.test(route)) return answered(200, { items: [], next: null });
    if (route === "PUT /v1/me/age") return this.#setAge(guest, body.age ?? null);
    if (route === "POST /v1/invites") return answered(201, this.#invite());
    const [, call, what] = pathname.match(/^\/v1\/calls\/([^/]+)\/(block|report|rating)$/) ?? [];
    if (call === void 0) return refused(404, "not_found", "The mock has nothing there.");
    if (what !== "rating") this.#handlers.onBlock(guest.user.id, decodeURIComponent(call));
    return answered(204, null);
  }
  #setAge({ user, token }, age) {
    if (user.age !== null && user.age !== age) return refused(409, "conflict", "The age question was answered differently before.");
    const answeredUser = { ...user, age };
    this.#keep(answeredUser, token);
    this.#handlers.onUser(answeredUser);
    return answered(200, answeredUser);
  }
  #account(user) {
    const attributes = { public: {}, private: {} };
    const nothing = { email: null, has_password: false, proof: "nothing", role: "user", plan: null };
    return { ...user, ...nothing, profile: this.#profile, attributes, created_at: this.#env.now(), login: "mock" };
  }
  #invite() {
    const code = INVITE + this.#name();
    return { code, url: `${this.#env.pageOrigin ?? ""}/i/${code}`, expires_at: this.#env.now() + INVITE_MS };
  }
  #keep(user, token) {
    this.#guest = { user, token };
    this.#env.tabStore.set(KEY, JSON.stringify(this.#guest));
    return this.#guest;
  }
};
function answered(status, content) {
  return { ok: status < 400, status, json: () => Promise.resolve(content) };
}
function refused(status, code, detail) {
  return answered(status, { type: "about:blank", title: code, status, detail, code, request_id: "mock" });
}

// src/mock/company.ts
import { CHAT_CHARS_MAX as CHAT_CHARS_MAX2, Client } from "./index.js";

// src/mock/memory-store.ts
function memoryStore() {
  const items = /* @__PURE__ */ new Map();
  return { items, get: (key) => items.get(key) ?? null, set: (key, value) => void items.set(key, value), remove: (key) => void items.delete(key) };
}

// src/mock/picture.ts
import { CallboxError } from "./index.js";
var [WIDTH, HEIGHT] = [320, 240];
var BALL = 28;
var FRAMES_PER_SECOND = 15;
var TONE_HZ = 220;
var VOLUME = 0.03;
var TOUCHES = ["pointerdown", "keydown", "touchend"];
function openSyntheticMedia() {
  const [picture, stopPicture] = startPicture();
  const [tone, stopTone] = startTone();
  const stream = new MediaStream([...tone, ...picture]);
  const enable = (tracks, on) => tracks.forEach((track) => track.enabled = on);
  const refuse2 = () => Promise.reject(new CallboxError("media_missing", "A synthetic partner has no devices."));
  return {
    stream,
    hasMicrophone: tone.length > 0,
    hasCamera: true,
    isSharing: false,
    setMicrophone: (on) => enable(tone, on),
    setCamera: (on) => enable(picture, on),
    use: refuse2,
    shareScreen: refuse2,
    stopSharing: () => void 0,
    stop() {
      stopPicture();
      stopTone();
      for (const track of stream.getTracks()) track.stop();
    }
  };
}
function startPicture() {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext("2d");
  const draw = () => context && drawAt(context, performance.now() / 1e3);
  draw();
  const timer = setInterval(draw, 1e3 / FRAMES_PER_SECOND);
  return [canvas.captureStream(FRAMES_PER_SECOND).getVideoTracks(), () => clearInterval(timer)];
}
function drawAt(context, seconds) {
  const swing = (period, from, to) => from + (to - from) * Math.abs(seconds / period % 2 - 1);
  context.fillStyle = `hsl(${seconds * 20 % 360} 45% 35%)`;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = "#ffd34d";
  context.beginPath();
  context.arc(swing(2.3, BALL, WIDTH - BALL), swing(1.7, BALL, HEIGHT - BALL), BALL, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#ffffff";
  context.font = "bold 36px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText((/* @__PURE__ */ new Date()).toLocaleTimeString(), WIDTH / 2, HEIGHT / 2);
}
function startTone() {
  if (typeof AudioContext === "undefined") return [[], () => void 0];
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: TONE_HZ });
  const out = context.createMediaStreamDestination();
  oscillator.connect(new GainNode(context, { gain: VOLUME })).connect(out);
  oscillator.start();
  const resume = () => void context.resume().catch(() => void 0);
  for (const touch of TOUCHES) addEventListener(touch, resume);
  const stop = () => {
    for (const touch of TOUCHES) removeEventListener(touch, resume);
    void context.close();
  };
  return [out.stream.getAudioTracks(), stop];
}

// src/generated/protocol.ts
var CHAT_CHARS_MAX = 2e3;
var INTERESTS_MAX = 8;
var CLOSE_SUPERSEDED = 4409;

// src/mock/session.ts
var ACK_EACH = 8;
var Session = class {
  id;
  guest;
  ticket = null;
  call = null;
  /** Ends the wait for a socket that was lost. */
  stopWaiting = () => void 0;
  #socket = null;
  #say;
  #sent = 0;
  #received = 0;
  constructor(id, guest, say) {
    this.id = id;
    this.guest = guest;
    this.#say = say;
  }
  get socket() {
    return this.#socket;
  }
  /** Another socket, or none: both sides count anew. */
  set socket(socket) {
    this.stopWaiting();
    this.#socket = socket;
    this.#sent = this.#received = 0;
  }
  get side() {
    return this.call?.participants.caller === this ? "caller" : "callee";
  }
  /** Sends a frame; without a socket it goes nowhere. */
  send(frame) {
    const isCounted = !["hello", "ack", "pong", "leave"].includes(frame.type);
    const numbers = { ...isCounted ? { seq: this.#sent + 1 } : {}, ...this.#received > 0 ? { ack: this.#received } : {} };
    if (this.#socket === null) return;
    if (isCounted) this.#sent++;
    this.#say(this.#socket, JSON.stringify({ ...frame, ...frame.type === "hello" ? {} : numbers }));
  }
  /** Counts a frame of the client, and acknowledges now and then what is here. */
  hear({ seq }) {
    if (seq === void 0) return;
    this.#received = seq;
    if (seq % ACK_EACH === 0) this.send({ type: "ack" });
  }
  snapshot(now) {
    if (this.call) return { state: "call", call: this.call.id, has_begun: this.call.confirmed.size === 2, is_peer_here: true };
    if (this.ticket) return { state: "queued", kind: this.ticket.kind, waited_ms: now - this.ticket.since };
    return { state: "idle" };
  }
};

// src/mock/exchange.ts
var CONFIRM_MS = 2e3;
var AWAY_MS = 1e4;
var HEARTBEAT_MS = 1e9;
var LONELY_MS = { alone: 2e3, among: 3e3 };
var other = (side) => side === "caller" ? "callee" : "caller";
var Exchange = class {
  #env;
  #name;
  #epoch;
  #handlers;
  #guests = /* @__PURE__ */ new Map();
  #sessions = /* @__PURE__ */ new Set();
  #calls = /* @__PURE__ */ new Map();
  #lobby = new Lobby();
  /** Calls that have ended, and who was in them. */
  #over = new Memory();
  /** `name` makes names that were never there before. */
  constructor(env, name, handlers) {
    this.#env = env;
    this.#name = name;
    this.#epoch = name();
    this.#handlers = handlers;
  }
  /** Somebody opened a socket. */
  open(socket, guest) {
    this.#guests.set(socket, guest);
  }
  /** A frame came by a socket. */
  handleText(socket, text) {
    const frame = JSON.parse(text);
    const guest = this.#guests.get(socket);
    if (frame.type === "hello") return guest && this.#welcome(socket, guest, frame);
    const session = this.#sessionOf(socket);
    if (!session) return;
    session.hear(frame);
    this.#handle(session, frame);
  }
  /** A socket is closed: for good, or to reconnect. */
  handleClosed(socket, code) {
    this.#guests.delete(socket);
    const session = this.#sessionOf(socket);
    if (!session) return;
    session.socket = null;
    if (code === 1e3 || code === 1001) return this.#forget(session);
    session.stopWaiting = this.#env.after(AWAY_MS, () => this.#forget(session));
  }
  /** A page is gone. */
  handleGone(tab) {
    for (const [socket, guest] of this.#guests) if (guest.tab === tab) this.handleClosed(socket, 1001);
    for (const session of this.#sessions) if (session.guest.tab === tab) this.#forget(session);
  }
  /** A user has answered the age question. */
  handleUser(user) {
    for (const [socket, guest] of this.#guests) if (guest.user.id === user.id) this.#guests.set(socket, { ...guest, user });
    for (const session of this.#sessions) if (session.guest.user.id === user.id) session.guest = { ...session.guest, user };
  }
  /** A user never wants to meet the other one of a call again. */
  handleBlock(user, id) {
    const call = this.#calls.get(id);
    const users = call?.users ?? this.#over.get(id);
    if (!users || users.caller !== user && users.callee !== user) return;
    this.#lobby.block(users);
    if (call) this.#end(call, "blocked", users.caller === user ? "caller" : "callee");
  }
  #welcome(socket, guest, hello) {
    const before = [...this.#sessions].find((session2) => session2.guest.user.id === guest.user.id);
    const isBack = before !== void 0 && before.id === hello.resume?.session;
    if (before && !isBack) this.#supersede(before);
    const session = before && isBack ? before : new Session(this.#name(), guest, (...said) => this.#handlers.say(...said));
    session.guest = guest;
    session.socket = socket;
    this.#sessions.add(session);
    if (session.call === null && hello.grant !== void 0) this.#restore(session, hello.grant);
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
      version: "mock"
    });
    if (session.ticket) this.#wait(session, session.ticket);
  }
  #handle(session, frame) {
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
  #relay(session, call, frame) {
    const from = session.side;
    const { seq: _seq, ack: _ack, ...said } = frame;
    if (said.type === "chat" && (said.text === "" || [...said.text].length > CHAT_CHARS_MAX)) {
      return refuse(session, "bad_request", `A line has 1 to ${CHAT_CHARS_MAX} characters.`);
    }
    call.participants[other(from)]?.send({ ...said, from });
  }
  #seek(session, ticket) {
    const { user, companyOf } = session.guest;
    if (session.call || session.ticket) return refuse(session, "busy", "You are waiting already, or in a call.");
    if (ticket.kind === "random" && user.age === null) return refuse(session, "age_unanswered", "The age question is not answered yet.");
    if (ticket.invite !== null && !this.#lobby.admit(ticket.invite, user.id)) {
      return refuse(session, "invite_invalid", "This invite is not one of the mock's, or two others have it.");
    }
    if (companyOf === null) return this.#wait(session, ticket);
    session.ticket = ticket;
    if (!this.#pair(session)) {
      session.ticket = null;
      refuse(session, "conflict", "Nobody is lonely any more.");
    }
  }
  #wait(session, ticket) {
    session.ticket = ticket;
    const isAlone = ![...this.#sessions].some(({ guest }) => guest.companyOf === null && guest.user.id !== session.guest.user.id);
    const waited_ms = this.#env.now() - ticket.since;
    session.send({ type: "queued", kind: ticket.kind, waited_ms, lonely_ms: isAlone ? LONELY_MS.alone : LONELY_MS.among });
    this.#pair(session);
  }
  /** Looks for somebody for a session that waits. */
  #pair(newcomer) {
    const found = this.#lobby.partner(newcomer, this.#sessions);
    if (!found || !newcomer.ticket || !found.session.ticket) return false;
    const sides = { caller: newcomer, callee: found.session };
    const call = {
      id: this.#name(),
      kind: newcomer.ticket.kind,
      users: { caller: newcomer.guest.user.id, callee: found.session.guest.user.id },
      participants: sides,
      tickets: { caller: this.#paused(newcomer.ticket), callee: this.#paused(found.session.ticket) },
      confirmed: /* @__PURE__ */ new Set(),
      stopTimer: this.#env.after(CONFIRM_MS, () => this.#end(call, "unconfirmed", null))
    };
    this.#calls.set(call.id, call);
    const theirs = found.session.ticket.interests;
    const shared = newcomer.ticket.interests.filter((interest) => theirs.includes(interest));
    for (const side of ["callee", "caller"]) {
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
        is_offered: false
      });
    }
    return true;
  }
  /** A ticket with its waiting time instead of its begin, for as long as it does not wait. */
  #paused(ticket) {
    return { ...ticket, since: ticket.since - this.#env.now() };
  }
  #confirm(call, side) {
    const hadBegun = call.confirmed.size === 2;
    call.confirmed.add(side);
    if (hadBegun || call.confirmed.size < 2) return;
    call.stopTimer();
    for (const session of Object.values(call.participants)) session?.send({ type: "begin", call: call.id });
  }
  #next(session, { call, interests }) {
    const known = (session.call && session.call.tickets[session.side]?.interests) ?? [];
    if (session.call && session.call.id !== call) return refuse(session, "not_in_call", "You are not in this call.");
    if (session.ticket) return;
    if (session.call) this.#end(session.call, "next", session.side);
    this.#seek(session, { kind: "random", since: this.#env.now(), interests: interests ?? known, invite: null });
  }
  #end(call, cause, by) {
    call.stopTimer();
    this.#calls.delete(call.id);
    this.#over.set(call.id, call.users);
    const waiting = [];
    for (const side of ["caller", "callee"]) {
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
  #restore(session, grant) {
    const { call: id, kind, side, users } = JSON.parse(grant);
    if (users[side] !== session.guest.user.id || this.#over.get(id)) return;
    const call = this.#calls.get(id) ?? {
      id,
      kind,
      users,
      participants: { caller: null, callee: null },
      tickets: {},
      confirmed: /* @__PURE__ */ new Set(["caller", "callee"]),
      stopTimer: this.#env.after(AWAY_MS, () => this.#end(call, "peer_lost", other(side)))
    };
    if (call.participants[side] !== null) return;
    this.#calls.set(id, call);
    call.participants[side] = session;
    session.call = call;
    session.ticket = null;
    if (call.participants[other(side)] !== null) call.stopTimer();
  }
  #supersede(session) {
    session.send({ type: "leave", reason: "superseded", action: "disconnect" });
    if (session.socket !== null) {
      this.#guests.delete(session.socket);
      this.#handlers.end(session.socket, CLOSE_SUPERSEDED);
    }
    this.#forget(session);
  }
  #forget(session) {
    session.socket = null;
    this.#sessions.delete(session);
    if (session.call) this.#end(session.call, "peer_lost", session.side);
    session.ticket = null;
  }
  #sessionOf(socket) {
    return [...this.#sessions].find((session) => session.socket === socket);
  }
};
function refuse(session, code, message) {
  session.send({ type: "error", code, message });
}
function isRequeued(call, cause, side, by) {
  if (cause === "next" || cause === "peer_lost") return side !== by;
  return (cause === "unconfirmed" || cause === "declined") && side !== by && call.confirmed.has(side);
}

// src/mock/tabs.ts
var BROKEN = 1006;
var NAME = "callbox.mock";
function newName() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
var Tabs = class {
  #env;
  #tab = newName();
  #channel = new BroadcastChannel(NAME);
  #sockets = /* @__PURE__ */ new Map();
  /** Tabs whose end the host waits for. */
  #watched = /* @__PURE__ */ new Set([this.#tab]);
  #exchange = null;
  /** The time of the host that is known; `null` before there is one. */
  #epoch = null;
  constructor(env) {
    this.#env = env;
    void this.#begin();
  }
  openSocket(guest, handlers) {
    const socket = newName();
    this.#sockets.set(socket, { guest, handlers, hasAnswered: false });
    if (this.#epoch !== null) this.#connect(socket, this.#epoch);
    return {
      send: (text) => this.#ask({ type: "text", socket, text }),
      close: (code) => {
        if (this.#sockets.delete(socket)) this.#ask({ type: "close", socket, code });
      }
    };
  }
  setUser(user) {
    this.#ask({ type: "user", user });
  }
  block(user, call) {
    this.#ask({ type: "block", user, call });
  }
  async #begin() {
    await hold(`${NAME}.${this.#tab}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#channel.postMessage({ type: "who" });
    await hold(NAME);
    this.#becomeHost();
  }
  #becomeHost() {
    this.#exchange = new Exchange(this.#env, newName, {
      say: (socket, text) => this.#tell({ type: "say", socket, text }),
      end: (socket, code) => this.#tell({ type: "end", socket, code })
    });
    const epoch = newName();
    this.#channel.postMessage({ type: "host", epoch });
    this.#follow(epoch);
  }
  #hear(message) {
    switch (message.type) {
      case "who":
        if (this.#exchange && this.#epoch !== null) this.#channel.postMessage({ type: "host", epoch: this.#epoch });
        return;
      case "host":
        return this.#follow(message.epoch);
      case "say":
      case "end":
        return this.#take(message);
      default:
        if (this.#exchange && message.epoch === this.#epoch) this.#serve(this.#exchange, message);
    }
  }
  /** There is a host, or another: sockets to the one before are broken. */
  #follow(epoch) {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    for (const [socket, { handlers, hasAnswered }] of Array.from(this.#sockets)) {
      if (!hasAnswered) this.#connect(socket, epoch);
      else if (this.#sockets.delete(socket)) handlers.onClose(BROKEN);
    }
  }
  #connect(socket, epoch) {
    const open = this.#sockets.get(socket);
    if (!open) return;
    this.#ask({ type: "open", socket, guest: { ...open.guest, tab: this.#tab } });
    queueMicrotask(() => {
      if (this.#epoch === epoch && this.#sockets.has(socket)) open.handlers.onOpen();
    });
  }
  #take(message) {
    const open = this.#sockets.get(message.socket);
    if (!open) return;
    open.hasAnswered = true;
    if (message.type === "say") return open.handlers.onMessage(message.text);
    this.#sockets.delete(message.socket);
    open.handlers.onClose(message.code);
  }
  /** A word to the host, which may be here. */
  #ask(request) {
    if (this.#epoch === null) return;
    const message = { ...request, epoch: this.#epoch };
    const exchange = this.#exchange;
    if (exchange) queueMicrotask(() => this.#serve(exchange, message));
    else this.#channel.postMessage(message);
  }
  /** A word of the host to a socket, which may be here. */
  #tell(message) {
    if (this.#sockets.has(message.socket)) queueMicrotask(() => this.#take(message));
    else this.#channel.postMessage(message);
  }
  #serve(exchange, request) {
    switch (request.type) {
      case "open":
        this.#watch(request.guest.tab);
        return exchange.open(request.socket, request.guest);
      case "text":
        return exchange.handleText(request.socket, request.text);
      case "close":
        return exchange.handleClosed(request.socket, request.code);
      case "user":
        return exchange.handleUser(request.user);
      case "block":
        return exchange.handleBlock(request.user, request.call);
    }
  }
  #watch(tab) {
    if (this.#watched.has(tab)) return;
    this.#watched.add(tab);
    void navigator.locks.request(`${NAME}.${tab}`, () => {
      this.#watched.delete(tab);
      this.#exchange?.handleGone(tab);
    });
  }
};
function hold(name) {
  return new Promise((resolve) => {
    if (!("locks" in navigator)) return resolve();
    const held = navigator.locks.request(name, () => {
      resolve();
      return new Promise(() => void 0);
    });
    held.catch(() => resolve());
  });
}

// src/mock/company.ts
var ECHO = "Echo: ";
var Company = class {
  #env;
  #tabs;
  #client = null;
  #stopWaiting = () => void 0;
  constructor(env, tabs2) {
    this.#env = env;
    this.#tabs = tabs2;
  }
  /** A frame for the person, who is this user. */
  handle(frame, user) {
    if (frame.type === "match" || frame.type === "idle") this.#stopWaiting();
    if (frame.type === "idle" || frame.type === "end") this.leave();
    if (frame.type !== "queued" || frame.kind !== "random" || !("lonely_ms" in frame)) return;
    this.#stopWaiting();
    this.#stopWaiting = this.#env.after(frame.lonely_ms, () => void this.#come(user));
  }
  leave() {
    this.#stopWaiting();
    this.#client?.close();
    this.#client = null;
  }
  async #come(user) {
    this.leave();
    const client = new Client(this.#environment(user), { server: "https://mock.invalid" });
    this.#client = client;
    client.on("error", () => this.#client === client && this.leave());
    client.on("chat", ({ from, text }) => from === "peer" && client.sendChat([...ECHO + text].slice(0, CHAT_CHARS_MAX2).join("")));
    try {
      await client.signIn({ age: "adult" });
      await client.startMedia();
      await client.seek();
    } catch (error) {
      if (this.#client === client) this.#env.warn("the mock's synthetic partner could not come", error);
    }
  }
  /** The page's world, but for its camera and what it keeps. */
  #environment(companyOf) {
    const accounts = new Accounts({ ...this.#env, tabStore: memoryStore() }, newName, { onUser: () => void 0, onBlock: () => void 0 });
    return {
      ...this.#env,
      tabStore: memoryStore(),
      originStore: memoryStore(),
      claim: () => Promise.resolve(true),
      fetch: (url, request) => Promise.resolve(accounts.answer(url, request)),
      openSocket: (_url, _protocol, handlers) => this.#tabs.openSocket({ user: accounts.user ?? { id: newName(), age: null }, companyOf }, handlers),
      openMedia: () => Promise.resolve(openSyntheticMedia())
    };
  }
};

// src/mock/mark.ts
var WORDS = "Mock signaling: no server";
var STYLE = {
  position: "fixed",
  zIndex: "2147483647",
  left: "8px",
  bottom: "8px",
  padding: "4px 8px",
  borderRadius: "4px",
  background: "#ffd34d",
  color: "#000",
  font: "600 12px/1.4 system-ui, sans-serif",
  pointerEvents: "none"
};
var mark = null;
function showMark() {
  if (mark !== null) return;
  const element = document.createElement("div");
  mark = element;
  element.setAttribute("role", "status");
  element.textContent = WORDS;
  Object.assign(element.style, STYLE);
  const show = () => document.body.append(element);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", show, { once: true });
  else show();
}

// src/mock/environment.ts
var tabs = null;
function mockEnvironment() {
  const env = browserEnvironment();
  const between = tabs ??= new Tabs(env);
  const tabStore = mocked(env.tabStore);
  const accounts = new Accounts({ ...env, tabStore }, newName, {
    onUser: (user) => between.setUser(user),
    onBlock: (user, call) => between.block(user, call)
  });
  const company = new Company(env, between);
  showMark();
  return {
    ...env,
    tabStore,
    originStore: mocked(env.originStore),
    fetch: (url, request) => Promise.resolve(accounts.answer(url, request)),
    openSocket(_url, _protocol, handlers) {
      const user = accounts.user ?? { id: newName(), age: null };
      const socket = between.openSocket(
        { user, companyOf: null },
        {
          ...handlers,
          onMessage(text) {
            company.handle(JSON.parse(text), user.id);
            handlers.onMessage(text);
          }
        }
      );
      return {
        send: (text) => socket.send(text),
        close(code, reason) {
          if (code === 1e3) company.leave();
          socket.close(code, reason);
        }
      };
    }
  };
}
function mocked(store) {
  const name = (key) => `callbox.mock.${key}`;
  return { get: (key) => store.get(name(key)), set: (key, value) => store.set(name(key), value), remove: (key) => store.remove(name(key)) };
}
export {
  mockEnvironment
};
