/**
 * One call's media: carries out what its negotiation decides, and reports the results to it.
 *
 * Its peer connection is made before there is a match, so that it knows its own addresses by then, and while somebody waits its
 * offer is parked with the server. Once we have confirmed it negotiates, and once both have, camera and microphone are
 * sent. A peer connection that cannot be repaired is replaced: the old one stays on the screen until the new one has a
 * picture. Two are open at most.
 */
import type { ClientFrame, LeaveCause, Path } from "../generated/protocol.js";
import { Budget } from "./budget.js";
import type { Begin, CallHandlers, CallSetup, RelayedFrame } from "./call-setup.js";
import { Connection } from "./connection.js";
import type { Environment, Paths } from "./environment.js";
import type { MediaState } from "./flow.js";
import { Negotiation } from "./negotiation.js";
import type { Counts, NegotiationAction, Numbered } from "./offers.js";
import { Observer } from "./observer.js";
import { Reports } from "./reports.js";
import type { Match } from "./state.js";
import { Steps } from "./steps.js";

/** A new connection that is there, and has nothing to show for so long, is shown all the same. */
const SHOW_MS = 2_000;

type CallEnvironment<Stream> = Pick<Environment<Stream>, "after" | "makePeer" | "now" | "warn">;

export class Call<Stream> {
  readonly #env: CallEnvironment<Stream>;
  readonly #setup: CallSetup<Stream>;
  readonly #handlers: CallHandlers<Stream>;
  readonly #observer: Observer;
  readonly #budget = new Budget();
  readonly #reports = new Reports((make) => this.#send(make));
  #restarts = 0;
  #newest: Connection<Stream>;
  /** The one whose stream is shown, and judged. */
  #shown: Connection<Stream>;
  #wasConnected = false;
  #match: Match | null = null;
  #negotiation: Negotiation | null = null;
  #said = "";
  /** The number of the offer for the next match, 0 for none; a connection with one takes no other. */
  #parked = 0;
  /** Resolves to whether that offer could be made. */
  #parking: Promise<boolean> = Promise.resolve(false);
  #isOver = false;
  /** None is done before we confirmed. */
  readonly #steps: Steps;
  /** The sends that wait until both have confirmed; `null` from then on. */
  #pending: (() => void)[] | null = [];

