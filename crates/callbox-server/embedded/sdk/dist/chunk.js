// src/core/recovery.ts
var LOOK_MS = 200;
var SILENT_MS = 800;
var SILENT_SELDOM_MS = 2500;
var STEADY_LOOKS = 5;
var AGAIN_MS = 2500;
var NEW_PEER_MS = 8e3;
var POLITE_MS = 1e3;
var GIVE_UP_MS = 3e4;
var Recovery = class {
  #env;
  #handlers;
  #stop = () => void 0;
  #isOver = false;
  #bytes = 0;
  #heardAt = 0;
  /** Looks in a row that found something new. */
  #steady = 0;
  #wasSteady = false;
  #isInterrupted = false;
  #restarts = 0;
  #restartAt = 0;
  /** When the peer connection in use was last known to work, or was made. */
  #peerAt = 0;
  constructor(env, handlers) {
    this.#env = env;
    this.#handlers = handlers;
  }
  /** The other side searches already. */
  handleOffer() {
    this.#restartAt = this.#env.now() + AGAIN_MS;
  }
  /** A new peer connection counts from zero. */
  handleNewPeer() {
    this.#bytes = 0;
    this.#peerAt = this.#env.now();
    this.#restartAt = this.#peerAt + AGAIN_MS;
  }
  start() {
    if (!this.#isOver) this.#stop = this.#env.after(LOOK_MS, () => void this.#look());
  }
  stop() {
    this.#isOver = true;
    this.#stop();
  }
  /** Another network: the path is gone before its silence tells. */
  handleNetwork() {
    if (this.#heardAt === 0 || this.#isOver) return;
    this.#interrupt(0);
    this.#restart(true);
  }
  async #look() {
    const flow = await this.#handlers.flow().catch(() => null);
    if (this.#isOver) return;
    if (flow !== null || this.#isInterrupted) this.#judge(flow ?? { bytes: 0, hasPath: false });
    this.start();
  }
  #judge({ bytes, hasPath }) {
    const now = this.#env.now();
    if (bytes > this.#bytes) {
      this.#bytes = bytes;
      this.#heardAt = this.#peerAt = now;
      this.#wasSteady = ++this.#steady >= STEADY_LOOKS;
      if (this.#isInterrupted) this.#handlers.onFlowing();
      this.#isInterrupted = false;
      return;
    }
    this.#steady = 0;
    const silent = now - this.#heardAt;
    if (silent < (this.#wasSteady ? SILENT_MS : SILENT_SELDOM_MS)) return;
    if (silent >= GIVE_UP_MS) {
      if (!hasPath) this.#giveUp();
    } else {
      this.#interrupt(this.#handlers.isPolite() ? POLITE_MS : 0);
      if (now >= this.#restartAt && (this.#restarts === 0 || this.#handlers.isOnline())) this.#restart(hasPath);
    }
  }
  #interrupt(waitMs) {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    this.#restarts = 0;
    this.#restartAt = Math.max(this.#restartAt, this.#env.now() + waitMs);
    this.#handlers.onInterrupted();
  }
  #restart(hasPath) {
    const now = this.#env.now();
    this.#restartAt = now + AGAIN_MS;
    this.#restarts++;
    this.#handlers.restart(!hasPath && now - this.#peerAt >= NEW_PEER_MS);
  }
  #giveUp() {
    this.stop();
    this.#handlers.onGivenUp();
  }
};

// src/core/call.ts
var BATCH_MS = 50;
var CONNECT_MS = 15e3;
var KEPT_MAX = 64;
var Call = class {
  #env;
  #setup;
  #handlers;
  #recovery;
  /** Loaded once there is something to watch. */
  #watch = null;
  #isSaving;
  #interruptions = 0;
  #restarts = 0;
  #peer;
  /** Which of the call's peer connections that is. */
  #connection = 0;
  #wasConnected = false;
  #match = null;
  #isMakingOffer = false;
  #ignoresOffer = false;
  /** Offers of ours that are not answered yet: only the answer to the last one counts. */
  #unanswered = 0;
  #hasRemoteDescription = false;
  #isOver = false;
  #kept = [];
  #batch = [];
  #stopConnectTimer = () => void 0;
  /** Frames are handled one after another, since each step of the browser takes its time; none before we confirmed. */
  #queue;
  #negotiate = () => void 0;
  /** What is to be told once both have confirmed; `null` from then on. */
  #untold = [];
  constructor(env, setup, handlers) {
    this.#env = env;
    this.#setup = setup;
    this.#handlers = handlers;
    this.#isSaving = setup.isSaving;
    this.#queue = new Promise((resolve) => this.#negotiate = resolve);
    this.#recovery = new Recovery(env, {
      flow: () => this.#peer.flow(),
      isPolite: () => this.#match?.polite === true,
      isOnline: () => handlers.isOnline(),
      onInterrupted: () => {
        this.#interruptions++;
        handlers.onMedia("interrupted");
      },
      onFlowing: () => handlers.onMedia("flowing"),
      restart: (isNew) => {
        this.#restarts++;
        this.#enqueue(() => {
          if (isNew) this.#replacePeer(this.#connection + 1);
          return this.#offer(!isNew);
        });
      },
      onGivenUp: () => this.#fail("media_lost")
    });
    this.#peer = this.#makePeer();
  }
  /** Whether it is the media of this call. */
  isOf(call) {
    return this.#match?.call === call;
  }
  /** There is a match. Frames of the other side wait until we have confirmed it. */
  start(match) {
    this.#match = match;
    this.#stopConnectTimer = this.#env.after(CONNECT_MS, () => this.#fail("media_failed"));
    if (match.side === "caller") this.#enqueue(() => this.#offer());
  }
  /** We have confirmed. */
  negotiate() {
    this.#negotiate();
  }
  /** Both have. */
  begin() {
    this.#negotiate();
    this.#attach();
    const untold = this.#untold ?? [];
    this.#untold = null;
    for (const tell of untold) tell();
  }
  /** A frame of the other side. */
  handle(frame) {
    this.#enqueue(async () => {
      switch (frame.type) {
        case "offer":
          return await this.#acceptOffer(frame.payload);
        case "answer":
          return await this.#acceptAnswer(frame.payload);
        case "candidates":
          return await this.#addCandidates(frame.payload);
      }
    });
  }
  /** The server forgot how far we were. Whoever made the first offer makes another; the other side just answers. */
  negotiateAnew() {
    if (this.#match?.side !== "caller") return;
    this.#enqueue(() => {
      this.#unanswered = 0;
      return this.#offer(true);
    });
  }
  /** Another network, perhaps without the addresses that we have given. */
  handleNetwork() {
    this.#recovery.handleNetwork();
  }
  /** Whether the connection may use relays alone. */
  get relayOnly() {
    return this.#setup.paths.relayOnly;
  }
  /** For the next search for paths: credentials end. */
  setIceServers(iceServers) {
    this.#setPaths({ ...this.#setup.paths, iceServers });
  }
  #setPaths(paths) {
    this.#setup.paths = paths;
    this.#peer.setPaths(paths);
  }
  /** Both have stayed: the caller searches for the shortest path, and media go on by the old one meanwhile. */
  reveal() {
    this.#setPaths({ ...this.#setup.paths, relayOnly: false });
    this.negotiateAnew();
  }
  /** The person wants to save data, or not any more. */
  setSaving(on) {
    this.#isSaving = on;
    this.#watch?.setSaving(on);
  }
  /** Another camera or microphone is in the local stream, or another picture. */
  handleTracks() {
    if (this.#untold === null) this.#peer.attach();
  }
  /** What the network was last believed to carry. */
  get availableKbps() {
    return this.#watch?.availableKbps ?? null;
  }
  /** Ends the media connection, and tells how it was; nothing is sent after this. */
  close() {
    const quality = this.#match && this.#watch?.end(this.#match.call, this.#interruptions, this.#restarts);
    if (quality) this.#send(() => ({ type: "quality", ...quality }));
    this.#isOver = true;
    this.#recovery.stop();
    this.#stopConnectTimer();
    this.#peer.close();
  }
  async #offer(restart = false) {
    this.#isMakingOffer = true;
    try {
      const payload = this.#numbered(await this.#peer.createOffer(restart));
      this.#unanswered++;
      this.#send((call) => ({ type: "offer", call, payload }));
    } finally {
      this.#isMakingOffer = false;
    }
  }
  async #acceptOffer(offer) {
    const connection = offer.connection ?? 0;
    if (connection < this.#connection) return;
    const isCrossing = connection === this.#connection && (this.#isMakingOffer || !this.#peer.isStable());
    this.#ignoresOffer = isCrossing && this.#match?.polite === false;
    if (this.#ignoresOffer) return;
    this.#recovery.handleOffer();
    if (connection > this.#connection || isCrossing && connection > 0) this.#replacePeer(connection);
    this.#unanswered = 0;
    const payload = this.#numbered(await this.#peer.acceptOffer(offer));
    this.#send((call) => ({ type: "answer", call, payload }));
    await this.#releaseKept();
  }
  async #acceptAnswer(answer) {
    if ((answer.connection ?? 0) !== this.#connection || this.#unanswered === 0 || --this.#unanswered > 0) return;
    await this.#peer.acceptAnswer(answer);
    await this.#releaseKept();
  }
  async #addCandidates(candidates) {
    if (!this.#hasRemoteDescription) {
      if (this.#connection === 0) this.#kept.push(...candidates.slice(0, KEPT_MAX - this.#kept.length));
      return;
    }
    for (const candidate of candidates) {
      try {
        await this.#peer.addCandidate(candidate);
      } catch (error) {
        if (!this.#ignoresOffer && !this.#isOver) this.#env.warn("a candidate was not taken", error);
      }
    }
  }
  async #releaseKept() {
    this.#hasRemoteDescription = true;
    const kept = this.#kept;
    this.#kept = [];
    await this.#addCandidates(kept);
  }
  #makePeer() {
    const connection = this.#connection;
    const { paths, local, startKbps, media } = this.#setup;
    const isCurrent = () => connection === this.#connection;
    return this.#env.makePeer(paths, local, { startKbps, dtx: media.dtx ?? true }, {
      onCandidate: (candidate) => isCurrent() && this.#collect(candidate),
      onStream: (stream) => isCurrent() && this.#onceBegun(() => this.#handlers.onStream(stream)),
      onConnected: (path, dtlsMs) => this.#onceBegun(() => this.#connected(path, dtlsMs)),
      onFirstFrame: () => connection === 0 && this.#onceBegun(() => this.#progress({ stage: "first_frame" })),
      // Later ones are tried again and again.
      onFailed: () => connection === 0 && this.#fail("media_failed")
    });
  }
  #replacePeer(connection) {
    this.#peer.close();
    this.#connection = connection;
    this.#unanswered = 0;
    this.#hasRemoteDescription = false;
    this.#kept = [];
    this.#batch = [];
    this.#recovery.handleNewPeer();
    this.#peer = this.#makePeer();
    this.#attach();
  }
  #attach() {
    this.#peer.attach();
    if (this.#watch) this.#peer.send(this.#watch.sending);
  }
  #connected(path, dtlsMs) {
    if (this.#wasConnected) return;
    this.#wasConnected = true;
    this.#stopConnectTimer();
    this.#progress({ stage: "connected", ...path ? { path } : {}, ...dtlsMs === null ? {} : { dtls_ms: Math.round(dtlsMs) } });
    this.#handlers.onConnected();
    this.#recovery.start();
    void this.#startWatch();
  }
  async #startWatch() {
    const { Watch } = await import("./watch.js");
    if (this.#isOver) return;
    this.#watch = new Watch(this.#env, this.#setup.media, this.#isSaving, {
      read: () => this.#peer.reading(),
      onSending: (sending) => this.#peer.send(sending),
      onQuality: (quality) => this.#handlers.onQuality(quality),
      onSample: (sample) => this.#send((call) => ({ type: "sample", call, ...sample }))
    });
    this.#peer.send(this.#watch.sending);
    this.#watch.start();
  }
  /** The first connection needs no number: so it stays the plain description that any client reads. */
  #numbered(description) {
    return this.#connection === 0 ? description : { ...description, connection: this.#connection };
  }
  #collect(candidate) {
    this.#batch.push(candidate);
    if (this.#batch.length > 1) return;
    this.#env.after(BATCH_MS, () => {
      this.#enqueue(async () => {
        const payload = this.#batch;
        this.#batch = [];
        if (payload.length === 0) return;
        this.#send((call) => ({ type: "candidates", call, payload }));
      });
    });
  }
  #enqueue(step2) {
    this.#queue = this.#queue.then(async () => {
      if (this.#isOver) return;
      try {
        await step2();
      } catch (error) {
        if (this.#isOver) return;
        this.#env.warn("the call could not be negotiated", error);
        this.#fail(this.#wasConnected ? "media_lost" : "media_failed");
      }
    });
  }
  /** Nothing is told of a call that is over, since another may have begun meanwhile. */
  #onceBegun(news) {
    const tell = () => {
      if (!this.#isOver) news();
    };
    if (this.#untold === null) tell();
    else this.#untold.push(tell);
  }
  #progress(progress) {
    this.#send((call) => ({ type: "progress", call, ...progress }));
  }
  #send(frame) {
    if (!this.#isOver && this.#match !== null) this.#handlers.send(frame(this.#match.call));
  }
  #fail(cause) {
    if (!this.#isOver && this.#match !== null) this.#handlers.onFailed(cause);
  }
};

