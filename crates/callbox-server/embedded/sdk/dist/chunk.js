// src/core/call-view.ts
var CHAT_LINES_MAX = 200;
var UNKNOWN = { isHere: true, picture: null, sound: null };
var CallView = class {
  #env;
  #emit;
  /** Whether the other side's picture and sound come, once they have. */
  media = "flowing";
  /** The other person of this call, or of the last one. */
  peer = UNKNOWN;
  /** How the call is going; `null` before its first second, and after it. */
  quality = null;
  /** The lines of this call, or of the last one, oldest first. */
  chat = [];
  constructor(env, emit) {
    this.#env = env;
    this.#emit = emit;
  }
  /** Another call: nothing is known of it yet. */
  begin() {
    this.media = "flowing";
    this.peer = UNKNOWN;
    this.chat = [];
  }
  setMedia(media) {
    this.media = media;
    this.#emit("media", media);
  }
  setPeer(change) {
    this.peer = { ...this.peer, ...change };
    this.#emit("peer", this.peer);
  }
  setQuality(quality) {
    this.quality = quality;
    this.#emit("quality", quality);
  }
  addLine(from, text) {
    const line = { from, text, at: this.#env.now() };
    this.chat = [...this.chat.slice(1 - CHAT_LINES_MAX), line];
    this.#emit("chat", line);
  }
};

// src/generated/protocol.ts
var SUBPROTOCOL = "callbox.v1";
var CHAT_CHARS_MAX = 2e3;
var INTERESTS_MAX = 8;
var INTEREST_CHARS_MAX = 32;
var REPORT_NOTE_CHARS_MAX = 1e3;
var REPORT_LINES_MAX = 20;
var REPORT_LINE_CHARS_MAX = 500;
var BAN_REASON_CHARS_MAX = 500;
var RESUME_MS = 6e4;
var KEPT_BYTES_MAX = 65536;
var ACK_FRAMES = 16;
var ACK_BYTES = 16384;
var CLOSE_BAD_FRAME = 4400;
var CLOSE_UNAUTHENTICATED = 4401;
var CLOSE_TIMEOUT = 4408;
var CLOSE_SUPERSEDED = 4409;
var CLOSE_GAP = 4410;
var CLOSE_RATE_LIMITED = 4429;

// src/core/errors.ts
var CallboxError = class _CallboxError extends Error {
  code;
  name = "CallboxError";
  constructor(code, message, details = {}) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }
  /** The error that an RFC 9457 answer means. */
  static fromProblem(problem) {
    return new _CallboxError(problem.code, problem.detail, {
      status: problem.status,
      requestId: problem.request_id,
      retryAfterMs: problem.retry_after_ms,
      ban: problem.ban
    });
  }
};

// src/core/signaling.ts
var HELLO_MS = 1e4;
var PATIENCE_MS = 1e4;
var Signaling = class {
  #env;
  #handlers;
  #socket = null;
  #stopWaiting = () => void 0;
  #patienceMs = HELLO_MS;
  /** Whether the server may have the hello, and with it the session on this socket. */
  hasSaidHello = false;
  /** Opens the socket and says what `hello` gives then. */
  constructor(env, origin, hello, handlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#socket = env.openSocket(`${origin.replace(/^http/, "ws")}/v1/socket`, SUBPROTOCOL, {
      onOpen: () => {
        if (this.#socket === null) return;
        this.hasSaidHello = true;
        this.send(JSON.stringify({ type: "hello", ...hello() }));
      },
      onMessage: (text) => {
        if (this.#socket === null) return;
        const frame = JSON.parse(text);
        if (frame.type === "hello") this.#patienceMs = frame.heartbeat_ms + PATIENCE_MS;
        this.#waitForLife();
        if (frame.type === "hello") handlers.onHello(frame);
        else handlers.onFrame(frame, text.length);
      },
      onClose: (code) => this.#closed(code)
    });
    this.#waitForLife();
  }
  /** Sends a text; after the end it goes nowhere. */
  send(text) {
    this.#socket?.send(text);
  }
  /** Ends the socket for good; nothing is reported. */
  close(code, reason) {
    this.#stopWaiting();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code, reason);
  }
  #waitForLife() {
    this.#stopWaiting();
    this.#stopWaiting = this.#env.after(this.#patienceMs, () => {
      const socket = this.#socket;
      this.#closed(CLOSE_TIMEOUT);
      socket?.close(CLOSE_TIMEOUT, "no sign of life");
    });
  }
  #closed(code) {
    this.#stopWaiting();
    if (this.#socket === null) return;
    this.#socket = null;
    this.#handlers.onClosed(code);
  }
};

// src/core/well-formed.ts
var HALVES = /\p{Surrogate}/gu;
function toJson(value) {
  return JSON.stringify(value, (_, member) => typeof member === "string" ? member.replace(HALVES, "\uFFFD") : member);
}