  constructor(env: CallEnvironment<Stream>, setup: CallSetup<Stream>, handlers: CallHandlers<Stream>) {
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
      onSummary: () => this.#summarize(),
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
  get counts(): Counts {
    return this.#negotiation?.counts ?? { offer: 0, connection: 0 };
  }

  /** Whether it has an offer for the next match. */
  get isParked(): boolean {
    return this.#parked > 0;
  }

  /** Makes an offer of this number for the next match, and leaves it with the server. */
  async park(number: number): Promise<void> {
    if (this.#match !== null || this.#isOver || this.isParked) return;
    this.#parked = number;
    const offer = this.#newest.offer(number, false).catch((error: unknown) => void this.#env.warn("no offer could be parked", error));
    this.#parking = offer.then((payload) => payload !== undefined);
    const payload = await offer;
    if (payload && this.#match === null && !this.#isOver) this.#handlers.send({ type: "park", payload });
  }

  /** There is a match. Steps wait until we have confirmed it. */
  start(match: Match, { offer, isOffered, parked, counts, isPeerHere }: Begin): void {
    const now = this.#env.now();
    this.#match = match;
    this.#negotiation = new Negotiation(match.side, now, counts ?? undefined);
    this.#negotiation.handleSure(this.#handlers.isSure(), now);
    this.#observer.start();
    if (!isPeerHere) this.#negotiation.handlePeer(false, now);
    if (counts !== null) this.#negotiation.handleReturn(now);
    else if (match.side === "callee") {
      // A connection with an offer of its own takes no other.
      if (this.isParked) this.#replace(0);
      if (offer !== undefined) this.#negotiation.handleOffer(offer as Numbered);
    } else if (this.isParked) this.#startParked(isOffered, now);
    else if (isOffered) this.#negotiation.handleStale(parked, now);
    else this.#negotiation.handleStart(now);
    this.#work();
  }

  /** We have confirmed. */
  negotiate(): void {
    this.#steps.begin();
  }

  /** Both have. */
  begin(): void {
    this.#steps.begin();
    const pending = this.#pending ?? [];
    this.#pending = null;
    this.#attach(this.#newest);
    for (const tell of pending) tell();
    this.#say();
  }

  /** A frame of the other side, or about it. */
  handle(frame: RelayedFrame): void {
    const [now, negotiation] = [this.#env.now(), this.#negotiation];
    if (!this.#budget.admits(frame, now)) return;
    switch (frame.type) {
      case "offer":
        negotiation?.handleOffer(frame.payload as Numbered);
        break;
      case "answer":
        negotiation?.handleAnswer(frame.payload as Numbered, now);
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
  handleLost(isPeerHere: boolean): void {
    const now = this.#env.now();
    this.#negotiation?.handlePeer(isPeerHere, now);
    this.#negotiation?.handleLost(now);
    this.#reports.again();
    this.#say(true);
    this.#work();
  }

  /** Whether what is sent now arrives. `hasMoved`: by another socket, since the one before fell silent, or its server stopped. */
  handleSure(isSure: boolean, hasMoved: boolean): void {
    if (hasMoved) this.#negotiation?.handleNetwork(this.#env.now());
    this.#negotiation?.handleSure(isSure, this.#env.now());
    if (isSure) this.#observer.handleSure(hasMoved);
    this.#work();
  }

  /** Another network, perhaps. */
  handleNetwork(): void {
    this.#observer.handleNetwork();
    this.#negotiation?.handleNetwork(this.#env.now());
  }

  /** Whether the connection may use relays alone. */
  get relayOnly(): boolean {
    return this.#setup.paths.relayOnly;
  }

  /** For the next search for paths: credentials end. */
  setIceServers(iceServers: Paths["iceServers"]): void {
    this.#setPaths({ ...this.#setup.paths, iceServers });
  }

  /** Both have stayed: the caller searches for the shortest path, and media continue by the old one meanwhile. */
  reveal(): void {
    this.#setPaths({ ...this.#setup.paths, relayOnly: false });
    this.#negotiation?.handleReveal(this.#env.now());
    this.#work();
  }

  /** The person wants to save data, or not any more. */
  setSaving(on: boolean): void {
    this.#observer.setSaving(on);
  }

  /** Another camera or microphone is in the local stream, or one was switched. */
  handleTracks(): void {
    if (this.#pending === null) this.#newest.peer.attach();
    this.#say();
  }

  get availableKbps(): number | null {
    return this.#observer.availableKbps;
  }

  /** Ends the media connection, and reports how it was; nothing is sent after this. */
  close(): void {
    this.#summarize();
    this.#reports.end(this.#shown.peer);
    this.#observer.end();
    this.#isOver = true;
    this.#newest.close();
    this.#shown.close();
  }

  #startParked(isOffered: boolean, now: number): void {
    this.#negotiation?.handleParked(this.#parked, now);
    this.#enqueue(async () => {
      if (!(await this.#parking)) throw new Error("the parked offer could not be made");
      // Addresses found since it was first parked follow it: nobody knows which of the parked offers the other side got.
      const found = this.#newest.take();
      if (isOffered) return this.#sendCandidates(found);
      const payload = this.#newest.current();
      this.#send((call) => ({ type: "offer", call, payload }));
    });
  }

  #work(): void {
    for (let action = this.#negotiation?.nextAction(); action; action = this.#negotiation?.nextAction()) this.#carryOut(action);
  }

  #carryOut(action: NegotiationAction): void {
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
        // The other side may have forgotten what we send.
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

  #connect(number: number): Connection<Stream> {
    const isNewest = () => connection === this.#newest;
    const connection: Connection<Stream> = new Connection<Stream>(this.#env, number, this.#setup, {
      // Behind our own description in the queue, which the other side needs first.
      onCandidates: () => (this.#match === null ? this.#parkAgain() : this.#enqueue(async () => this.#sendCandidates(connection.take()))),
      onStream: (stream) => connection === this.#shown && this.#onceBegun(() => this.#handlers.onStream(stream)),
      onConnected: (path, dtlsMs) => this.#onceBegun(() => isNewest() && this.#connected(connection, path, dtlsMs)),
      onFirstFrame: () => {
        // The first one of a call counts.
        this.#onceBegun(() => this.#reports.firstFrame());
        this.#show(connection);
      },
      // Later ones are tried again and again.
      onFailed: () => number === 0 && this.#fail("media_failed"),
    });
    return connection;
  }

  #parkAgain(): void {
    const payload = this.isParked && !this.#isOver ? this.#newest.current() : null;
    if (payload !== null) this.#handlers.send({ type: "park", payload });
  }

  #replace(number: number): void {
    if (this.#newest !== this.#shown || number === 0) this.#newest.close();
    this.#newest = this.#connect(number);
    if (number === 0) this.#shown = this.#newest;
    this.#attach(this.#newest);
  }

  #attach(connection: Connection<Stream>): void {
    if (this.#pending !== null) return;
    connection.peer.attach();
    if (this.#observer.sending) connection.peer.send(this.#observer.sending);
  }

  #connected(connection: Connection<Stream>, path: Path | null, dtlsMs: number | null): void {
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
  #show(connection: Connection<Stream>): void {
    if (this.#isOver || connection !== this.#newest || connection === this.#shown) return;
    const before = this.#shown;
    this.#shown = connection;
    this.#observer.handleShown();
    const { stream } = connection;
    if (stream !== null) this.#onceBegun(() => this.#handlers.onStream(stream));
    before.close();
  }

  #handleMedia(media: MediaState, now: number): void {
    // It asks whether what is sent arrives: until that is known, the negotiation waits.
    this.#handlers.onMedia(media);
    this.#negotiation?.handleMedia(media, now);
    this.#work();
  }

  /** Tells the other side what we send, if that has changed, or if it may have forgotten it. */
  #say(again = false): void {
    if (this.#pending !== null || this.#match === null) return;
    const { picture, sound } = this.#handlers.sends();
    const sends = { picture: this.#observer.sending?.picture === false ? ("none" as const) : picture, sound };
    const said = JSON.stringify(sends);
    if (said === this.#said && !again) return;
    this.#said = said;
    this.#send((call) => ({ type: "sends", call, ...sends }));
  }

  #sendCandidates(payload: unknown[]): void {
    if (payload.length > 0) this.#send((call) => ({ type: "candidates", call, payload }));
  }

  #setPaths(paths: Paths): void {
    this.#setup.paths = paths;
    this.#newest.peer.setPaths(paths);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#steps.add(async () => {
      if (!this.#isOver) await step();
    });
  }

  /** Nothing is reported of a call that has ended, since another may have begun meanwhile. */
  #onceBegun(run: () => void): void {
    const tell = () => {
      if (!this.#isOver) run();
    };
    if (this.#pending === null) tell();
    else this.#pending.push(tell);
  }

  #summarize(): void {
    this.#reports.quality((call) => this.#observer.summary(call, this.#restarts));
  }

  #send(make: (call: string) => ClientFrame | null): void {
    const frame = this.#isOver || this.#match === null ? null : make(this.#match.call);
    if (frame !== null) this.#handlers.send(frame);
  }

  #fail(cause: LeaveCause): void {
    if (!this.#isOver && this.#match !== null) this.#handlers.onFailed(cause);
  }
}