// src/core/calls.ts
var Calls = class {
  #env;
  #media;
  #handlers;
  #paths = { iceServers: [], relayOnly: false };
  #isHiding = false;
  #isSaving = false;
  /** What the network was believed to carry in the last call. */
  #startKbps = null;
  #ready = null;
  #call = null;
  #remoteStream = null;
  #stopWatching = () => void 0;
  constructor(env, media, handlers) {
    this.#env = env;
    this.#media = media;
    this.#handlers = handlers;
  }
  get remoteStream() {
    return this.#remoteStream;
  }
  setPaths(paths) {
    this.#paths = paths;
    this.#call?.setIceServers(paths.iceServers);
    this.#ready?.setIceServers(paths.iceServers);
  }
  /** What the person wants of calls to come, more than the app does. */
  setHiding(on) {
    this.#isHiding = on;
  }
  /** Both have stayed: this call may take the shortest path. */
  reveal(call) {
    if (this.#call?.isOf(call)) this.#call.reveal();
  }
  /** The person wants to save data, or not any more. */
  setSaving(on) {
    this.#isSaving = on;
    this.#call?.setSaving(on);
    this.#ready?.setSaving(on);
  }
  /** Another camera or microphone is in the local stream, or another picture. */
  handleTracks() {
    this.#call?.handleTracks();
  }
  /** Somebody may come. */
  prepare(local) {
    if (this.#ready !== null) return;
    this.#ready = this.#make(local, this.#paths.relayOnly || this.#isHiding);
    this.#stopWatching = this.#env.onOnline(() => {
      this.discard();
      this.prepare(local);
    });
  }
  /** Nobody will come. */
  discard() {
    if (this.#ready === null) return;
    this.#stopWatching();
    this.#ready.close();
    this.#ready = null;
  }
  /** Somebody came. */
  start(match, local) {
    this.#call?.close();
    const relayOnly = match.relay !== "auto";
    if (this.#ready?.relayOnly !== relayOnly) this.discard();
    this.#call = this.#ready ?? this.#make(local, relayOnly);
    this.#ready = null;
    this.#stopWatching();
    this.#stopWatching = this.#env.onOnline(() => this.#call?.handleNetwork());
    this.#call.start(match);
  }
  /** We have confirmed the call. */
  negotiate() {
    this.#call?.negotiate();
  }
  /** Both have. */
  begin() {
    this.#call?.begin();
  }
  /** The server forgot how far we were. */
  negotiateAnew() {
    this.#call?.negotiateAnew();
  }
  /** A frame of the other side. */
  handle(frame) {
    if (this.#call?.isOf(frame.call)) this.#call.handle(frame);
  }
  /** The call is over. */
  end() {
    if (this.#call !== null) this.#stopWatching();
    this.#startKbps = this.#call?.availableKbps ?? this.#startKbps;
    this.#call?.close();
    this.#call = null;
    this.#setStream(null);
  }
  #make(local, relayOnly) {
    const setup = { paths: { ...this.#paths, relayOnly }, local, startKbps: this.#startKbps, media: this.#media, isSaving: this.#isSaving };
    return new Call(this.#env, setup, {
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

// src/core/errors.ts
var CallboxError = class _CallboxError extends Error {
  code;
  name = "CallboxError";
  constructor(code, message, details = {}) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }
  /** The error that an RFC 9457 answer stands for. */
  static fromProblem(problem) {
    return new _CallboxError(problem.code, problem.detail, {
      status: problem.status,
      requestId: problem.request_id,
      retryAfterMs: problem.retry_after_ms
    });
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
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? /* @__PURE__ */ new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }
  emit(name, ...args) {
    for (const listener of Array.from(this.#listeners.get(name) ?? [])) {
      try {
        listener(...args);
      } catch (error) {
        this.#report(error);
      }
    }
  }
};

// src/core/login.ts
var Login = class {
  #env;
  #origin;
  #token = null;
  #restoring = null;
  #signingIn = null;
  constructor(env, origin) {
    this.#env = env;
    this.#origin = origin;
  }
  /** For the hello; `null` where a cookie speaks for us. */
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
  /** Comes back as who we were; `null` where that was nobody, or nobody whom the server still knows. Asks once. */
  restore() {
    this.#restoring ??= this.#return().catch((error) => {
      this.#restoring = null;
      throw error;
    });
    return this.#restoring;
  }
  /** Is whoever the server says that we are from now on. */
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
    if (token === null ? !hasCookie : !await this.#claim(token)) {
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
  #key(name) {
    return `callbox.${name}:${this.#origin}`;
  }
  /** A lock's name may be seen by other pages of the origin: only the token's tail goes into it. */
  #claim(token) {
    return this.#env.claim(`callbox.tab:${token.slice(-8)}`);
  }
  /** Asks the server as who we are, below `/v1`; rejects with a `CallboxError`. */
  async ask(method, path, body) {
    const headers = {};
    if (body !== void 0) headers["content-type"] = "application/json";
    if (this.#token !== null) headers["authorization"] = `Bearer ${this.#token}`;
    let answer;
    try {
      answer = await this.#env.fetch(`${this.#origin}/v1/${path}`, {
        method,
        headers,
        credentials: this.#env.pageOrigin === this.#origin ? "same-origin" : "omit",
        ...body === void 0 ? {} : { body: JSON.stringify(body) }
      });
    } catch (cause) {
      throw new CallboxError("network", "The server could not be reached.", { cause });
    }
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

// src/core/client-account.ts
function later(load) {
  const call = (name) => async (...args) => (await load())[name](...args);
  return new Proxy({}, { get: (_, name) => name === "then" ? void 0 : call(name) });
}
var people = () => import("./people.js");
var AccountClient = class extends Emitter {
  /** From a guest to an account, and who may use it. */
  account;
  /** What people in a call see of each other. */
  profile;
  /** The calls that were, and the people whom one blocked. */
  history;
  env;
  origin;
  /** For what has no method here: `client.login.ask("GET", "users")` asks the HTTP interface as who we are. */
  login;
  #user = null;
  constructor(env, options) {
    super((error) => env.warn("a listener failed", error));
    this.env = env;
    const server = options.server ?? env.pageOrigin;
    if (server === null) throw new CallboxError("wrong_state", "Outside a page, `server` must be given.");
    this.origin = (typeof server === "string" ? server : server.href).replace(/\/+$/, "");
    this.login = new Login(env, this.origin);
    const become = (user) => {
      if (user?.id !== this.#user?.id) this.handleLeft();
      return this.setUser(user);
    };
    this.account = later(async () => (await people()).makeAccount(this.login, become, env.tabStore));
    this.profile = later(async () => (await people()).makeProfile(this.login));
    this.history = later(async () => (await people()).makeHistory(this.login));
  }
  get user() {
    return this.#user;
  }
  /** Comes back as who we were in this tab or browser, or becomes a new guest. Safe to call twice. */
  async signIn(options = {}) {
    const user = this.#user ?? this.setUser(await this.login.signIn(options.age));
    return options.age !== void 0 && user.age === null ? await this.setAge(options.age) : user;
  }
  /** Comes back as who we were, and makes no guest of nobody: `null` then. */
  async restore() {
    const user = this.#user ?? await this.login.restore();
    return user && this.setUser(user);
  }
  /** Answers the age question: once, for good. */
  async setAge(age) {
    return this.setUser(await this.login.ask("PUT", "me/age", { age }));
  }
  /** Makes a link for somebody you know; both of you then `join` its code. */
  createInvite() {
    return this.login.ask("POST", "invites", {});
  }
  /** Never meet the other person of this call again. */
  block(call) {
    return this.#tell("POST", call, "block", {});
  }
  /** Complains about the other person of this call to those who run the server, and blocks them. */
  report(call, report) {
    return this.#tell("POST", call, "report", report);
  }
  /** Says how good this call was: 1 to 5 stars. The last word counts. */
  rate(call, stars) {
    return this.#tell("PUT", call, "rating", { stars });
  }
  setUser(user) {
    this.#user = user;
    this.emit("user", user);
    return user;
  }
  /** The server does not know our login any more: the next use signs in anew. */
  forgetUser() {
    this.#user = null;
    this.login.doubt();
  }
  #tell(method, call, what, body) {
    return this.login.ask(method, `calls/${encodeURIComponent(call)}/${what}`, body);
  }
};

// src/core/media.ts
var Media = class {
  #env;
  #handlers;
  #local = null;
  #opening = null;
  #microphoneOn = true;
  #cameraOn = true;
  constructor(env, handlers) {
    this.#env = env;
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
  get isSharing() {
    return this.#local?.isSharing ?? false;
  }
  open(wishes) {
    if (this.#local !== null) return Promise.resolve(this.#local.stream);
    const opening = this.#opening ?? this.#open(wishes, () => this.#opening === opening);
    this.#opening = opening;
    return opening;
  }
  /** What is open, or an error that says that nothing is. */
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
  }
  setCamera(on) {
    this.#cameraOn = on;
    this.#local?.setCamera(on);
  }
  close() {
    this.#local?.stop();
    this.#local = null;
    this.#opening = null;
  }
  async #open(wishes, isWanted) {
    try {
      const local = await this.#env.openMedia(wishes, this.#handlers);
      if (!isWanted()) {
        local.stop();
        throw new CallboxError("wrong_state", "Camera and microphone were closed.");
      }
      this.#local = local;
      local.setMicrophone(this.#microphoneOn);
      local.setCamera(this.#cameraOn);
      this.#handlers.onOpen(local.stream);
      return local.stream;
    } finally {
      if (isWanted()) this.#opening = null;
    }
  }
};

// src/core/client-media.ts
var MediaClient = class extends AccountClient {
  media;
  #stopDevices = null;
  #savesData;
  constructor(env, options) {
    super(env, options);
    this.#savesData = env.savesData;
    this.media = new Media(env, {
      onOpen: (stream) => {
        this.emit("local-stream", stream);
        this.handleMediaOpened();
        this.#stopDevices ??= this.env.onDevices(() => this.#tellDevices());
        this.#tellDevices();
      },
      onTracks: () => {
        this.handleTracks();
        this.emit("tracks");
      },
      onUnplugged: (kind) => {
        this.emit("tracks");
        this.emit("error", new CallboxError("media_unplugged", `The ${kind} was taken away, and there is no other.`));
      }
    });
  }
  get localStream() {
    return this.media.stream;
  }
  get microphoneOn() {
    return this.media.microphoneOn;
  }
  get cameraOn() {
    return this.media.cameraOn;
  }
  /** Whether a screen is shown in the camera's place. */
  get isSharing() {
    return this.media.isSharing;
  }
  /** Whether the picture is kept small, to save data. */
  get savesData() {
    return this.#savesData;
  }
  /** Opens camera and microphone; `wishes` are `MediaStreamConstraints` in a browser. */
  startMedia(wishes) {
    return this.media.open(wishes);
  }
  setMicrophone(on) {
    this.media.setMicrophone(on);
    this.emit("tracks");
  }
  setCamera(on) {
    this.media.setCamera(on);
    this.emit("tracks");
  }
  /** Keeps our picture small, to save data; as the browser's setting says if never called. */
  setDataSaver(on) {
    this.#savesData = on;
    this.handleSaving();
    this.emit("tracks");
  }
  /** Cameras, microphones and speakers; without names until the person has allowed one. */
  devices() {
    return this.env.devices();
  }
  /** Takes another camera or microphone, also in mid-call. */
  async useDevice(device) {
    await this.media.use(device.kind, device.id);
  }
  /** Shows a screen or window, which the person chooses, in the camera's place. */
  async shareScreen() {
    await this.media.opened().shareScreen();
  }
  /** Shows the camera again. */
  stopSharing() {
    this.media.opened().stopSharing();
  }
  closeMedia() {
    this.media.close();
    this.emit("local-stream", null);
  }
  /** For good. */
  stopListening() {
    this.#stopDevices?.();
    this.#stopDevices = null;
  }
  #tellDevices() {
    void this.env.devices().then((devices) => this.emit("devices", devices));
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

// src/core/signaling.ts
var HELLO_MS = 1e4;
var PATIENCE_MS = 1e4;
var Signaling = class {
  #env;
  #handlers;
  #socket = null;
  #stopWaiting = () => void 0;
  #patienceMs = HELLO_MS;
  /** Opens the socket and says hello. */
  constructor(env, origin, hello, handlers) {
    this.#env = env;
    this.#handlers = handlers;
    this.#socket = env.openSocket(`${origin.replace(/^http/, "ws")}/v1/socket`, SUBPROTOCOL, {
      onOpen: () => this.send(JSON.stringify({ type: "hello", ...hello })),
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
  /** Ends the socket for good; nothing is told. */
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

// src/core/stream.ts
var Stream = class {
  #kept = [];
  #keptSize = 0;
  #sent = 0;
  #received = 0;
  /** What the server was told of `#received`. */
  #told = 0;
  #untoldSize = 0;
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
    this.#untoldSize += size;
    return "new";
  }
  /** Whether the server is to be told what we have, even by a frame of its own. */
  get isAckDue() {
    return this.#received - this.#told >= ACK_FRAMES || this.#untoldSize >= ACK_BYTES;
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
    this.#keptSize = this.#sent = this.#received = this.#told = this.#untoldSize = 0;
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
    const isNews = this.#received > this.#told;
    this.#told = this.#received;
    this.#untoldSize = 0;
    return JSON.stringify({ ...frame, ...seq === void 0 ? {} : { seq }, ...isNews ? { ack: this.#received } : {} });
  }
};

// src/core/link.ts
var FIRST_WAIT_MS = 250;
var WAIT_MS_MAX = 5e3;
var SLOW_WAIT_MS_MAX = 3e4;
var Link = class {
  #env;
  #origin;
  #handlers;
  #stream = new Stream();
  #state = "offline";
  #socket = null;
  /** What to resume; `null` where the next session is to be a new one. */
  #session = null;
  #hasBegun = false;
  #leave = null;
  /** Those who wait for the first hello. */
  #opening = null;
  /** Counts up with each attempt, so that one that was overtaken knows. */
  #attempt = 0;
  #failures = 0;
  #lostAt = 0;
  #stopWaiting = null;
  #stopListening = null;
  constructor(env, origin, handlers) {
    this.#env = env;
    this.#origin = origin;
    this.#handlers = handlers;
  }
  get state() {
    return this.#state;
  }
  /** Resolves when the session is online; rejects where it cannot be opened at all. */
  connect() {
    if (this.#state === "online") return Promise.resolve();
    if (this.#opening) return this.#opening.promise;
    let resolve = () => void 0;
    let reject = () => void 0;
    const promise = new Promise((...both) => [resolve, reject] = both);
    promise.catch(() => void 0);
    this.#opening = { promise, resolve, reject };
    this.#stopListening ??= this.#env.onOnline((isBack) => this.#networkChanged(isBack));
    if (this.#socket === null) void this.#tryNow();
    return promise;
  }
  /** Sends a frame now, or when there is a socket again; without a session it goes nowhere. */
  send(frame) {
    if (!this.#hasBegun) return;
    const text = this.#stream.send(frame);
    if (this.#state === "online") this.#socket?.send(text);
  }
  /** Comes back by a new socket: the one that is open may be dead without our knowing. */
  renew() {
    this.#networkChanged(true);
  }
  /** Ends the session. */
  close() {
    this.#opening?.reject(new CallboxError("wrong_state", "The client was closed."));
    this.#end();
  }
  async #tryNow() {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    const attempt = ++this.#attempt;
    this.#leave = null;
    this.#drop("replaced");
    let token;
    try {
      token = await this.#handlers.signIn();
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(error);
      return;
    }
    if (attempt !== this.#attempt) return;
    const grant = this.#handlers.grant();
    const canResume = this.#session !== null && this.#stream.isWhole;
    const hello = {
      ...token === null ? {} : { token },
      ...canResume && this.#session ? { resume: { ...this.#session, ack: this.#stream.received } } : {},
      ...grant === null ? {} : { grant }
    };
    this.#socket = new Signaling(this.#env, this.#origin, hello, {
      onHello: (frame) => this.#welcomed(frame),
      onFrame: (frame, size) => this.#hear(frame, size),
      onClosed: (code) => this.#closed(code)
    });
  }
  #welcomed(frame) {
    const hadSession = this.#hasBegun;
    this.#hasBegun = true;
    this.#session = { session: frame.session, epoch: frame.epoch };
    this.#failures = 0;
    this.#lostAt = 0;
    const waiting = hadSession && !frame.recovered ? null : this.#stream.resume(frame.ack);
    const lost = waiting === null ? this.#stream.reset() : [];
    for (const text of waiting ?? []) this.#socket?.send(text);
    this.#handlers.onHello(frame);
    this.#setState("online");
    if (waiting === null) this.#handlers.onReset(frame.snapshot, lost);
    this.#opening?.resolve();
    this.#opening = null;
  }
  #hear(frame, size) {
    const heard = this.#stream.hear(frame, size);
    if (heard === "gap") {
      this.#socket?.close(CLOSE_GAP, "a frame is missing");
      return this.#closed(CLOSE_GAP);
    }
    if (heard === "seen") return;
    if (frame.type === "ping") this.#socket?.send(this.#stream.uncounted({ type: "pong" }));
    else if (frame.type === "leave") this.#leave = frame;
    else if (frame.type !== "ack" && frame.type !== "skipped") this.#handlers.onFrame(frame);
    if (this.#stream.isAckDue) this.#socket?.send(this.#stream.uncounted({ type: "ack" }));
  }
  #closed(code) {
    this.#socket = null;
    const leave = this.#leave;
    if (code === CLOSE_UNAUTHENTICATED) {
      this.#handlers.onUnknown();
      this.#session = null;
    }
    if (leave?.action === "disconnect" || code === CLOSE_BAD_FRAME || code === CLOSE_RATE_LIMITED) return this.#refused(refusal(code, leave));
    if (leave?.action === "reconnect") this.#session = null;
    this.#failed(refusal(code, leave), leave?.after_ms);
  }
  /** An attempt failed, or a socket that was open is gone. */
  #failed(error, afterMs) {
    if (this.#state === "offline" && this.#lostAt === 0 && afterMs === void 0) {
      this.#opening?.reject(error);
      return this.#end();
    }
    if (this.#state === "online") this.#lostAt = this.#env.now();
    const isLate = this.#lostAt !== 0 && this.#env.now() - this.#lostAt >= RESUME_MS;
    if (this.#lostAt !== 0) this.#setState(isLate ? "offline" : "reconnecting");
    if (isLate) {
      this.#opening?.reject(error);
      this.#opening = null;
    }
    const cap = isLate ? SLOW_WAIT_MS_MAX : WAIT_MS_MAX;
    const longest = Math.min(cap, FIRST_WAIT_MS * 2 ** Math.min(this.#failures++, 16));
    this.#stopWaiting?.();
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
    if (!isBack || this.#state !== "online") return;
    this.#drop("the network changed");
    this.#failed(refusal(1006, null), 0);
  }
  /** Lets a socket go without ending its session: any code but 1000 leaves that to us. */
  #drop(reason) {
    this.#socket?.close(CLOSE_SUPERSEDED, reason);
    this.#socket = null;
  }
  #end() {
    this.#attempt++;
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#stopListening?.();
    this.#stopListening = null;
    this.#socket?.close(1e3, "bye");
    this.#socket = null;
    this.#session = null;
    this.#hasBegun = false;
    this.#opening = null;
    this.#lostAt = this.#failures = 0;
    this.#stream.reset();
    this.#setState("offline");
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
  if (leave?.reason === "banned") return new CallboxError("banned", "This login is banned.");
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

// src/core/state.ts
function matchOf(state) {
  return state.name === "matched" || state.name === "connecting" || state.name === "connected" ? state.match : null;
}
function reduce(state, event) {
  const match = matchOf(state);
  const isRequeued = state.name === "ended" && state.reason.requeued;
  switch (event.type) {
    case "media-opened":
      return state.name === "idle" || state.name === "ended" ? { name: "media-ready" } : state;
    case "media-closed":
      return { name: "idle" };
    case "queued":
      return { name: "queued", kind: event.kind, since: event.since };
    case "unqueued":
      return state.name === "queued" || isRequeued ? { name: "media-ready" } : state;
    case "dismissed":
      if (state.name !== "ended") return state;
      return event.hasMedia ? { name: "media-ready" } : { name: "idle" };
    case "matched":
      return { name: "matched", match: event.match };
    case "begun":
      return state.name === "matched" ? { name: "connecting", match: state.match } : state;
    case "connected":
      return state.name === "connecting" ? { name: "connected", match: state.match, since: event.now } : state;
    case "ended":
      return match || state.name === "queued" || isRequeued ? { name: "ended", match, reason: event.reason } : state;
  }
}

// src/core/reconcile.ts
function reconcile(snapshot, state, wish, hasConfirmed) {
  const match = matchOf(state);
  if (snapshot.state === "call" && match?.call === snapshot.call) {
    return { leave: null, isOver: false, call: step(snapshot.has_begun, state, hasConfirmed), wait: null };
  }
  const leave = snapshot.state === "call" ? snapshot.call : null;
  const isOver = match !== null;
  if (wish === null) return { leave, isOver, call: null, wait: snapshot.state === "queued" ? "cancel" : null };
  const waits = snapshot.state === "queued" && snapshot.kind === wish;
  return { leave, isOver, call: null, wait: waits ? "queued" : "ask" };
}
function step(hasBegun, state, hasConfirmed) {
  if (state.name === "matched") return hasBegun ? "begin" : hasConfirmed ? "confirm" : null;
  return state.name === "connecting" ? "negotiate-anew" : null;
}

// src/core/client.ts
var CHAT_LINES_MAX = 200;
var Client = class extends MediaClient {
  #options;
  #link;
  #calls;
  #state = { name: "idle" };
  /** Whom the person wants to meet, `null` once they have left: frames that cross that decision do not undo it. */
  #wish = null;
  /** The call that we confirmed, and what proves it to a server that forgot it. */
  #confirmed = null;
  #interests = [];
  /** Nothing before the person has said something. */
  #relay = {};
  #mediaState = "flowing";
  #quality = null;
  #chat = [];
  #stopRetry = () => void 0;
  constructor(env, options = {}) {
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
      grant: () => this.#confirmed?.call === matchOf(this.#state)?.call ? this.#confirmed?.grant ?? null : null
    });
    this.#calls = new Calls(env, options.media ?? {}, {
      send: (frame) => this.#link.send(frame),
      onStream: (stream) => this.emit("remote-stream", stream),
      onConnected: () => this.#move({ type: "connected", now: this.env.now() }),
      onMedia: (media) => {
        if (media === "interrupted") this.#link.renew();
        this.#mediaState = media;
        this.emit("media", media);
      },
      onQuality: (quality) => this.#setQuality(quality),
      isOnline: () => this.#link.state === "online",
      onFailed: (cause) => this.#leave(cause)
    });
    this.handleSaving();
  }
  get state() {
    return this.#state;
  }
  get signaling() {
    return this.#link.state;
  }
  get remoteStream() {
    return this.#calls.remoteStream;
  }
  /** Whether the other side's picture and sound come, once they have. */
  get mediaState() {
    return this.#mediaState;
  }
  /** How the call is going; `null` before its first second, and after it. */
  get quality() {
    return this.#quality;
  }
  /** The lines of this call, or of the last one, oldest first: the last 200. */
  get chat() {
    return this.#chat;
  }
  /** Closes camera and microphone, and with them the wait or the call. */
  stopMedia() {
    this.hangUp();
    this.cancel();
    this.closeMedia();
    this.#move({ type: "media-closed" });
  }
  /** Waits for a stranger. */
  async seek(options = {}) {
    this.#prefer(options);
    await this.#wait("seek", "random", this.#seekFrame);
  }
  /** Takes a seat of an invite and waits for the other. */
  async join(invite, options = {}) {
    this.#prefer(options);
    await this.#wait("join", "invite", () => ({ type: "join", invite, ...this.#relay }));
  }
  /** Stops waiting. */
  cancel() {
    this.#stopRetry();
    this.#wish = null;
    if (this.#state.name !== "queued" && !this.#isRequeued()) return;
    this.#link.send({ type: "cancel" });
    this.#move({ type: "unqueued" });
  }
  /** Leaves the call and waits for the next person, in one step. */
  next(options = {}) {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("next");
    this.#prefer(options);
    this.#wish = { kind: "random", frame: this.#seekFrame };
    this.#link.send({ type: "next", call: match.call, interests: this.#interests, ...this.#relay });
    this.#over({ cause: "next", by: "me", requeued: true });
  }
  /** Ends the call. */
  hangUp() {
    this.#leave("hangup");
  }
  /** From the end of a call back to the start of the next: `ended` becomes `media-ready`, or `idle`. */
  dismiss() {
    if (!this.#isRequeued()) this.#move({ type: "dismissed", hasMedia: this.localStream !== null });
  }
  /** Sends a line of text to the other person. */
  sendChat(text) {
    const match = matchOf(this.#state);
    if (match === null) throw this.#wrongState("sendChat");
    this.#link.send({ type: "chat", call: match.call, text });
    this.#addLine("me", text);
  }
  /** Ends everything. */
  close() {
    this.stopMedia();
    this.#link.close();
    this.stopListening();
  }
  handleLeft() {
    this.hangUp();
    this.cancel();
    this.#link.close();
  }
  handleMediaOpened() {
    this.#move({ type: "media-opened" });
  }
  handleTracks() {
    this.#calls.handleTracks();
  }
  handleSaving() {
    this.#calls.setSaving(this.savesData);
  }
  #seekFrame = () => ({ type: "seek", interests: this.#interests, ...this.#relay });
  #prefer({ interests, relay }) {
    this.#interests = interests ?? this.#interests;
    if (relay === void 0) return;
    this.#relay = { relay };
    this.#calls.setHiding(relay !== "auto");
  }
  async #wait(name, kind, frame) {
    if (this.localStream === null || matchOf(this.#state) !== null || this.#state.name === "queued") {
      throw this.#wrongState(name);
    }
    this.#stopRetry();
    const wish = { kind, frame };
    this.#wish = wish;
    await this.#link.connect();
    if (this.#wish === wish) this.#link.send(frame());
  }
  #reconcile(snapshot, lost) {
    const match = matchOf(this.#state);
    const { leave, isOver, call, wait } = reconcile(snapshot, this.#state, this.#wish?.kind ?? null, this.#confirmed?.call === match?.call);
    if (lost.some((frame) => frame.type === "chat")) {
      this.emit("error", new CallboxError("chat_uncertain", "The connection was interrupted: your last line may not have arrived."));
    }
    if (leave !== null) this.#link.send({ type: "end", call: leave, cause: "hangup" });
    if (isOver) this.#over({ cause: "signaling_lost", by: null, requeued: wait === "ask" || wait === "queued" });
    if (call === "begin" && match) this.#begin(match.call);
    if (call === "confirm" && match) this.#link.send({ type: "confirm", call: match.call });
    if (call !== null) this.#calls.negotiateAnew();
    if (wait === "cancel") this.#link.send({ type: "cancel" });
    if (wait === "ask" && this.#wish) this.#link.send(this.#wish.frame());
    if (wait === "queued" && snapshot.state === "queued") {
      this.#move({ type: "queued", kind: snapshot.kind, since: this.env.now() - snapshot.waited_ms });
    }
  }
  #handle(frame) {
    switch (frame.type) {
      case "queued":
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
          relay: frame.relay_policy
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
        return;
    }
  }
  async #confirm(match, grant) {
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
  #begin(id) {
    if (matchOf(this.#state)?.call !== id) return;
    this.#move({ type: "begun" });
    this.#calls.begin();
  }
  #leave(cause) {
    const match = matchOf(this.#state);
    if (match === null) return;
    this.#wish = null;
    this.#link.send({ type: "end", call: match.call, cause });
    this.#over({ cause, by: "me", requeued: false });
  }
  #over(reason) {
    this.#confirmed = null;
    if (!reason.requeued) this.#wish = null;
    const hadCall = matchOf(this.#state) !== null;
    this.#move({ type: "ended", reason });
    this.#calls.end();
    if (hadCall) this.#setQuality(null);
  }
  #refused(frame) {
    const retryAfterMs = frame.retry_after_ms;
    if (frame.code === "not_in_call") return;
    if (frame.code === "busy") return this.#askAgain();
    this.emit("error", new CallboxError(frame.code, frame.message, { retryAfterMs }));
    if (frame.code === "rate_limited" && retryAfterMs !== void 0 && this.#wish?.kind === "random") {
      this.#stopRetry();
      this.#stopRetry = this.env.after(retryAfterMs, () => {
        this.#link.send(this.#seekFrame());
      });
    } else if (this.#isRequeued()) {
      this.#move({ type: "unqueued" });
    }
  }
  /** What we asked for crossed a wait or a match that we did not know of; that is declined, or ends here. */
  #askAgain() {
    if (this.#wish === null || matchOf(this.#state) !== null || this.#state.name === "queued") return;
    this.#link.send({ type: "cancel" });
    this.#link.send(this.#wish.frame());
  }
  #isRequeued() {
    return this.#state.name === "ended" && this.#state.reason.requeued;
  }
  #setQuality(quality) {
    this.#quality = quality;
    this.emit("quality", quality);
  }
  #addLine(from, text) {
    const line = { from, text, at: this.env.now() };
    this.#chat = [...this.#chat.slice(1 - CHAT_LINES_MAX), line];
    this.emit("chat", line);
  }
  #move(event) {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (this.#state.name !== "queued") this.#calls.discard();
    if (this.#state !== before) this.emit("state", this.#state, before);
  }
  #wrongState(method) {
    const hint = this.localStream === null ? "; call `startMedia` first" : "";
    return new CallboxError("wrong_state", `\`${method}\` does not fit the state "${this.#state.name}"${hint}.`);
  }
};

export {
  CallboxError,
  CHAT_CHARS_MAX,
  INTERESTS_MAX,
  INTEREST_CHARS_MAX,
  REPORT_NOTE_CHARS_MAX,
  REPORT_LINES_MAX,
  REPORT_LINE_CHARS_MAX,
  matchOf,
  Client
};
