// src/core/budget.ts
var STEPS = { most: 60, perSecond: 1 };
var CONNECTION_COST = 5;
var ADDRESSES = { most: 256, perSecond: 16 };
var Bucket = class {
  constructor(rate) {
    this.rate = rate;
    this.#left = rate.most;
  }
  rate;
  #left;
  #at = 0;
  takes(cost, now) {
    this.#left = Math.min(this.rate.most, this.#left + Math.max(0, now - this.#at) / 1e3 * this.rate.perSecond);
    this.#at = now;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
};
var Budget = class {
  #steps = new Bucket(STEPS);
  #addresses = new Bucket(ADDRESSES);
  #connection = 0;
  /** Whether there is room for what this frame makes us do. */
  admits(frame, now) {
    if (frame.type === "candidates") return this.#addresses.takes(frame.payload.length, now);
    if (frame.type === "restart") return this.#steps.takes(frame.replace ? CONNECTION_COST : 1, now);
    if (frame.type !== "offer") return true;
    const { connection = 0 } = frame.payload ?? {};
    const isNew = connection > this.#connection;
    if (!this.#steps.takes(isNew ? CONNECTION_COST : 1, now)) return false;
    if (isNew) this.#connection = connection;
    return true;
  }
};

// src/core/connection.ts
var BATCH_MS = 50;
var BATCH_SOON_MS = 10;
var BATCH_MAX = 64;
var Connection = class {
  number;
  peer;
  stream = null;
  hasFrame = false;
  isClosed = false;
  /** The number of the offer that the local description is, or answers. */
  #offer = 0;
  #batch = [];
  #isTelling = false;
  #isAnswer = false;
  constructor(env, number, setup, handlers) {
    this.number = number;
    const { paths, local, startKbps, media } = setup;
    const unlessClosed = (tell) => () => {
      if (!this.isClosed) tell();
    };
    this.peer = env.makePeer(
      paths,
      local,
      { startKbps, dtx: media.dtx ?? true },
      {
        onCandidate: (candidate) => {
          if (this.isClosed || this.#offer === 0) return;
          this.#batch.push({ ...candidate, offer: this.#offer, ...this.#named() });
          if (this.#batch.length > BATCH_MAX) this.#batch.shift();
          if (this.#isTelling) return;
          this.#isTelling = true;
          env.after(number === 0 && !this.#isAnswer ? BATCH_MS : BATCH_SOON_MS, () => {
            this.#isTelling = false;
            unlessClosed(() => handlers.onCandidates())();
          });
        },
        onStream: (stream) => {
          this.stream = stream;
          unlessClosed(() => handlers.onStream(stream))();
        },
        onConnected: (path, dtlsMs) => {
          unlessClosed(() => handlers.onConnected(path, dtlsMs))();
        },
        onFirstFrame: () => {
          this.hasFrame = true;
          unlessClosed(() => handlers.onFirstFrame())();
        },
        onFailed: unlessClosed(() => handlers.onFailed())
      }
    );
  }
  /** Makes an offer, which others' clients may read too: the members of ours are beside the browser's. */
  async offer(offer, restart) {
    this.#begin(offer);
    return this.#numbered(await this.peer.createOffer(restart));
  }
  async answer(offer, description) {
    this.#begin(offer);
    this.#isAnswer = true;
    return this.#numbered(await this.peer.acceptOffer(description));
  }
  /** The description as it is now, with the addresses that wait to be sent. */
  current() {
    const description = this.peer.description();
    return description && this.#numbered(description);
  }
  /** The addresses that wait to be sent. */
  take() {
    return this.#batch.splice(0);
  }
  /** Adds the other side's addresses; one that is refused is one path of many. */
  async add(candidates, onRefused) {
    for (const candidate of candidates) await this.peer.addCandidate(candidate).catch(onRefused);
  }
  close() {
    this.isClosed = true;
    this.peer.close();
  }
  #begin(offer) {
    this.#offer = offer;
    this.#batch = [];
  }
  #numbered(description) {
    return { ...description, offer: this.#offer, ...this.#named() };
  }
  /** The first connection needs no number. */
  #named() {
    return this.number === 0 ? {} : { connection: this.number };
  }
};

// src/core/candidates.ts
var KEPT_MAX = 64;
var KeptCandidates = class {
  /** The offer whose remote description is set, or about to be; 0 for none. */
  #remote = 0;
  #connection = 0;
  #kept = [];
  /** Some came. */
  handle(candidates) {
    for (const candidate of candidates) {
      const { offer = this.#remote, connection = 0 } = candidate ?? {};
      const isOld = offer < this.#remote || connection < this.#connection;
      if (!isOld && this.#kept.length < KEPT_MAX) this.#kept.push({ offer, candidate });
    }
  }
  /** The remote description of this offer is set. */
  handleDescription(offer) {
    this.#remote = offer;
  }
  /** A new connection begins without one. */
  handleConnection(connection) {
    this.#connection = connection;
    this.#remote = 0;
    this.#kept = [];
  }
  /** Those that may be added now. */
  release() {
    if (this.#remote === 0) return [];
    const due = this.#kept.filter(({ offer }) => offer === this.#remote);
    this.#kept = this.#kept.filter(({ offer }) => offer > this.#remote);
    return due.map(({ candidate }) => candidate);
  }
};

// src/core/patience.ts
var CONNECT_MS = 15e3;
var GIVE_UP_MS = 3e4;
var AWAY_MS = 1e4;
var PATIENCE_MS = 4e3;
var PATIENCE_BACK_MS = 1e3;
var REPAIR_MS = 2e3;
var REPAIR_MS_MAX = 8e3;
var FROZEN_REPAIR_MS_MAX = 6e4;
var NETWORK_MS = 3e3;
var WORD_MS = 500;
var CONNECTING_MS = 2e3;
var WELL_MS = 5e3;
var APART_MS = 1e3;
var APART_MS_MAX = 16e3;
var FORCED_MAX = 6;
var ARRIVING_MS = 60;
var BROKEN_MAX = 4;

// src/core/negotiation.ts
var Negotiation = class {
  #isCaller;
  #offer;
  #connection;
  #startedAt;
  #wordMs;
  #actions = [];
  /** Caller: the offer that waits for its answer. */
  #open = null;
  /** Caller: whether that offer travelled with the match. */
  #isParked = false;
  /** Callee: the last offer that was answered, and whether a later one is about to be. */
  #answered;
  #isAnswering = false;
  /** Callee: the last question, while no offer has followed it. */
  #asked = null;
  #asks = 0;
  /** When an offer was last made or asked for. */
  #movedAt = -Infinity;
  /** Callee: whether the connections counted so far went with the page before this one. */
  #isFresh = false;
  #isToReveal = false;
  #candidates = new KeptCandidates();
  #wish = null;
  /** Whether something else asks for it than our own eyes. */
  #isForced = false;
  /** Whether offers after the last one that we answered may be lost. */
  #mayLack = false;
  /** When the last offer was answered. */
  #settledAt = null;
  /** Whether that was a restart or a new connection, not the first of the call, and may be about to repair it. */
  #isRepairing = false;
  #hasSettled = false;
  #repairedAt = -Infinity;
  /** How many steps were taken in this trouble. */
  #steps = 0;
  #media = "flowing";
  #flowingAt;
  #interruptedAt = 0;
  /** Whether any connection was ever there, and the newest. */
  #isConnected = false;
  #isNewestThere = false;
  /** The first offer of the newest connection. */
  #firstOffer = 0;
  #isSure = true;
  #sureAt = -Infinity;
  #awayAt = null;
  #hereAt;
  #networkAt = -Infinity;
  #broken = 0;
  #restartsSlowly = false;
  #isOver = false;
  /** `wordMs`: how long the caller waits for the callee's word before it makes a restart. */
  constructor(side, now, { offer, connection } = { offer: 0, connection: 0 }, wordMs = WORD_MS) {
    this.#isCaller = side === "caller";
    this.#wordMs = wordMs;
    [this.#offer, this.#answered, this.#connection] = [offer, offer, connection];
    this.#startedAt = this.#hereAt = this.#flowingAt = now;
  }
  get counts() {
    return { offer: this.#offer, connection: this.#connection };
  }
  /** The next action, in order; `null` when nothing is left. */
  nextAction() {
    return this.#actions.shift() ?? null;
  }
  /** The caller makes the first offer. */
  handleStart(now) {
    if (this.#isCaller) this.#make("restart", false, now);
  }
  /** The first offer is with the other side already: it travelled with the match. */
  handleParked(offer, now) {
    this.#offer = offer;
    this.#isParked = true;
    this.#open = { madeAt: now, patienceMs: PATIENCE_MS };
  }
  /** The first offer travelled with the match, and its connection is no more. */
  handleStale(offer, now) {
    this.#offer = offer;
    this.#force("replace");
    this.#act(now);
  }
  /** This page continues a call: its peer connections went with the page before. */
  handleReturn(now) {
    this.#force("replace");
    this.#mayLack = this.#isFresh = true;
    this.#act(now);
  }
  handleOffer(description) {
    const { offer = this.#offer + 1, connection = 0 } = description ?? {};
    if (this.#isCaller || this.#isOver || description === null || offer <= this.#offer) return;
    if (connection < this.#connection || this.#isFresh && connection === this.#connection) return;
    if (connection > this.#connection) this.#connect(connection);
    this.#isFresh = false;
    this.#offer = offer;
    this.#candidates.handleDescription(offer);
    this.#isAnswering = true;
    this.#asked = this.#settledAt = null;
    this.#asks = 0;
    this.#wish = null;
    this.#mayLack = false;
    this.#actions.push({ do: "answer", offer, description });
    this.#release();
  }
  handleAnswer(description, now) {
    const { offer = this.#offer, connection = 0 } = description ?? {};
    if (description === null || this.#open === null || this.#isOver || connection !== this.#connection) return;
    if (offer !== this.#offer) {
      if (!this.#isParked || offer > this.#offer) return;
      this.#open = null;
      this.#force("replace");
      return this.#act(now);
    }
    this.#open = null;
    this.#isParked = false;
    this.#wish = null;
    this.#candidates.handleDescription(offer);
    this.#settle(now);
    this.#actions.push({ do: "take", offer, description });
    this.#release();
  }
  handleAnswered(offer, now) {
    this.#answered = offer;
    this.#isAnswering = offer < this.#offer;
    this.#wish = null;
    this.#settle(now);
  }
  handleCandidates(candidates) {
    this.#candidates.handle(candidates);
    this.#release();
  }
  /** The callee wants another offer. */
  handleAsk({ after, replace, lost }, now) {
    if (!this.#isCaller || this.#isOver) return;
    if (this.#open !== null) {
      const isLost = lost && (this.#open.madeAt < this.#hereAt || now - this.#open.madeAt >= PATIENCE_BACK_MS);
      const isOnItsWay = after === this.#offer || after < this.#firstOffer || !replace || !lost;
      if (isOnItsWay && !isLost) return;
      this.#open = null;
    } else if (after < this.#offer) {
      return;
    }
    this.#offer = Math.max(this.#offer, after);
    this.#force(replace || now - this.#networkAt < NETWORK_MS ? "replace" : "restart");
    this.#act(now);
  }
  /** Another search for paths is wanted, though nothing is wrong. */
  handleReveal(now) {
    this.#isToReveal = this.#isCaller;
    this.#act(now);
  }
  /** Whether what is sent now arrives. */
  handleSure(isSure, now) {
    if (isSure && !this.#isSure) this.#sureAt = now;
    this.#isSure = isSure;
    this.#act(now);
  }
  /** The other side's socket is lost, or is there again. */
  handlePeer(isHere, now) {
    if (isHere) {
      this.#hereAt = now;
      this.#awayAt = null;
    } else {
      this.#awayAt ??= now;
    }
    this.#act(now);
  }
  /** The session was lost: so may be what was sent, and what was on its way to us. */
  handleLost(now) {
    if (this.#open !== null || this.#asked !== null || !this.#isFine) this.#force(this.#media === "interrupted" || this.#asked?.replace ? "replace" : "restart");
    this.#networkAt = now;
    this.#open = this.#asked = null;
    this.#mayLack = true;
    this.#act(now);
  }
  /** A restart takes these two browsers longer than a new connection. The caller knows it from the first answer on. */
  handleSlowRestarts() {
    this.#restartsSlowly = true;
  }
  /** ICE and DTLS of the newest connection are done. */
  handleConnected(now) {
    this.#isConnected = this.#isNewestThere = true;
    if (this.#settledAt !== null) this.#settledAt = now;
  }
  /** Our network became another. What stopped just before, or stops soon after, is because of that. */
  handleNetwork(now) {
    this.#networkAt = now;
    if (this.#wish !== null && this.#media === "interrupted") this.#want("replace");
  }
  /** The other side's media have another state. */
  handleMedia(media, now) {
    if (media === this.#media) return;
    if (media === "interrupted") this.#interruptedAt = now;
    const was = this.#media;
    this.#media = media;
    if (media === "flowing") {
      this.#flowingAt = now;
      if (this.#isFine) this.#wish = this.#asked = null;
    } else if (media === "frozen" && this.#isNewestThere && !this.#isRepairing) {
      this.#want(now - this.#repairedAt < WELL_MS ? "replace" : "restart");
    } else if (was === "flowing" && !this.#isRepairing) {
      this.#want(now - this.#networkAt < NETWORK_MS ? "replace" : "restart");
    }
    this.#act(now);
  }
  /** A step failed in the browser: that connection is of no use any more. */
  handleBroken(now) {
    if (++this.#broken > BROKEN_MAX) return this.#fail(this.#isConnected ? "media_lost" : "media_failed");
    this.#open = null;
    this.#isAnswering = false;
    this.#force("replace");
    this.#act(now);
  }
  /** Time has passed; to be called some times a second. */
  handleTime(now) {
    if (this.#isOver) return;
    if (!this.#isConnected && now - this.#startedAt >= CONNECT_MS) return this.#fail(this.#awayAt === null ? "media_failed" : "left");
    const isSilent = this.#media === "interrupted" || !this.#isConnected;
    if (isSilent && this.#isSure && this.#awayAt !== null && now - Math.max(this.#awayAt, this.#interruptedAt) >= AWAY_MS) return this.#fail("left");
    if (this.#media === "interrupted" && now - this.#interruptedAt >= GIVE_UP_MS) return this.#fail("media_lost");
    if (this.#settledAt !== null && now - this.#settledAt >= REPAIR_MS) this.#isRepairing = false;
    if (this.#isFine && now - this.#flowingAt >= WELL_MS) this.#steps = 0;
    if (this.#isRepairDue(now)) this.#want(this.#steps === 0 ? "restart" : "replace");
    this.#act(now);
  }
  /** Whether all comes, and by the newest connection. */
  get #isFine() {
    return this.#isNewestThere && this.#media === "flowing";
  }
  /** Whether the last step had its time and has repaired nothing. */
  #isRepairDue(now) {
    if (this.#isFine || this.#open !== null || this.#asked !== null || this.#settledAt === null) return false;
    const waitMs = REPAIR_MS * 2 ** Math.max(0, this.#steps - 1) + (this.#isNewestThere ? 0 : CONNECTING_MS);
    return now - this.#settledAt >= Math.min(waitMs, this.#media === "frozen" ? FROZEN_REPAIR_MS_MAX : REPAIR_MS_MAX);
  }
  #settle(now) {
    this.#isRepairing = this.#hasSettled;
    if (this.#isRepairing) this.#repairedAt = now;
    this.#hasSettled = true;
    this.#settledAt = now;
  }
  #want(wish) {
    this.#wish = this.#wish === "replace" ? "replace" : wish;
  }
  #force(wish) {
    this.#want(wish);
    this.#isForced = true;
  }
  /** Does what is wanted once it can arrive; what waits meanwhile is done once. */
  #act(now) {
    if (this.#isOver || !this.#isSure || this.#awayAt !== null) return;
    if (this.#isCaller) this.#actAsCaller(now);
    else this.#actAsCallee(now);
  }
  #actAsCaller(now) {
    if (this.#open !== null) {
      const isBack = this.#open.madeAt < this.#hereAt && now - this.#hereAt >= PATIENCE_BACK_MS;
      if (this.#isFine || !(isBack || now - this.#open.madeAt >= this.#open.patienceMs)) return;
      return this.#make("restart", true, now, 2 * this.#open.patienceMs);
    }
    const wish = this.#wish ?? (this.#isToReveal ? "restart" : null);
    const isEarly = wish === "restart" && this.#media === "interrupted" && !this.#isForced && now - this.#interruptedAt < this.#wordMs;
    if (wish !== null && !isEarly && !this.#isTooSoon(now)) this.#make(wish, true, now);
  }
  #actAsCallee(now) {
    const asked = this.#asked;
    if (this.#isAnswering || !this.#mayLack && now - this.#sureAt < ARRIVING_MS) return;
    if (asked !== null && now - asked.at >= PATIENCE_MS * 2 ** this.#asks) {
      this.#asks++;
      this.#mayLack = true;
      this.#force(asked.replace ? "replace" : "restart");
    } else if (asked !== null && this.#wish !== "replace") {
      return;
    }
    if (this.#wish === null || this.#isTooSoon(now)) return;
    const replace = this.#wish === "replace";
    this.#actions.push({ do: "ask", ask: { after: this.#answered, replace, lost: this.#mayLack } });
    this.#asked = { at: now, replace };
    this.#movedAt = now;
    this.#settledAt = null;
    this.#wish = null;
    this.#isForced = false;
    this.#steps++;
  }
  /** Steps follow each other ever more seldom until all was well for a while. The first ones that something else asks for do not wait. */
  #isTooSoon(now) {
    if (this.#isForced && this.#steps < FORCED_MAX) return false;
    return now - this.#movedAt < Math.min(APART_MS * 2 ** Math.max(0, this.#steps - 1), APART_MS_MAX);
  }
  #make(wished, restart, now, patienceMs = PATIENCE_MS) {
    const wish = restart && this.#restartsSlowly ? "replace" : wished;
    if (wish === "replace") this.#connect(this.#connection + 1);
    this.#offer++;
    this.#isParked = this.#isToReveal = false;
    this.#open = { madeAt: now, patienceMs };
    this.#movedAt = now;
    this.#settledAt = null;
    this.#wish = null;
    this.#isForced = false;
    if (restart) this.#steps++;
    this.#actions.push({ do: "offer", offer: this.#offer, restart: restart && wish === "restart" });
  }
  #connect(connection) {
    this.#connection = connection;
    this.#firstOffer = this.#offer + 1;
    this.#isNewestThere = false;
    this.#settledAt = null;
    this.#candidates.handleConnection(connection);
    this.#actions.push({ do: "connect", connection });
  }
  #release() {
    const candidates = this.#candidates.release();
    if (candidates.length > 0) this.#actions.push({ do: "add", candidates });
  }
  #fail(cause) {
    this.#isOver = true;
    this.#actions = [{ do: "fail", cause }];
  }
};

// src/core/flow.ts
var LOOK_MS = 200;
var SILENT_MS = 800;
var SILENT_SOON_MS = 400;
var SILENT_MOVED_MS = 200;
var SOON_MS = 3e3;
var SILENT_SELDOM_MS = 2500;
var STEADY_LOOKS = 5;
var FROZEN_MS = 2e3;
var UNSEEN_MAX = 10;
var SPEECH_PACKETS = 10;
var FLOWING_LOOKS = 3;
var FLOWING_FRAMES = 2;
var ROW_MS = 300;
var ROW_SELDOM_MS = 1500;
var Judge = class {
  #state = "flowing";
  #isSilent = false;
  #bytes = 0;
  #decoded = 0;
  #presented = null;
  #receivedAt;
  #seenAt;
  /** Whether anything, and whether a picture, ever came. */
  #hasReceived = false;
  #hasSeen = false;
  #wasExpected = false;
  /** Looks in a row that found something new. */
  #steady = 0;
  #wasSteady = false;
  /** The same since it stopped flowing, with the gaps that are usual, and frames in them. */
  #again = 0;
  #againAt = 0;
  #frames = 0;
  /** Frames that were decoded since one was presented, and whether that was called frozen. */
  #unseen = 0;
  #isUnseen = false;
  /** Samples of sound that were played, when the last one was, and how many packets had come by then. */
  #samples = 0;
  #playedAt;
  #playedPackets = 0;
  /** Whether samples are counted at all. */
  #hasPlayed = false;
  #lookedAt;
  #networkAt = -Infinity;
  #movedAt = -Infinity;
  /** Since when the browser has believed that there is no path. */
  #noPathAt = null;
  constructor(now) {
    this.#receivedAt = this.#seenAt = this.#playedAt = this.#lookedAt = now;
  }
  get state() {
    return this.#state;
  }
  /** Whether media that came all the time don't now, for half as long as an interruption takes. */
  get isSilent() {
    return this.#isSilent;
  }
  /** Another connection is shown, which counts from zero. */
  handleNewPeer(now) {
    this.#bytes = this.#decoded = this.#steady = this.#again = this.#frames = this.#unseen = 0;
    this.#samples = this.#playedPackets = 0;
    this.#presented = null;
    this.#isUnseen = false;
    this.#seenAt = this.#playedAt = now;
  }
  /** Another network, perhaps; `hasMoved`: the socket to the server was lost with the old one. */
  handleNetwork(hasMoved, now) {
    if (hasMoved) this.#movedAt = now;
    this.#networkAt = now;
  }
  /** One look: what has come so far; `null` if nothing ever did. */
  handle(flow, expected, now) {
    const { bytes, decoded, presented, packets, samples } = flow ?? { bytes: 0, decoded: 0, presented: null, packets: 0, samples: 0 };
    const isNew = bytes > this.#bytes;
    this.#bytes = Math.max(bytes, this.#bytes);
    this.#noPathAt = flow?.hasPath === false ? this.#noPathAt ?? now : null;
    this.#look(decoded, presented, now);
    const isUnheard = this.#listen(packets, samples, now) && expected?.sound !== false;
    const isExpected = expected === null ? this.#hasSeen : expected.picture === "camera";
    if (isExpected && !this.#wasExpected) this.#seenAt = Math.max(this.#seenAt, now);
    this.#wasExpected = isExpected;
    if (expected?.picture === "none") this.#isUnseen = false;
    const row = Math.max(isExpected ? ROW_MS : ROW_SELDOM_MS, 1.5 * (now - this.#lookedAt));
    this.#lookedAt = now;
    if (now - this.#receivedAt > row) this.#again = this.#frames = 0;
    if (isNew) {
      if (this.#again++ === 0) this.#againAt = now;
      this.#hasReceived = true;
      this.#receivedAt = now;
      this.#wasSteady = ++this.#steady >= STEADY_LOOKS;
    } else {
      this.#steady = 0;
    }
    const isOff = expected !== null && expected.picture === "none" && !expected.sound;
    this.#isSilent = this.#wasSteady && !isOff && this.#state === "flowing" && now - this.#receivedAt >= SILENT_SOON_MS;
    const next = this.#next(isExpected, isUnheard, expected, now);
    if (this.#state === "flowing" && next !== "flowing") this.#again = this.#frames = 0;
    if (this.#state !== next) {
      this.#isUnseen = next === "frozen" && this.#unseen >= UNSEEN_MAX;
      this.#unseen = 0;
    }
    return this.#state = next;
  }
  #look(decoded, presented, now) {
    const isComparable = presented === null === (this.#presented === null);
    const more = !isComparable ? 0 : presented === null ? decoded - this.#decoded : presented - (this.#presented ?? 0);
    if (!isComparable) this.#seenAt = Math.max(this.#seenAt, now);
    if (isComparable && presented !== null) this.#unseen += decoded - this.#decoded;
    this.#decoded = decoded;
    this.#presented = presented;
    if (more <= 0) return;
    this.#unseen = 0;
    this.#frames += more;
    this.#hasSeen = true;
    this.#seenAt = now;
  }
  /** Whether speech comes and is not played. */
  #listen(packets, samples, now) {
    if (samples > this.#samples) {
      this.#hasPlayed = true;
      this.#playedAt = now;
      this.#playedPackets = packets;
    }
    this.#samples = samples;
    const seconds = (now - this.#playedAt) / 1e3;
    return this.#hasPlayed && 1e3 * seconds >= FROZEN_MS && packets - this.#playedPackets >= SPEECH_PACKETS * seconds;
  }
  #next(isExpected, isUnheard, expected, now) {
    const sendsNothing = expected !== null && expected.picture === "none" && !expected.sound;
    const isMissed = this.#hasReceived ? !sendsNothing : expected !== null && !sendsNothing;
    const hasNoPath = this.#noPathAt !== null && now - this.#noPathAt >= SILENT_MS;
    const isSilent = now - this.#receivedAt >= this.#patience(now) && (isMissed || this.#hasReceived && hasNoPath);
    const isFrozen = isUnheard || (isExpected || this.#unseen >= UNSEEN_MAX) && now - this.#seenAt >= FROZEN_MS;
    if (this.#state === "flowing") return isSilent ? "interrupted" : isFrozen ? "frozen" : "flowing";
    const comesAgain = !isUnheard && this.#again >= FLOWING_LOOKS && (!isExpected && !this.#isUnseen || this.#frames >= FLOWING_FRAMES);
    if (comesAgain || !isMissed && !isUnheard && !isExpected && !this.#isUnseen && !hasNoPath) return "flowing";
    if (isSilent) return "interrupted";
    return isFrozen && this.#again >= FLOWING_LOOKS && now - this.#againAt >= FROZEN_MS ? "frozen" : this.#state;
  }
  #patience(now) {
    if (!this.#wasSteady) return SILENT_SELDOM_MS;
    if (now - this.#movedAt < SOON_MS) return SILENT_MOVED_MS;
    return now - this.#networkAt < SOON_MS ? SILENT_SOON_MS : SILENT_MS;
  }
};

// src/core/observer.ts
var SLEPT_MS = 1e4;
var Observer = class {
  #env;
  #setup;
  #handlers;
  #judge = null;
  /** Loaded once there is something to watch. */
  #watch = null;
  #isSaving;
  #expected = null;
  #interruptions = 0;
  #lookedAt = 0;
  #isOver = false;
  #isLooking = false;
  #stop = () => void 0;
  constructor(env, setup, handlers) {
    this.#env = env;
    this.#setup = setup;
    this.#isSaving = setup.isSaving;
    this.#handlers = handlers;
  }
  /** Whether the other side's camera is to be seen, as far as is known. */
  get missesPicture() {
    return this.#expected === null || this.#expected.picture === "camera";
  }
  /** The settings for our picture, once they were decided. */
  get sending() {
    return this.#watch?.sending ?? null;
  }
  /** The last estimate of the network's bandwidth. */
  get availableKbps() {
    return this.#watch?.availableKbps ?? null;
  }
  /** There is a match. */
  start() {
    this.#lookedAt = this.#env.now();
    this.#look(LOOK_MS);
  }
  /** There is something to see and hear from now on. */
  handleConnected() {
    this.#judge = new Judge(this.#env.now());
    void this.#startWatch();
  }
  /** Another peer connection is shown, which counts from zero. */
  handleShown() {
    this.#judge?.handleNewPeer(this.#env.now());
  }
  /** Another network, perhaps. */
  handleNetwork() {
    this.#judge?.handleNetwork(false, this.#env.now());
  }
  /** What is sent arrives again; `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
  handleSure(hasMoved) {
    if (hasMoved) {
      this.#judge?.handleNetwork(true, this.#env.now());
      this.#hurry();
    }
    this.#env.after(ARRIVING_MS, () => this.#isOver || this.#handlers.onTime(this.#env.now()));
  }
  /** Sets the media that the other side says it sends. */
  setExpected(expected) {
    this.#expected = expected;
  }
  setSaving(on) {
    this.#isSaving = on;
    this.#watch?.setSaving(on);
  }
  /** How the call was so far, if there was a second of it. */
  summary(call, restarts) {
    return this.#watch?.summary(call, this.#interruptions, restarts) ?? null;
  }
  /** The call has ended. */
  end() {
    this.#isOver = true;
    this.#stop();
    this.#watch?.end();
  }
  /** The next look is due now. */
  #hurry() {
    if (this.#isLooking || this.#isOver) return;
    this.#stop();
    this.#look(0);
  }
  #look(ms) {
    this.#stop = this.#env.after(ms, () => void this.#lookNow());
  }
  async #lookNow() {
    this.#isLooking = true;
    const shown = this.#handlers.shown();
    const flow = this.#judge === null ? null : await shown.flow().catch(() => null);
    if (this.#isOver) return;
    const now = this.#env.now();
    if (now - this.#lookedAt >= SLEPT_MS) this.#handlers.onSlept();
    this.#lookedAt = now;
    if (shown === this.#handlers.shown()) this.#consider(flow, now);
    this.#isLooking = false;
    this.#handlers.onTime(now);
    if (!this.#isOver) this.#look(LOOK_MS);
  }
  #consider(flow, now) {
    const before = this.#judge?.state;
    const wasSilent = this.#judge?.isSilent;
    const media = this.#judge?.handle(flow, this.#expected, now);
    if (this.#judge?.isSilent && !wasSilent) this.#handlers.onSilence();
    if (media === void 0 || media === before) return;
    if (media === "interrupted") this.#interruptions++;
    this.#handlers.onMedia(media, now);
  }
  async #startWatch() {
    const { Watch } = await import("./watch.js");
    if (this.#isOver) return;
    this.#watch = new Watch(this.#env, this.#setup.media, this.#isSaving, {
      read: () => this.#handlers.shown().reading(),
      media: () => this.#judge?.state ?? "flowing",
      onSending: (sending) => this.#handlers.onSending(sending),
      onQuality: (quality) => this.#handlers.onQuality(quality),
      onSample: (sample) => this.#handlers.onSample(sample),
      onSummary: () => this.#handlers.onSummary()
    });
    this.#handlers.onSending(this.#watch.sending);
    this.#watch.start();
  }
};

// src/core/evidence.ts
var COUNT_MAX = 255;
function evidenceOf(call, peer) {
  const { local, remote, ice, dtls = "new", relayError } = peer.traces();
  return { call, gathered: kinds(local), received: kinds(remote), ...relayError === 0 ? {} : { relay_error: relayError }, ice, dtls };
}
function kinds(sdp = "") {
  const of = (kind) => Math.min(COUNT_MAX, sdp.split(` typ ${kind}`).length - 1);
  return { host: of("host"), srflx: of("srflx"), relay: of("relay") };
}

// src/core/reports.ts
var Reports = class {
  #send;
  /** The path and how long DTLS took, once it is connected. */
  #connected = null;
  #hasFrame = false;
  constructor(send) {
    this.#send = send;
  }
  connected(path, dtlsMs) {
    this.#connected = [path, dtlsMs];
    this.#send((call) => ({ type: "progress", call, stage: "connected", ...path ? { path } : {}, ...dtlsMs === null ? {} : { dtls_ms: Math.round(dtlsMs) } }));
  }
  firstFrame() {
    this.#hasFrame = true;
    this.#send((call) => ({ type: "progress", call, stage: "first_frame" }));
  }
  /** A server that forgot the call knows nothing of its steps. */
  again() {
    if (this.#connected) this.connected(...this.#connected);
    if (this.#hasFrame) this.firstFrame();
  }
  /** How the call was so far; the last report counts. */
  quality(summary) {
    this.#send((call) => {
      const quality = summary(call);
      return quality && { type: "quality", ...quality };
    });
  }
  end(peer) {
    this.#send((call) => ({ type: "evidence", ...evidenceOf(call, peer) }));
  }
};

// src/core/steps.ts
var Steps = class {
  #queue;
  #open = () => void 0;
  #onFailed;
  constructor(onFailed) {
    this.#onFailed = onFailed;
    this.#queue = new Promise((resolve) => this.#open = resolve);
  }
  /** The steps so far, and those to come, are done from now on. */
  begin() {
    this.#open();
  }
  add(step) {
    this.#queue = this.#queue.then(step).catch((error) => this.#onFailed(error));
  }
};

// src/core/call.ts
var SHOW_MS = 2e3;
var Call = class {
  #env;
  #setup;
  #handlers;
  #observer;
  #budget = new Budget();
  #reports = new Reports((make) => this.#send(make));
  #restarts = 0;
  #newest;
  /** The one whose stream is shown, and judged. */
  #shown;
  #wasConnected = false;
  #match = null;
  #negotiation = null;
  #said = "";
  /** The number of the offer for the next match, 0 for none; a connection with one takes no other. */
  #parked = 0;
  /** Resolves to whether that offer could be made. */
  #parking = Promise.resolve(false);
  #isOver = false;
  /** None is done before we confirmed. */
  #steps;
  /** The sends that wait until both have confirmed; `null` from then on. */
  #pending = [];
  constructor(env, setup, handlers) {
    this.#env = env;
    this.#setup = setup;
    this.#handlers = handlers;
    this.#observer = new Observer(env, setup, {
      shown: () => this.#shown.peer,
      onMedia: (media, now) => this.#handleMedia(media, now),
      onSilence: () => handlers.onSilence(),
      onTime: (now) => {
        this.#negotiation?.handleTime(now);
        this.#work();
      },
      onSlept: () => handlers.onSlept(),
      onSending: (sending) => {
        this.#newest.peer.send(sending);
        this.#say();
      },
      onQuality: (quality) => handlers.onQuality(quality),
      onSample: (sample) => this.#send((call) => ({ type: "sample", call, ...sample })),
      onSummary: () => this.#summarize()
    });
    this.#steps = new Steps((error) => {
      if (this.#isOver) return;
      env.warn("a step of the call's negotiation failed", error);
      this.#negotiation?.handleBroken(env.now());
      this.#work();
    });
    this.#newest = this.#shown = this.#connect(0);
  }
  /** How far its offers and connections were counted. */
  get counts() {
    return this.#negotiation?.counts ?? { offer: 0, connection: 0 };
  }
  /** Whether it has an offer for the next match. */
  get isParked() {
    return this.#parked > 0;
  }
  /** Makes an offer of this number for the next match, and leaves it with the server. */
  async park(number) {
    if (this.#match !== null || this.#isOver || this.isParked) return;
    this.#parked = number;
    const offer = this.#newest.offer(number, false).catch((error) => void this.#env.warn("no offer could be parked", error));
    this.#parking = offer.then((payload2) => payload2 !== void 0);
    const payload = await offer;
    if (payload && this.#match === null && !this.#isOver) this.#handlers.send({ type: "park", payload });
  }
  /** There is a match. Steps wait until we have confirmed it. */
  start(match, { offer, isOffered, parked, counts, isPeerHere }) {
    const now = this.#env.now();
    this.#match = match;
    this.#negotiation = new Negotiation(match.side, now, counts ?? void 0);
    this.#negotiation.handleSure(this.#handlers.isSure(), now);
    this.#observer.start();
    if (!isPeerHere) this.#negotiation.handlePeer(false, now);
    if (counts !== null) this.#negotiation.handleReturn(now);
    else if (match.side === "callee") {
      if (this.isParked) this.#replace(0);
      if (offer !== void 0) this.#negotiation.handleOffer(offer);
    } else if (this.isParked) this.#startParked(isOffered, now);
    else if (isOffered) this.#negotiation.handleStale(parked, now);
    else this.#negotiation.handleStart(now);
    this.#work();
  }
  /** We have confirmed. */
  negotiate() {
    this.#steps.begin();
  }
  /** Both have. */
  begin() {
    this.#steps.begin();
    const pending = this.#pending ?? [];
    this.#pending = null;
    this.#attach(this.#newest);
    for (const tell of pending) tell();
    this.#say();
  }
  /** A frame of the other side, or about it. */
  handle(frame) {
    const [now, negotiation] = [this.#env.now(), this.#negotiation];
    if (!this.#budget.admits(frame, now)) return;
    switch (frame.type) {
      case "offer":
        negotiation?.handleOffer(frame.payload);
        break;
      case "answer":
        negotiation?.handleAnswer(frame.payload, now);
        break;
      case "candidates":
        negotiation?.handleCandidates(frame.payload);
        break;
      case "restart":
        negotiation?.handleAsk(frame, now);
        break;
      case "sends":
        this.#observer.setExpected(frame);
        this.#handlers.onPeerSends({ picture: frame.picture, sound: frame.sound });
        break;
      case "peer":
        negotiation?.handlePeer(frame.is_here, now);
        if (frame.is_here) this.#say(true);
        break;
    }
    this.#work();
  }
  /** The session was lost, and with it what was on its way. `isPeerHere`: whether the other side has a socket. */
  handleLost(isPeerHere) {
    const now = this.#env.now();
    this.#negotiation?.handlePeer(isPeerHere, now);
    this.#negotiation?.handleLost(now);
    this.#reports.again();
    this.#say(true);
    this.#work();
  }
  /** Whether what is sent now arrives. `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
  handleSure(isSure, hasMoved) {
    if (hasMoved) this.#negotiation?.handleNetwork(this.#env.now());
    this.#negotiation?.handleSure(isSure, this.#env.now());
    if (isSure) this.#observer.handleSure(hasMoved);
    this.#work();
  }
  /** Another network, perhaps. */
  handleNetwork() {
    this.#observer.handleNetwork();
    this.#negotiation?.handleNetwork(this.#env.now());
  }
  /** Whether the connection may use relays alone. */
  get relayOnly() {
    return this.#setup.paths.relayOnly;
  }
  /** For the next search for paths: credentials end. */
  setIceServers(iceServers) {
    this.#setPaths({ ...this.#setup.paths, iceServers });
  }
  /** Both have stayed: the caller searches for the shortest path, and media continue by the old one meanwhile. */
  reveal() {
    this.#setPaths({ ...this.#setup.paths, relayOnly: false });
    this.#negotiation?.handleReveal(this.#env.now());
    this.#work();
  }
  /** The person wants to save data, or not any more. */
  setSaving(on) {
    this.#observer.setSaving(on);
  }
  /** Another camera or microphone is in the local stream, or one was switched. */
  handleTracks() {
    if (this.#pending === null) this.#newest.peer.attach();
    this.#say();
  }
  get availableKbps() {
    return this.#observer.availableKbps;
  }
  /** Ends the media connection, and reports how it was; nothing is sent after this. */
  close() {
    this.#summarize();
    this.#reports.end(this.#shown.peer);
    this.#observer.end();
    this.#isOver = true;
    this.#newest.close();
    this.#shown.close();
  }
  #startParked(isOffered, now) {
    this.#negotiation?.handleParked(this.#parked, now);
    this.#enqueue(async () => {
      if (!await this.#parking) throw new Error("the parked offer could not be made");
      const found = this.#newest.take();
      if (isOffered) return this.#sendCandidates(found);
      const payload = this.#newest.current();
      this.#send((call) => ({ type: "offer", call, payload }));
    });
  }
  #work() {
    for (let action = this.#negotiation?.nextAction(); action; action = this.#negotiation?.nextAction()) this.#carryOut(action);
  }
  #carryOut(action) {
    switch (action.do) {
      case "connect":
        return this.#enqueue(async () => this.#replace(action.connection));
      case "offer":
        if (action.offer > 1) this.#restarts++;
        return this.#enqueue(async () => {
          const payload = await this.#newest.offer(action.offer, action.restart);
          this.#send((call) => ({ type: "offer", call, payload }));
          this.#handlers.onCounts(this.counts);
        });
      case "answer":
        return this.#enqueue(async () => {
          const payload = await this.#newest.answer(action.offer, action.description);
          this.#send((call) => ({ type: "answer", call, payload }));
          this.#negotiation?.handleAnswered(action.offer, this.#env.now());
          this.#say(this.#wasConnected);
          this.#handlers.onCounts(this.counts);
        });
      case "take":
        return this.#enqueue(async () => {
          const { peer } = this.#newest;
          await peer.acceptAnswer(action.description);
          if (peer.restartsSlowly) this.#negotiation?.handleSlowRestarts();
          this.#say(this.#wasConnected);
        });
      case "add":
        return this.#enqueue(() => this.#newest.add(action.candidates, (error) => this.#isOver || this.#env.warn("a candidate was not taken", error)));
      case "ask":
        return this.#send((call) => ({ type: "restart", call, ...action.ask }));
      case "fail":
        return this.#fail(action.cause);
    }
  }
  #connect(number) {
    const isNewest = () => connection === this.#newest;
    const connection = new Connection(this.#env, number, this.#setup, {
      // Behind our own description in the queue, which the other side needs first.
      onCandidates: () => this.#match === null ? this.#parkAgain() : this.#enqueue(async () => this.#sendCandidates(connection.take())),
      onStream: (stream) => connection === this.#shown && this.#onceBegun(() => this.#handlers.onStream(stream)),
      onConnected: (path, dtlsMs) => this.#onceBegun(() => isNewest() && this.#connected(connection, path, dtlsMs)),
      onFirstFrame: () => {
        this.#onceBegun(() => this.#reports.firstFrame());
        this.#show(connection);
      },
      // Later ones are tried again and again.
      onFailed: () => number === 0 && this.#fail("media_failed")
    });
    return connection;
  }
  #parkAgain() {
    const payload = this.isParked && !this.#isOver ? this.#newest.current() : null;
    if (payload !== null) this.#handlers.send({ type: "park", payload });
  }
  #replace(number) {
    if (this.#newest !== this.#shown || number === 0) this.#newest.close();
    this.#newest = this.#connect(number);
    if (number === 0) this.#shown = this.#newest;
    this.#attach(this.#newest);
  }
  #attach(connection) {
    if (this.#pending !== null) return;
    connection.peer.attach();
    if (this.#observer.sending) connection.peer.send(this.#observer.sending);
  }
  #connected(connection, path, dtlsMs) {
    this.#negotiation?.handleConnected(this.#env.now());
    if (!this.#shown.hasFrame || !this.#observer.missesPicture) this.#show(connection);
    else if (connection !== this.#shown) this.#env.after(SHOW_MS, () => this.#show(connection));
    if (this.#wasConnected) return;
    this.#wasConnected = true;
    this.#reports.connected(path, dtlsMs);
    this.#handlers.onConnected();
    this.#observer.handleConnected();
  }
  /** The newest connection takes the place of the one before on the screen, which has nothing to show any more. */
  #show(connection) {
    if (this.#isOver || connection !== this.#newest || connection === this.#shown) return;
    const before = this.#shown;
    this.#shown = connection;
    this.#observer.handleShown();
    const { stream } = connection;
    if (stream !== null) this.#onceBegun(() => this.#handlers.onStream(stream));
    before.close();
  }
  #handleMedia(media, now) {
    this.#handlers.onMedia(media);
    this.#negotiation?.handleMedia(media, now);
    this.#work();
  }
  /** Tells the other side what we send, if that has changed, or if it may have forgotten it. */
  #say(again = false) {
    if (this.#pending !== null || this.#match === null) return;
    const { picture, sound } = this.#handlers.sends();
    const sends = { picture: this.#observer.sending?.picture === false ? "none" : picture, sound };
    const said = JSON.stringify(sends);
    if (said === this.#said && !again) return;
    this.#said = said;
    this.#send((call) => ({ type: "sends", call, ...sends }));
  }
  #sendCandidates(payload) {
    if (payload.length > 0) this.#send((call) => ({ type: "candidates", call, payload }));
  }
  #setPaths(paths) {
    this.#setup.paths = paths;
    this.#newest.peer.setPaths(paths);
  }
  #enqueue(step) {
    this.#steps.add(async () => {
      if (!this.#isOver) await step();
    });
  }
  /** Nothing is reported of a call that has ended, since another may have begun meanwhile. */
  #onceBegun(run) {
    const tell = () => {
      if (!this.#isOver) run();
    };
    if (this.#pending === null) tell();
    else this.#pending.push(tell);
  }
  #summarize() {
    this.#reports.quality((call) => this.#observer.summary(call, this.#restarts));
  }
  #send(make) {
    const frame = this.#isOver || this.#match === null ? null : make(this.#match.call);
    if (frame !== null) this.#handlers.send(frame);
  }
  #fail(cause) {
    if (!this.#isOver && this.#match !== null) this.#handlers.onFailed(cause);
  }
};
export {
  Call
};