// src/core/stream.ts
var Stream = class {
  #kept = [];
  #keptSize = 0;
  #sent = 0;
  #received = 0;
  /** The last value of `#received` that the server was sent. */
  #acked = 0;
  #unackedSize = 0;
  #isWhole = true;
  /** The last frame of the server, which has all before. */
  get received() {
    return this.#received;
  }
  /** Whether everything that the server may lack is still here. */
  get isWhole() {
    return this.#isWhole;
  }
  /** Numbers and keeps a frame; the result is its text. */
  send(frame) {
    const seq = ++this.#sent;
    const text = this.#text(frame, seq);
    this.#kept.push({ seq, frame, size: text.length });
    this.#keptSize += text.length;
    while (this.#keptSize > KEPT_BYTES_MAX) {
      this.#isWhole = false;
      this.#drop();
    }
    return text;
  }
  /** The text of a frame that is not counted; it carries what we have. */
  uncounted(frame) {
    return this.#text(frame);
  }
  /** A frame of the server and its size. */
  hear(frame, size) {
    if (frame.ack !== void 0) this.#acknowledge(frame.ack);
    const { seq } = frame;
    if (seq === void 0) return "new";
    if (seq <= this.#received) return "seen";
    if (frame.type !== "skipped" && seq !== this.#received + 1) return "gap";
    this.#received = seq;
    this.#unackedSize += size;
    return "new";
  }
  /** Whether an acknowledgement is due, even by a frame of its own. */
  get isAckDue() {
    return this.#received - this.#acked >= ACK_FRAMES || this.#unackedSize >= ACK_BYTES;
  }
  /** The server has all up to `ack`: the texts of what it lacks, in order. */
  resume(ack) {
    this.#acknowledge(ack);
    return this.#kept.map(({ frame, seq }) => this.#text(frame, seq));
  }
  /** Both sides count from 1 again; the result is what the server may never have seen. */
  reset() {
    const lost = this.#kept.map(({ frame }) => frame);
    this.#kept = [];
    this.#keptSize = this.#sent = this.#received = this.#acked = this.#unackedSize = 0;
    this.#isWhole = true;
    return lost;
  }
  #acknowledge(ack) {
    while (this.#kept[0] && this.#kept[0].seq <= ack) this.#drop();
  }
  #drop() {
    this.#keptSize -= this.#kept.shift()?.size ?? 0;
  }
  #text(frame, seq) {
    const isNew = this.#received > this.#acked;
    this.#acked = this.#received;
    this.#unackedSize = 0;
    return toJson({ ...frame, ...seq === void 0 ? {} : { seq }, ...isNew ? { ack: this.#received } : {} });
  }
};

// src/core/link.ts
var FIRST_WAIT_MS = 250;
var WAIT_MS_MAX = 5e3;
var SOON_WAIT_MS_MAX = 1e3;
var SOON_MS = 1e4;
var SLOW_WAIT_MS_MAX = 3e4;
var CALL_WAIT_MS_MAX = 400;
var PROOF_MS = 250;
var PROVEN_MS = 500;
var LOST_MS = 750;
var GREETING_MS = 1e3;
var BEAT_MS = 5e3;
var SLEPT_MS = 1e4;
var BURST_MS = 300;
var Link = class {
  #env;
  #origin;
  #handlers;
  #stream = new Stream();
  #state = "offline";
  /** The socket that was greeted last. */
  #socket = null;
  /** The one that is to take its place, until it is greeted. */
  #next = null;
  /** The session to resume; `null` if the next session is to be a new one. */
  #session = null;
  #hasBegun = false;
  /** Whether the session only watches answers: it calls nobody, and stands beside others of its login. */
  #observes = false;
  #isSure = false;
  /** Those who wait for the first hello. */
  #opening = null;
  /** Counts up with each attempt, so that one that was overtaken knows. */
  #attempt = 0;
  #attemptAt = 0;
  #failures = 0;
  /** The server said that it stops: the next one, and its relay, know nothing of our paths. */
  #isServerNew = false;
  #lostAt = 0;
  #stopWaiting = null;
  #stopProof = null;
  #stopLosing = () => void 0;
  #provenBy = 0;
  #sureAt = -Infinity;
  #patientUntil = 0;
  #ghostUntil = 0;
  #stopListening = null;
  #stopBeat = null;
  constructor(env, origin, handlers) {
    this.#env = env;
    this.#origin = origin;
    this.#handlers = handlers;
  }
  get state() {
    return this.#state;
  }
  /** Whether what is sent now arrives. */
  get isSure() {
    return this.#isSure;
  }
  /** Resolves when the session is online; rejects if it cannot be opened at all, after so long. One that calls may watch too. */
  connect(patienceMs = 0, observes = false) {
    if (this.#observes && !observes) this.close();
    this.#patientUntil = this.#env.now() + patienceMs;
    if (this.#state === "online") return Promise.resolve();
    if (this.#opening) return this.#opening.promise;
    if (!this.#hasBegun) this.#observes = observes;
    let resolve = () => void 0;
    let reject = () => void 0;
    const promise = new Promise((...both) => [resolve, reject] = both);
    promise.catch(() => void 0);
    this.#opening = { promise, resolve, reject };
    this.#stopListening ??= this.#env.onOnline((isBack) => this.#networkChanged(isBack));
    this.#stopBeat ??= this.#beat();
    if (this.#socket === null && this.#next === null) void this.#tryNow();
    return promise;
  }
  /** Sends a frame now, or when there is a socket again; without a session it goes nowhere. */
  send(frame) {
    if (!this.#hasBegun) return;
    const text = this.#stream.send(frame);
    this.#socket?.send(text);
  }
  /** Finds out whether the socket still works: it may be dead without our knowing. */
  check() {
    if (this.#env.now() - this.#sureAt >= PROVEN_MS) this.#ask(PROOF_MS);
  }
  /** Ends the session. */
  close() {
    this.#opening?.reject(new CallboxError("wrong_state", "The client was closed."));
    this.#end();
  }
  /** A waiting user has nothing else that notices when the machine slept. */
  #beat() {
    const dueAt = this.#env.now() + BEAT_MS;
    return this.#env.after(BEAT_MS, () => {
      if (this.#env.now() - dueAt >= SLEPT_MS) this.check();
      this.#stopBeat = this.#beat();
    });
  }
  #ask(patienceMs) {
    if (this.#socket === null || this.#next !== null || this.#stopWaiting) return;
    const until = this.#env.now() + patienceMs;
    if (this.#stopProof === null) this.#socket.send(this.#stream.uncounted({ type: "ping" }));
    else if (this.#provenBy <= until) return;
    this.#setSure(false);
    this.#stopProof?.();
    this.#provenBy = until;
    this.#stopProof = this.#env.after(patienceMs, () => {
      void this.#tryNow();
      this.#stopLosing = this.#env.after(LOST_MS, () => this.#setLost());
    });
  }
  /** The socket lives. A successor that has not said hello yet is not needed. */
  #prove() {
    if (this.#isSure || this.#next?.hasSaidHello) return;
    this.#stopAttempts();
    this.#failures = this.#lostAt = 0;
    this.#setState("online");
    this.#setSure(true);
    this.#opening?.resolve();
    this.#opening = null;
  }
  async #tryNow() {
    this.#stopAttempts();
    const attempt = ++this.#attempt;
    this.#attemptAt = this.#env.now();
    let token;
    try {
      token = await this.#handlers.signIn();
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error);
      return;
    }
    if (attempt !== this.#attempt) return;
    const grant = this.#handlers.grant();
    const hello = () => ({
      ...token === null ? {} : { token },
      ...this.#session !== null && this.#stream.isWhole ? { resume: { ...this.#session, ack: this.#stream.received } } : {},
      ...grant === null ? {} : { grant },
      ...this.#observes ? { observes: true } : {}
    });
    let leave = null;
    const socket = new Signaling(this.#env, this.#origin, hello, {
      onHello: (frame) => socket === this.#next && this.#welcomed(frame),
      onFrame: (frame, size) => frame.type === "leave" ? leave = frame : this.#hear(socket, frame, size),
      onClosed: (code) => this.#closed(socket, code, leave)
    });
    this.#next = socket;
  }
  #welcomed(frame) {
    this.#stopAttempts({ keepsNext: true });
    const hasMoved = this.#socket !== null || this.#isServerNew;
    this.#isServerNew = false;
    this.#socket?.close(CLOSE_SUPERSEDED, "replaced");
    this.#socket = this.#next;
    this.#next = null;
    const hadSession = this.#hasBegun;
    this.#hasBegun = true;
    this.#session = { session: frame.session, epoch: frame.epoch };
    this.#failures = 0;
    this.#lostAt = 0;
    const waiting = hadSession && !frame.recovered ? null : this.#stream.resume(frame.ack);
    const lost = waiting === null ? this.#stream.reset() : [];
    for (const text of waiting ?? []) this.#socket?.send(text);
    this.#handlers.onFrame(frame);
    this.#setState("online");
    if (waiting === null) this.#handlers.onReset(frame.snapshot, lost);
    this.#setSure(true, hasMoved);
    this.#opening?.resolve();
    this.#opening = null;
  }
  #hear(socket, frame, size) {
    if (socket !== this.#socket) return;
    if (frame.type === "pong") this.#prove();
    const received = this.#stream.hear(frame, size);
    if (received === "gap") {
      socket.close(CLOSE_GAP, "a frame is missing");
      return this.#closed(socket, CLOSE_GAP, null);
    }
    if (received === "seen") return;
    if (frame.type === "ping") socket.send(this.#stream.uncounted({ type: "pong" }));
    else if (frame.type !== "ack" && frame.type !== "skipped" && frame.type !== "pong") this.#handlers.onFrame(frame);
    if (this.#stream.isAckDue) socket.send(this.#stream.uncounted({ type: "ack" }));
  }
  #closed(socket, code, leave) {
    if (socket === this.#next) this.#next = null;
    else if (socket === this.#socket) this.#socket = null;
    else return;
    if (this.#next !== null) return this.#setLost();
    if (code === CLOSE_UNAUTHENTICATED) {
      this.#handlers.onUnknown();
      this.#session = null;
    }
    const isGhost = leave?.reason === "superseded" && this.#env.now() < this.#ghostUntil;
    if (isGhost) this.#ghostUntil = 0;
    else if (leave?.action === "disconnect" || this.#observes && code === CLOSE_UNAUTHENTICATED || code === CLOSE_BAD_FRAME || code === CLOSE_RATE_LIMITED)
      return this.#refused(refusal(code, leave));
    if (leave?.action === "reconnect") this.#session = null;
    if (leave?.reason === "shutdown") this.#isServerNew = true;
    this.#failed(refusal(code, leave), leave?.after_ms);
  }
  /** An attempt failed, or a socket that was open is gone. */
  #failed(error, afterMs) {
    if (this.#state === "offline" && this.#lostAt === 0 && afterMs === void 0 && this.#env.now() >= this.#patientUntil) {
      this.#opening?.reject(error);
      return this.#end();
    }
    this.#stopAttempts();
    this.#setLost();
    const lostMs = this.#lostAt === 0 ? 0 : this.#env.now() - this.#lostAt;
    if (lostMs >= RESUME_MS) {
      this.#setState("offline");
      this.#opening?.reject(error);
      this.#opening = null;
    }
    const soon = this.#handlers.grant() === null ? SOON_WAIT_MS_MAX : CALL_WAIT_MS_MAX;
    const cap = lostMs >= RESUME_MS ? SLOW_WAIT_MS_MAX : lostMs < SOON_MS ? soon : WAIT_MS_MAX;
    const longest = Math.min(cap, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 16));
    this.#stopWaiting = this.#env.after(afterMs ?? this.#env.random() * longest, () => void this.#tryNow());
  }
  #refused(error) {
    this.#opening?.reject(error);
    this.#end();
    this.#handlers.onRefused(error);
  }
  /** `isBack`: the network was gone, so whatever socket we have is of no use any more. */
  #networkChanged(isBack) {
    if (this.#stopWaiting) return void this.#tryNow();
    if (this.#next !== null) {
      if (this.#next.hasSaidHello) this.#stopProof ??= this.#env.after(GREETING_MS, () => void this.#tryNow());
      else if (this.#env.now() - this.#attemptAt >= BURST_MS) void this.#tryNow();
      return;
    }
    this.#ask(isBack ? 0 : PROOF_MS);
  }
  /** No attempt is under way or waited for any more. */
  #stopAttempts({ keepsNext = false } = {}) {
    this.#stopWaiting?.();
    this.#stopProof?.();
    this.#stopLosing();
    this.#stopWaiting = this.#stopProof = null;
    this.#attempt++;
    if (keepsNext) return;
    if (this.#next?.hasSaidHello) this.#ghostUntil = this.#env.now() + RESUME_MS;
    this.#next?.close(CLOSE_SUPERSEDED, "replaced");
    this.#next = null;
  }
  #setLost() {
    this.#setSure(false);
    if (this.#state !== "online") return;
    this.#lostAt = this.#env.now();
    this.#setState("reconnecting");
  }
  #end() {
    this.#next?.close(1e3, "bye");
    this.#stopAttempts();
    this.#stopListening?.();
    this.#stopBeat?.();
    this.#stopListening = this.#stopBeat = null;
    this.#socket?.close(1e3, "bye");
    this.#socket = null;
    this.#session = null;
    this.#hasBegun = this.#observes = false;
    this.#opening = null;
    this.#lostAt = this.#failures = this.#ghostUntil = 0;
    this.#stream.reset();
    this.#setSure(false);
    this.#setState("offline");
  }
  #setSure(isSure, hasMoved = false) {
    if (this.#isSure === isSure) return;
    this.#isSure = isSure;
    if (isSure) this.#sureAt = this.#env.now();
    this.#handlers.onSure(isSure, hasMoved);
  }
  #setState(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.#handlers.onState(state);
  }
};
function refusal(code, leave) {
  if (leave?.reason === "superseded" || leave?.reason === "duplicate") {
    return new CallboxError("superseded", "This login is in use in another tab or device.");
  }
  if (leave?.reason === "banned") return new CallboxError("banned", "This login is banned.", { ban: leave.ban });
  switch (code) {
    case CLOSE_UNAUTHENTICATED:
      return new CallboxError("unauthenticated", "The server does not know this login any more.");
    case 1013:
      return new CallboxError("unavailable", "The server is full; please try again in a moment.");
    case CLOSE_BAD_FRAME:
    case CLOSE_RATE_LIMITED:
      return new CallboxError("unavailable", "The server got too much, or could not read it.");
    default:
      return new CallboxError("network", "The server could not be reached.");
  }
}

// src/core/calls.ts
var PARK_MS = 100;
var Calls = class {
  #env;
  #media;
  #handlers;
  #paths = { iceServers: [], relayOnly: false };
  #isHiding = false;
  #savesData;
  /** The estimate of the network's bandwidth in the last call. */
  #startKbps = null;
  #module = null;
  #ready = null;
  #isParking = false;
  /** Offers for the next match are counted, so that an answer says which one it is for. */
  #parked = 0;
  #call = null;
  #remoteStream = null;
  #stopWatching = () => void 0;
  #stopParking = () => void 0;
  #stopBurst = () => void 0;
  constructor(env, media, handlers) {
    this.#env = env;
    this.#savesData = env.savesData;
    this.#media = media;
    this.#handlers = handlers;
  }
  get remoteStream() {
    return this.#remoteStream;
  }
  /** The call's media, from the match to the end. */
  get current() {
    return this.#call;
  }
  /** How far the call's offers and connections were counted. */
  get counts() {
    return this.#call?.counts ?? { offer: 0, connection: 0 };
  }
  setPaths(paths) {
    this.#paths = paths;
    this.#call?.setIceServers(paths.iceServers);
    this.#remake();
  }
  /** Other servers, or other credentials for them. */
  setIceServers(iceServers) {
    this.setPaths({ ...this.#paths, iceServers });
  }
  /** The person's wish to hide their address in later calls, beyond what the app asks for. */
  setHiding(on) {
    if (this.#isHiding === on) return;
    this.#isHiding = on;
    this.#remake();
  }
  /** Whether our picture is kept small, to save data. */
  get savesData() {
    return this.#savesData;
  }
  /** The person wants to save data, or not any more. */
  setSaving(on) {
    this.#savesData = on;
    this.#call?.setSaving(on);
    this.#ready?.call.setSaving(on);
  }
  /** Loads what a call is made of; to be awaited before anything else of this. */
  async load() {
    this.#module ??= await import("./call.js");
  }
  /** Somebody may come. */
  prepare(local) {
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
  park() {
    this.#isParking = true;
    this.#park();
  }
  /** We wait no more, and may again. */
  unpark() {
    this.#isParking = false;
    this.#stopParking();
    if (this.#ready?.call.isParked) this.#remake();
  }
  /** Nobody will come. */
  discard() {
    this.#isParking = false;
    this.#stopParking();
    this.#stopBurst();
    if (this.#ready === null) return;
    this.#stopWatching();
    this.#ready.call.close();
    this.#ready = null;
  }
  /** Somebody came, or a page returned to its call. */
  start(match, local, begin) {
    this.#call?.close();
    const relayOnly = match.relay !== "auto";
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
  end() {
    if (this.#call !== null) this.#stopWatching();
    this.#startKbps = this.#call?.availableKbps ?? this.#startKbps;
    this.#call?.close();
    this.#call = null;
    this.#setStream(null);
  }
  #park() {
    this.#stopParking();
    this.#stopParking = this.#env.after(PARK_MS, () => void this.#ready?.call.park(++this.#parked));
  }
  /** The ready connection was made for another network, other servers or other wishes. */
  #remake() {
    if (this.#ready === null) return;
    const { call, local } = this.#ready;
    this.#ready = null;
    call.close();
    this.prepare(local);
  }
  #make(local, relayOnly) {
    const setup = { paths: { ...this.#paths, relayOnly }, local, startKbps: this.#startKbps, media: this.#media, isSaving: this.#savesData };
    if (this.#module === null) throw new Error("what a call is made of was not loaded");
    return new this.#module.Call(this.#env, setup, {
      ...this.#handlers,
      onStream: (stream) => this.#setStream(stream)
    });
  }
  #setStream(stream) {
    if (stream === null && this.#remoteStream === null) return;
    this.#remoteStream = stream;
    this.#handlers.onStream(stream);
  }
};

// src/core/state.ts
function matchFrom(frame) {
  const { call, kind, you: side, shared_interests: sharedInterests, met_before: metBefore, relay_policy: relay } = frame;
  return { call, kind, side, sharedInterests, metBefore, relay };
}
function matchOf(state) {
  return state.name === "matched" || state.name === "connecting" || state.name === "connected" ? state.match : null;
}
function isRequeued(state) {
  return state.name === "ended" && state.reason.requeued;
}
function reduce(state, event) {
  const match = matchOf(state);
  switch (event.type) {
    case "media-opened":
      return state.name === "idle" || state.name === "ended" ? { name: "media-ready" } : state;
    case "media-closed":
      return { name: "idle" };
    case "queued":
      return { name: "queued", kind: event.kind, since: event.since };
    case "unqueued":
      return state.name === "queued" || isRequeued(state) ? { name: "media-ready" } : state;
    case "dismissed":
      if (state.name !== "ended") return state;
      return event.hasMedia ? { name: "media-ready" } : { name: "idle" };
    case "matched":
      return { name: "matched", match: event.match };
    case "begun":
      return state.name === "matched" ? { name: "connecting", match: state.match } : state;
    case "returned":
      return { name: "connecting", match: event.match };
    case "connected":
      return state.name === "connecting" ? { name: "connected", match: state.match, since: event.since } : state;
    case "ended":
      return match || state.name === "queued" || isRequeued(state) ? { name: "ended", match, reason: event.reason } : state;
  }
}

// src/core/current-call.ts
var CurrentCall = class {
  #parts;
  #state = { name: "idle" };
  /** Whether to be ready while nobody is waited for. */
  #isPrepared = false;
  constructor(parts) {
    this.#parts = parts;
  }
  get state() {
    return this.#state;
  }
  /** The person whom we are in a call with, or may be. */
  get match() {
    return matchOf(this.#state);
  }
  /** Whether this is the call that we are in. */
  is(id) {
    return this.match?.call === id;
  }
  /** The one place where the state changes. */
  move(event) {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (this.#state.name !== "queued" && !(this.#isPrepared && this.#state.name === "media-ready")) this.#parts.calls.discard();
    this.prepare();
    if (this.#state !== before) this.#parts.emit("state", this.#state, before);
  }
  /** Connects, to be ready from now on. Rejects if the server cannot be reached, after so long. */
  async connect(patienceMs) {
    this.#isPrepared = true;
    await this.#parts.calls.load();
    await this.#parts.link.connect(patienceMs);
  }
  /** Gets ready for the next match, if all is there for it. */
  prepare() {
    const { stream } = this.#parts.media;
    if (this.#isPrepared && this.#parts.link.state === "online" && stream !== null && this.#state.name === "media-ready") this.#parts.calls.prepare(stream);
  }
  /** Stops waiting. */
  cancel() {
    this.#parts.wishes.stopRetry();
    this.#parts.wishes.current = null;
    if (this.#state.name !== "queued" && !isRequeued(this.#state)) return;
    this.#parts.link.send({ type: "cancel" });
    this.move({ type: "unqueued" });
    this.#parts.calls.unpark();
  }
  /** Somebody was found: the app is asked, and the server gets the answer. */
  async confirm(frame) {
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
  begin() {
    this.move({ type: "begun" });
    this.#parts.calls.current?.begin();
  }
  /** Both see each other; since when, the page before this one may know. */
  handleConnected() {
    const since = this.#parts.keptCalls.since ?? this.#parts.env.now();
    this.#parts.keptCalls.update({ since });
    this.move({ type: "connected", since });
  }
  /** Ends the call: we want to, or cannot continue; or the other side's page is gone. */
  leave(cause) {
    const { match } = this;
    if (match === null) return;
    this.#parts.link.send({ type: "end", call: match.call, cause });
    if (cause !== "left") this.end({ cause, by: "me", requeued: false });
  }
  /** The call, or the wait, has ended. */
  end(reason) {
    this.#parts.keptCalls.leave();
    if (!reason.requeued) this.#parts.wishes.current = null;
    const hadCall = this.match !== null;
    this.move({ type: "ended", reason });
    this.#parts.calls.end();
    if (hadCall) this.#parts.view.setQuality(null);
  }
  /** A method was called where it makes no sense. */
  wrongState(method) {
    const hint = this.#parts.media.stream === null ? "; call `startMedia` first" : "";
    return new CallboxError("wrong_state", `\`${method}\` does not fit the state "${this.#state.name}"${hint}.`);
  }
};

// src/core/login.ts
var RELOAD_MS = 1e3;
var Login = class {
  #env;
  #origin;
  #token = null;
  /** Gets the answer to each request that may have changed something: for a cache of what was read. */
  onWrite = null;
  #restoring = null;
  #signingIn = null;
  constructor(env, origin) {
    this.#env = env;
    this.#origin = origin;
  }
  /** For the hello; `null` if a cookie speaks for us. */
  get token() {
    return this.#token;
  }
  /** Comes back as who we were in this tab or origin, or becomes a new guest. */
  signIn(age) {
    this.#signingIn ??= this.#enter(age).finally(() => {
      this.#signingIn = null;
    });
    return this.#signingIn;
  }
  /** Restores who we were; `null` if that was nobody, or nobody whom the server still knows. Asks once. */
  restore() {
    this.#restoring ??= this.#return().catch((error) => {
      this.#restoring = null;
      throw error;
    });
    return this.#restoring;
  }
  /** Takes the user that the server says we are from now on. */
  async take({ user, token }) {
    this.#restoring = Promise.resolve(user);
    if (token === null) {
      if (this.#token === null) this.#env.originStore.set(this.#key("cookie"), "1");
      return user;
    }
    this.#token = token;
    this.#env.tabStore.set(this.#key("token"), token);
    await this.#claim(token);
    return user;
  }
  /** Whether the server still knows us is to be asked again. */
  doubt() {
    this.#restoring = null;
  }
  /** Is nobody from now on. */
  forget() {
    this.#token = null;
    this.doubt();
    this.#env.tabStore.remove(this.#key("token"));
    this.#env.originStore.remove(this.#key("cookie"));
  }
  /** This browser's own name; the server keeps a hash of it, for bans. */
  get device() {
    const store = this.#env.originStore;
    const known = store.get(this.#key("device"));
    if (known !== null) return known;
    const made = `${this.#env.random()}${this.#env.random()}`;
    store.set(this.#key("device"), made);
    return made;
  }
  async #enter(age) {
    return await this.restore() ?? await this.take(await this.ask("POST", "guests", { device: this.device, age }));
  }
  async #return() {
    const token = this.#env.tabStore.get(this.#key("token"));
    const hasCookie = this.#env.originStore.get(this.#key("cookie")) !== null;
    if (token === null ? !hasCookie : !await this.#claim(token, RELOAD_MS)) {
      this.#env.tabStore.remove(this.#key("token"));
      return null;
    }
    this.#token = token;
    try {
      return await this.ask("GET", "me");
    } catch (error) {
      if (!(error instanceof CallboxError && error.code === "unauthenticated")) throw error;
      this.forget();
      return null;
    }
  }
  #key(name2) {
    return `callbox.${name2}:${this.#origin}`;
  }
  /** A lock's name may be seen by other pages of the origin: only the token's tail goes into it. */
  #claim(token, patienceMs = 0) {
    return this.#env.claim(`callbox.tab:${token.slice(-8)}`, patienceMs);
  }
  /** Asks the server as who we are, below `/v1`; rejects with a `CallboxError`. */
  async ask(method, path, body) {
    return this.content(await this.request(method, path, body));
  }
  /** The answer as it comes, with headers of the caller's; rejects only if none comes. */
  async request(method, path, body, headers = {}) {
    if (body !== void 0) headers["content-type"] = "application/json";
    if (this.#token !== null) headers["authorization"] = `Bearer ${this.#token}`;
    let answer;
    try {
      answer = await this.#env.fetch(`${this.#origin}/v1/${path}`, {
        method,
        headers,
        credentials: this.#env.pageOrigin === this.#origin ? "same-origin" : "omit",
        ...body === void 0 ? {} : { body: toJson(body) }
      });
    } catch (cause) {
      throw new CallboxError("network", "The server could not be reached.", { cause });
    }
    if (method !== "GET") this.onWrite?.(answer);
    return answer;
  }
  /** What an answer says; rejects with a `CallboxError` if that is a refusal. */
  async content(answer) {
    if (answer.status === 204 || answer.status === 202) return null;
    let content;
    try {
      content = await answer.json();
    } catch (cause) {
      throw new CallboxError("network", `The server answered ${answer.status} without words.`, { status: answer.status, cause });
    }
    if (!answer.ok) throw CallboxError.fromProblem(content);
    return content;
  }
};

// src/core/current-user.ts
function later(make) {
  const call = (name2) => async (...args) => make(await import("./people.js"))[name2](...args);
  return new Proxy({}, { get: (_, name2) => name2 === "then" ? void 0 : call(name2) });
}
var CurrentUser = class {
  login;
  account;
  profile;
  history;
  #emit;
  #user = null;
  /** `onLeft`: we are somebody else now, or nobody, so whatever was begun ends. */
  constructor(env, origin, emit, onLeft) {
    this.#emit = emit;
    const login = this.login = new Login(env, origin);
    const become = (user) => {
      if (user?.id !== this.#user?.id) onLeft();
      return this.set(user);
    };
    this.account = later(({ makeAccount }) => makeAccount(login, become, env.tabStore));
    this.profile = later(({ makeProfile }) => makeProfile(login));
    this.history = later(({ makeHistory }) => makeHistory(login));
  }
  get user() {
    return this.#user;
  }
  /** The server says who we are. */
  set(user) {
    this.#user = user;
    this.#emit("user", user);
    return user;
  }
  async signIn(age) {
    const user = this.#user ?? this.set(await this.login.signIn(age));
    return age !== void 0 && user.age === null ? await this.setAge(age) : user;
  }
  async restore() {
    const user = this.#user ?? await this.login.restore();
    return user && this.set(user);
  }
  async setAge(age) {
    return this.set(await this.login.ask("PUT", "me/age", { age }));
  }
  /** The server does not know our login any more: the next use signs in anew. */
  forget() {
    this.#user = null;
    this.login.doubt();
  }
};

// src/core/events.ts
var Emitter = class {
  #listeners = /* @__PURE__ */ new Map();
  #report;
  constructor(report) {
    this.#report = report;
  }
  /** Listens until the returned function is called. */
  on(name2, listener) {
    const listeners = this.#listeners.get(name2) ?? /* @__PURE__ */ new Set();
    this.#listeners.set(name2, listeners.add(listener));
    return () => void listeners.delete(listener);
  }
  emit(name2, ...args) {
    for (const listener of Array.from(this.#listeners.get(name2) ?? [])) {
      try {
        listener(...args);
      } catch (error) {
        this.#report(error);
      }
    }
  }
};

// src/core/reconcile.ts
function reconcile(snapshot, state, wish, hasConfirmed) {
  const match = matchOf(state);
  if (snapshot.state === "call" && match?.call === snapshot.call) {
    return { leave: null, isOver: false, call: step(snapshot.has_begun, state, hasConfirmed), wait: null };
  }
  const leave = snapshot.state === "call" ? snapshot.call : null;
  const isOver = match !== null;
  if (wish === null || isOver && state.name !== "matched") return { leave, isOver, call: null, wait: snapshot.state === "queued" ? "cancel" : null };
  const waits = snapshot.state === "queued" && snapshot.kind === wish;
  return { leave, isOver, call: null, wait: waits ? "queued" : "ask" };
}
function step(hasBegun, state, hasConfirmed) {
  if (state.name === "matched" && hasBegun) return "begin";
  if (state.name === "matched" && hasConfirmed) return "confirm";
  return "go-on";
}

// src/core/frames.ts
function handleFrame(call, parts, frame) {
  if ("call" in frame && frame.type !== "match" && !call.is(frame.call)) return;
  switch (frame.type) {
    case "hello":
      welcome(call, parts, frame);
      return parts.emit("watched", frame);
    case "stale":
    case "put":
    case "unwatched":
      return parts.emit("watched", frame);
    case "queued":
      if (parts.wishes.current === null) parts.link.send({ type: "cancel" });
      if (parts.wishes.current?.kind !== frame.kind) return;
      parts.calls.prepare(parts.media.stream);
      parts.calls.park();
      return call.move({ type: "queued", kind: frame.kind, since: parts.env.now() - frame.waited_ms });
    case "idle":
      return call.move({ type: "unqueued" });
    case "match":
      if (parts.wishes.current?.kind !== frame.kind) return parts.link.send({ type: "decline", call: frame.call });
      return void call.confirm(frame);
    case "begin":
      return call.begin();
    case "reveal":
      return parts.calls.current?.reveal();
    case "ice_servers":
      return parts.calls.setIceServers(frame.ice_servers);
    case "peer":
      parts.view.setPeer({ isHere: frame.is_here });
      return parts.calls.current?.handle(frame);
    case "offer":
    case "answer":
    case "candidates":
    case "restart":
    case "sends":
      return parts.calls.current?.handle(frame);
    case "chat":
      return parts.view.addLine("peer", frame.text);
    case "end": {
      const by = frame.by === null ? null : frame.by === call.match?.side ? "me" : "peer";
      return call.end({ cause: frame.cause, by, requeued: frame.requeued && parts.wishes.current !== null });
    }
    case "error":
      return refuse(call, parts, frame);
    default:
      return;
  }
}
function handleReset(call, parts, snapshot, lost) {
  const { match } = call;
  const { leave, isOver, call: step2, wait } = reconcile(snapshot, call.state, parts.wishes.current?.kind ?? null, parts.keptCalls.isOf(match));
  if (lost.some((frame) => frame.type === "chat")) {
    parts.emit("error", new CallboxError("chat_uncertain", "The connection was interrupted: your last line may not have arrived."));
  }
  if (leave !== null) parts.link.send({ type: "end", call: leave, cause: "hangup" });
  for (const frame of lost) if (frame.type === "end" && frame.call === match?.call) parts.link.send(frame);
  if (isOver) call.end({ cause: "peer_lost", by: "me", requeued: wait === "ask" || wait === "queued" });
  if (step2 === "begin") call.begin();
  if (step2 === "confirm" && match) parts.link.send({ type: "confirm", call: match.call });
  if (step2 !== null && snapshot.state === "call") {
    parts.view.setPeer({ isHere: snapshot.is_peer_here });
    parts.calls.current?.handleLost(snapshot.is_peer_here);
  }
  if (wait === "cancel") parts.link.send({ type: "cancel" });
  if (wait === "ask") parts.wishes.ask();
  if (wait === "queued" && snapshot.state === "queued") {
    call.move({ type: "queued", kind: snapshot.kind, since: parts.env.now() - snapshot.waited_ms });
  }
}
function welcome(call, parts, hello) {
  const { snapshot } = hello;
  parts.calls.setPaths({ iceServers: hello.ice_servers, relayOnly: hello.relay_policy !== "auto" });
  parts.user.set(hello.user);
  const back = parts.keptCalls.handleHello(snapshot);
  if (back?.is === "left") parts.link.send({ type: "end", call: back.kept.match.call, cause: "hangup" });
  if (back === null || !call.is(back.kept.match.call)) return;
  if (back.is === "gone" || snapshot.state !== "call") return call.end({ cause: "left", by: "me", requeued: false });
  const isPeerHere = snapshot.is_peer_here;
  parts.view.setPeer({ isHere: isPeerHere });
  parts.calls.start(back.kept.match, parts.media.stream, { isOffered: false, counts: back.kept.counts, isPeerHere });
  if (snapshot.has_begun) return parts.calls.current?.begin();
  parts.calls.current?.negotiate();
  parts.link.send({ type: "confirm", call: snapshot.call });
}
function refuse(call, parts, { code, message, retry_after_ms: retryAfterMs }) {
  if (code === "not_in_call") return;
  if (code === "busy") {
    if (parts.wishes.current === null || call.match !== null || call.state.name === "queued") return;
    parts.link.send({ type: "cancel" });
    return parts.wishes.ask();
  }
  parts.emit("error", new CallboxError(code, message, { retryAfterMs }));
  const isRetried = code === "rate_limited" && retryAfterMs !== void 0 && parts.wishes.retry(retryAfterMs);
  if (!isRetried && isRequeued(call.state)) call.move({ type: "unqueued" });
}

// src/core/media.ts
var Media = class {
  #env;
  #emit;
  #handlers;
  #local = null;
  #opening = null;
  #microphoneOn = true;
  #cameraOn = true;
  #stopDevices = null;
  constructor(env, emit, handlers) {
    this.#env = env;
    this.#emit = emit;
    this.#handlers = handlers;
  }
  get stream() {
    return this.#local?.stream ?? null;
  }
  get microphoneOn() {
    return this.#microphoneOn && (this.#local?.hasMicrophone ?? true);
  }
  get cameraOn() {
    return this.#cameraOn && (this.#local?.hasCamera ?? true);
  }
  /** The states of the two switches, for a page that returns. */
  get switches() {
    return { microphoneOn: this.microphoneOn, cameraOn: this.cameraOn };
  }
  get isSharing() {
    return this.#local?.isSharing ?? false;
  }
  /** The media that we announce to the other side. */
  get sends() {
    const hasCamera = this.#cameraOn && this.#local?.hasCamera === true;
    return { picture: this.isSharing ? "screen" : hasCamera ? "camera" : "none", sound: this.#microphoneOn && this.#local?.hasMicrophone === true };
  }
  open(wishes) {
    if (this.#local !== null) return Promise.resolve(this.#local.stream);
    const opening = this.#opening ?? this.#open(wishes, () => this.#opening === opening);
    this.#opening = opening;
    return opening;
  }
  /** The open media, or an error that says that nothing is open. */
  opened() {
    if (this.#local === null) throw new CallboxError("wrong_state", "Camera and microphone are closed; call `startMedia` first.");
    return this.#local;
  }
  async use(kind, id) {
    const local = this.opened();
    await local.use(kind, id);
    if (local !== this.#local) local.stop();
  }
  setMicrophone(on) {
    this.#microphoneOn = on;
    this.#local?.setMicrophone(on);
    this.#changed();
  }
  setCamera(on) {
    this.#cameraOn = on;
    this.#local?.setCamera(on);
    this.#changed();
  }
  close() {
    this.#local?.stop();
    this.#local = null;
    this.#opening = null;
    this.#tell(null);
  }
  /** Hears of no device any more. */
  stopListening() {
    this.#stopDevices?.();
    this.#stopDevices = null;
  }
  async #open(wishes, isWanted) {
    try {
      const local = await this.#env.openMedia(wishes, {
        onTracks: () => this.#changed(),
        onUnplugged: (kind) => {
          this.#emit("tracks");
          this.#emit("error", new CallboxError("media_unplugged", `The ${kind} was taken away, and there is no other.`));
        }
      });
      if (!isWanted()) {
        local.stop();
        throw new CallboxError("wrong_state", "Camera and microphone were closed.");
      }
      this.#local = local;
      local.setMicrophone(this.#microphoneOn);
      local.setCamera(this.#cameraOn);
      this.#tell(local.stream);
      this.#stopDevices ??= this.#env.onDevices(() => this.#tellDevices());
      this.#tellDevices();
      return local.stream;
    } finally {
      if (isWanted()) this.#opening = null;
    }
  }
  #tell(stream) {
    this.#emit("local-stream", stream);
    this.#handlers.onStream(stream);
  }
  /** Another track is in the stream, or one was switched. */
  #changed() {
    this.#handlers.onTracks();
    this.#emit("tracks");
  }
  #tellDevices() {
    void this.#env.devices().then((devices) => this.#emit("devices", devices));
  }
};

// src/core/kept-call.ts
var RETURN_MS = 1e4;
var KeptCalls = class {
  #env;
  #key;
  #kept = null;
  /** The call that this page returns to, until the server has said whether the call still is. */
  #returning = null;
  #isLeaving = false;
  constructor(env, origin) {
    this.#env = env;
    this.#key = `callbox.call:${origin}`;
  }
  /** Whether there may be a call to return to. */
  get isThere() {
    return this.#returning !== null && !this.#isLeaving || this.#kept === null && this.#env.tabStore.get(this.#key) !== null;
  }
  /** Since when the two of the call have seen each other; `null` if they have not, or there is none. */
  get since() {
    return this.#kept?.since ?? null;
  }
  /** This page is in the call from now on. */
  take(kept) {
    this.#keep(kept);
    void this.#env.claim(name(kept));
  }
  /** Keeps what has changed since. */
  update(change) {
    if (this.#kept !== null) this.#keep({ ...this.#kept, ...change });
  }
  /** The proof of our call for a server that forgot it, or for one that does not know this page yet. */
  get grant() {
    return (this.#returning ?? this.#kept)?.grant ?? null;
  }
  /** Whether we have confirmed this match. */
  isOf(match) {
    return match !== null && this.#kept?.match.call === match.call;
  }
  /** The hello's word on the call that this page returns to: it is there, it is not, or we have left it meanwhile. */
  handleHello(snapshot) {
    const [kept, isLeaving] = [this.#returning, this.#isLeaving];
    this.#returning = null;
    this.#isLeaving = false;
    if (kept === null) return null;
    const isThere = snapshot.state === "call" && snapshot.call === kept.match.call;
    return { kept, is: !isThere ? "gone" : isLeaving ? "left" : "there" };
  }
  leave() {
    this.#isLeaving = this.#returning !== null;
    this.#kept = null;
    this.#env.tabStore.remove(this.#key);
  }
  /** The call of the page before this one; `null` if there was none, or another tab has it. */
  async retake() {
    if (this.#returning !== null) return this.#returning;
    const text = this.isThere ? this.#env.tabStore.get(this.#key) : null;
    if (text === null) return null;
    const kept = JSON.parse(text);
    if (!await this.#env.claim(name(kept), RELOAD_MS)) {
      this.leave();
      return null;
    }
    this.#kept = this.#returning = kept;
    return kept;
  }
  #keep(kept) {
    this.#kept = kept;
    this.#env.tabStore.set(this.#key, JSON.stringify(kept));
  }
};
var name = ({ match }) => `callbox.call:${match.call}:${match.side}`;

// src/core/wish.ts
var Wishes = class {
  /** The person's wish, `null` once they have left: frames that cross that decision do not undo it. */
  current = null;
  #env;
  #send;
  #interests = [];
  /** Nothing before the person has said something. */
  #relay = {};
  #stop = () => void 0;
  constructor(env, send) {
    this.#env = env;
    this.#send = send;
  }
  /** A wish that is left out stays as it was. */
  prefer({ interests, relay }) {
    this.#interests = interests ?? this.#interests;
    if (relay !== void 0) this.#relay = { relay };
  }
  /** The preferences, as they are to be sent again. */
  get preferences() {
    return { interests: this.#interests, ...this.#relay };
  }
  stranger() {
    return { kind: "random", frame: () => ({ type: "seek", ...this.preferences }) };
  }
  friend(invite) {
    return { kind: "invite", frame: () => ({ type: "join", invite, ...this.#relay }) };
  }
  /** Leaving a call for the next person, in one step. */
  next(call) {
    return { type: "next", call, ...this.preferences };
  }
  /** Asks for what is wanted now, if anything. */
  ask() {
    if (this.current !== null) this.#send(this.current.frame());
  }
  /** A stranger was asked for too often: asks again after so long. False if it is no stranger who is wanted. */
  retry(afterMs) {
    if (this.current?.kind !== "random") return false;
    this.stopRetry();
    this.#stop = this.#env.after(afterMs, () => this.#send(this.stranger().frame()));
    return true;
  }
  /** Asks again no more by itself. */
  stopRetry() {
    this.#stop();
  }
};

// src/core/client.ts
var Client = class extends Emitter {
  #parts;
  #call;
  constructor(env, options = {}) {
    super((error) => env.warn("a listener failed", error));
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    const origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    const emit = (name2, ...args) => this.emit(name2, ...args);
    const parts = this.#parts = {
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
        }
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
        grant: () => parts.keptCalls.grant
      }),
      calls: new Calls(env, options.media ?? {}, {
        send: (frame) => parts.link.send(frame),
        onStream: (stream) => emit("remote-stream", stream),
        onConnected: () => call.handleConnected(),
        onMedia: (state) => {
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
          parts.wishes.current = null;
          parts.link.check();
        },
        onFailed: (cause) => call.leave(cause)
      })
    };
    const call = this.#call = new CurrentCall(parts);
  }
  get state() {
    return this.#call.state;
  }
  get signaling() {
    return this.#parts.link.state;
  }
  get user() {
    return this.#parts.user.user;
  }
  /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
  get login() {
    return this.#parts.user.login;
  }
  /** From a guest to an account, and who may use it. */
  get account() {
    return this.#parts.user.account;
  }
  /** The profiles that people in a call see of each other. */
  get profile() {
    return this.#parts.user.profile;
  }
  /** The calls that were, and the people whom one blocked. */
  get history() {
    return this.#parts.user.history;
  }
  get localStream() {
    return this.#parts.media.stream;
  }
  get remoteStream() {
    return this.#parts.calls.remoteStream;
  }
  get microphoneOn() {
    return this.#parts.media.microphoneOn;
  }
  get cameraOn() {
    return this.#parts.media.cameraOn;
  }
  /** Whether a screen is shown in the camera's place. */
  get isSharing() {
    return this.#parts.media.isSharing;
  }
  /** Whether the picture is kept small, to save data. */
  get savesData() {
    return this.#parts.calls.savesData;
  }
  /** Whether the other side's picture and sound come, once they have. */
  get mediaState() {
    return this.#parts.view.media;
  }
  /** The other person of this call, or of the last one. */
  get peer() {
    return this.#parts.view.peer;
  }
  /** How the call is going; `null` before its first second, and after it. */
  get quality() {
    return this.#parts.view.quality;
  }
  /** The lines of this call, or of the last one, oldest first: the last 200. */
  get chat() {
    return this.#parts.view.chat;
  }
  /** Whether this tab was in a call before its page was loaded anew, as far as it knows: see `comeBack`. */
  get hasCall() {
    return this.#parts.keptCalls.isThere;
  }
  /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
  signIn(options = {}) {
    return this.#parts.user.signIn(options.age);
  }
  /** Comes back as who we were, and makes no guest of nobody: `null` then. */
  restore() {
    return this.#parts.user.restore();
  }
  /** Answers the age question: once, for good. */
  setAge(age) {
    return this.#parts.user.setAge(age);
  }
  /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
  startMedia(wishes) {
    return this.#parts.media.open(wishes);
  }
  /** Closes camera and microphone, and with them the wait or the call. */
  stopMedia() {
    this.hangUp();
    this.cancel();
    this.#parts.media.close();
  }
  setMicrophone(on) {
    this.#parts.media.setMicrophone(on);
  }
  setCamera(on) {
    this.#parts.media.setCamera(on);
  }
  /** Keeps our picture small, to save data; as the browser's setting says if never called. */
  setDataSaver(on) {
    this.#parts.calls.setSaving(on);
    this.emit("tracks");
  }
  /** Cameras, microphones and speakers; without names until the person has allowed one. */
  devices() {
    return this.#parts.env.devices();
  }
  /** Takes another camera or microphone, also in mid-call. */
  useDevice(device) {
    return this.#parts.media.use(device.kind, device.id);
  }
  /** Shows a screen or window, which the person chooses, in the camera's place. */
  async shareScreen() {
    await this.#parts.media.opened().shareScreen();
  }
  /** Shows the camera again. */
  stopSharing() {
    this.#parts.media.opened().stopSharing();
  }
  /** Connects and looks for addresses now, so that the next `seek` or `join` is quick. Wants media open. */
  async prepare() {
    await this.#call.connect();
    this.#call.prepare();
  }
  /**
   * Goes on with the call that this tab was in before its page was loaded anew: signs in, opens media and takes the call again.
   * False if there is none; a call that has ended meanwhile becomes `ended`.
   */
  async comeBack(wishes) {
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
  async seek(options = {}) {
    this.#prefer(options);
    await this.#wait("seek", this.#parts.wishes.stranger());
  }
  /** Joins an invite and waits for the other person. */
  async join(invite, options = {}) {
    this.#prefer(options);
    await this.#wait("join", this.#parts.wishes.friend(invite));
  }
  /** Stops waiting. */
  cancel() {
    this.#call.cancel();
  }
  /** Leaves the call and waits for the next person, in one step. */
  next(options = {}) {
    const { match } = this.#call;
    if (match === null) throw this.#call.wrongState("next");
    this.#prefer(options);
    this.#parts.wishes.current = this.#parts.wishes.stranger();
    this.#parts.link.send(this.#parts.wishes.next(match.call));
    this.#call.end({ cause: "next", by: "me", requeued: true });
  }
  /** Ends the call; `media_denied` says for its record that camera and microphone were denied. */
  hangUp(cause) {
    this.#call.leave(cause === "media_denied" ? cause : "hangup");
  }
  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss() {
    if (!isRequeued(this.state)) this.#call.move({ type: "dismissed", hasMedia: this.localStream !== null });
  }
  /** Sends a line of text to the other person. */
  sendChat(text) {
    const { match } = this.#call;
    if (match === null) throw this.#call.wrongState("sendChat");
    this.#parts.link.send({ type: "chat", call: match.call, text });
    this.#parts.view.addLine("me", text);
  }
  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite() {
    return this.login.ask("POST", "invites", {});
  }
  /** Never meet the other person of this call again. */
  block(call) {
    return this.#say("POST", call, "block", {});
  }
  /** Complains about the other person of this call to those who run the server, and blocks them. */
  report(call, report) {
    return this.#say("POST", call, "report", report);
  }
  /** Says how good this call was: 1 to 5 stars. The last word counts. */
  rate(call, stars) {
    return this.#say("PUT", call, "rating", { stars });
  }
  /**
   * Opens a session that only watches answers, for a page that calls nobody: beside whatever else this login does. Once is enough; it
   * tries until it is closed, or the login is not known any more. A page that seeks or joins later has a session that does both.
   */
  observe() {
    return this.#parts.link.connect(Infinity, true);
  }
  /** Names answers whose changes `watched` tells; without a session it does nothing. A new session (`hello`) has none. */
  watch(watch) {
    this.#parts.link.send({ type: "watch", ...watch });
  }
  /** Ends everything. */
  close() {
    this.stopMedia();
    this.#parts.link.close();
    this.#parts.media.stopListening();
  }
  #prefer(options) {
    this.#parts.wishes.prefer(options);
    if (options.relay !== void 0) this.#parts.calls.setHiding(options.relay !== "auto");
  }
  async #wait(name2, wish) {
    if (this.localStream === null || this.#call.match !== null || this.state.name === "queued") throw this.#call.wrongState(name2);
    this.#parts.wishes.stopRetry();
    this.#parts.wishes.current = wish;
    await this.#call.connect();
    if (this.#parts.wishes.current === wish) this.#parts.wishes.ask();
  }
  #say(method, call, what, body) {
    return this.login.ask(method, `calls/${encodeURIComponent(call)}/${what}`, body);
  }
};

export {
  CHAT_CHARS_MAX,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  REPORT_NOTE_CHARS_MAX,
  REPORT_LINES_MAX,
  REPORT_LINE_CHARS_MAX,
  BAN_REASON_CHARS_MAX,
  CallboxError,
  matchOf,
  Client
};
