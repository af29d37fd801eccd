/**
 * Decides who offers what, and when: the negotiation of one call as a pure state machine.
 *
 * The caller makes every offer and the callee answers it, so two offers never cross and none is rolled back; a callee that
 * needs another one asks for it. Offers are numbered over the call, and an answer names its offer. A call that is in
 * trouble gets an ICE restart, then new peer connections; after half a minute without a sign of the other side it ends.
 * No IO and no clock. Bounds: one offer is open at a time.
 */
import type { LeaveCause } from "../generated/protocol.js";
import { KeptCandidates } from "./candidates.js";
import type { MediaState } from "./flow.js";
import type { Ask, Counts, NegotiationAction, Numbered } from "./offers.js";
import {
  APART_MS,
  APART_MS_MAX,
  ARRIVING_MS,
  AWAY_MS,
  BROKEN_MAX,
  CONNECTING_MS,
  CONNECT_MS,
  FORCED_MAX,
  FROZEN_REPAIR_MS_MAX,
  GIVE_UP_MS,
  REPAIR_MS,
  REPAIR_MS_MAX,
  NETWORK_MS,
  PATIENCE_BACK_MS,
  PATIENCE_MS,
  WELL_MS,
  WORD_MS,
} from "./patience.js";

type Wish = "restart" | "replace";

export class Negotiation {
  readonly #isCaller: boolean;
  #offer: number;
  #connection: number;
  readonly #startedAt: number;
  readonly #wordMs: number;
  #actions: NegotiationAction[] = [];
  /** Caller: the offer that waits for its answer. */
  #open: { readonly madeAt: number; readonly patienceMs: number } | null = null;
  /** Caller: whether that offer travelled with the match. */
  #isParked = false;
  /** Callee: the last offer that was answered, and whether a later one is about to be. */
  #answered: number;
  #isAnswering = false;
  /** Callee: the last question, while no offer has followed it. */
  #asked: { readonly at: number; readonly replace: boolean } | null = null;
  #asks = 0;
  /** When an offer was last made or asked for. */
  #movedAt = -Infinity;
  /** Callee: whether the connections counted so far went with the page before this one. */
  #isFresh = false;
  #isToReveal = false;
  readonly #candidates = new KeptCandidates();
  #wish: Wish | null = null;
  /** Whether something else asks for it than our own eyes. */
  #isForced = false;
  /** Whether offers after the last one that we answered may be lost. */
  #mayLack = false;
  /** When the last offer was answered. */
  #settledAt: number | null = null;
  /** Whether that was a restart or a new connection, not the first of the call, and may be about to repair it. */
  #isRepairing = false;
  #hasSettled = false;
  #repairedAt = -Infinity;
  /** How many steps were taken in this trouble. */
  #steps = 0;
  #media: MediaState = "flowing";
  #flowingAt: number;
  #interruptedAt = 0;
  /** Whether any connection was ever there, and the newest. */
  #isConnected = false;
  #isNewestThere = false;
  /** The first offer of the newest connection. */
  #firstOffer = 0;
  #isSure = true;
  #sureAt = -Infinity;
  #awayAt: number | null = null;
  #hereAt: number;
  #networkAt = -Infinity;
  #broken = 0;
  #restartsSlowly = false;
  #isOver = false;

  /** `wordMs`: how long the caller waits for the callee's word before it makes a restart. */
  constructor(side: "caller" | "callee", now: number, { offer, connection }: Counts = { offer: 0, connection: 0 }, wordMs = WORD_MS) {
    this.#isCaller = side === "caller";
    this.#wordMs = wordMs;
    [this.#offer, this.#answered, this.#connection] = [offer, offer, connection];
    this.#startedAt = this.#hereAt = this.#flowingAt = now;
  }

  get counts(): Counts {
    return { offer: this.#offer, connection: this.#connection };
  }

  /** The next action, in order; `null` when nothing is left. */
  nextAction(): NegotiationAction | null {
    return this.#actions.shift() ?? null;
  }

  /** The caller makes the first offer. */
  handleStart(now: number): void {
    if (this.#isCaller) this.#make("restart", false, now);
  }

  /** The first offer is with the other side already: it travelled with the match. */
  handleParked(offer: number, now: number): void {
    this.#offer = offer;
    this.#isParked = true;
    this.#open = { madeAt: now, patienceMs: PATIENCE_MS };
  }

  /** The first offer travelled with the match, and its connection is no more. */
  handleStale(offer: number, now: number): void {
    this.#offer = offer;
    this.#force("replace");
    this.#act(now);
  }

  /** This page continues a call: its peer connections went with the page before. */
  handleReturn(now: number): void {
    this.#force("replace");
    this.#mayLack = this.#isFresh = true;
    this.#act(now);
  }

  handleOffer(description: Numbered | null): void {
    const { offer = this.#offer + 1, connection = 0 } = description ?? {};
    if (this.#isCaller || this.#isOver || description === null || offer <= this.#offer) return;
    if (connection < this.#connection || (this.#isFresh && connection === this.#connection)) return;
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

  handleAnswer(description: Numbered | null, now: number): void {
    const { offer = this.#offer, connection = 0 } = description ?? {};
    if (description === null || this.#open === null || this.#isOver || connection !== this.#connection) return;
    if (offer !== this.#offer) {
      // To an older parked one, whose connection is no more. Any other is of a superseded offer, or was doubled.
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

  handleAnswered(offer: number, now: number): void {
    this.#answered = offer;
    this.#isAnswering = offer < this.#offer;
    // The answer has had no time yet to repair an earlier trouble.
    this.#wish = null;
    this.#settle(now);
  }

  handleCandidates(candidates: readonly unknown[]): void {
    this.#candidates.handle(candidates);
    this.#release();
  }

  /** The callee wants another offer. */
  handleAsk({ after, replace, lost }: Ask, now: number): void {
    if (!this.#isCaller || this.#isOver) return;
    if (this.#open !== null) {
      // A superseded offer harms nobody, so what may be lost is believed soon.
      const isLost = lost && (this.#open.madeAt < this.#hereAt || now - this.#open.madeAt >= PATIENCE_BACK_MS);
      // Frames come in order: an answer that was sent before the question would be here.
      // A restart that crosses the question is given its time, but of a page that returned, which cannot do with one.
      const isOnItsWay = after === this.#offer || after < this.#firstOffer || !replace || !lost;
      if (isOnItsWay && !isLost) return;
      this.#open = null;
    } else if (after < this.#offer) {
      // It has answered a later one since.
      return;
    }
    this.#offer = Math.max(this.#offer, after);
    this.#force(replace || now - this.#networkAt < NETWORK_MS ? "replace" : "restart");
    this.#act(now);
  }

  /** Another search for paths is wanted, though nothing is wrong. */
  handleReveal(now: number): void {
    this.#isToReveal = this.#isCaller;
    this.#act(now);
  }

  /** Whether what is sent now arrives. */
  handleSure(isSure: boolean, now: number): void {
    if (isSure && !this.#isSure) this.#sureAt = now;
    this.#isSure = isSure;
    this.#act(now);
  }

  /** The other side's socket is lost, or is there again. */
  handlePeer(isHere: boolean, now: number): void {
    if (isHere) {
      this.#hereAt = now;
      this.#awayAt = null;
    } else {
      this.#awayAt ??= now;
    }
    this.#act(now);
  }

  /** The session was lost: so may be what was sent, and what was on its way to us. */
  handleLost(now: number): void {
    // The server's relay has forgotten its addresses too. A restart tries the old ones with all the new ones, and often outlasts its time.
    if (this.#open !== null || this.#asked !== null || !this.#isFine) this.#force(this.#media === "interrupted" || this.#asked?.replace ? "replace" : "restart");
    this.#networkAt = now;
    this.#open = this.#asked = null;
    this.#mayLack = true;
    this.#act(now);
  }

  /** A restart takes these two browsers longer than a new connection. The caller knows it from the first answer on. */
  handleSlowRestarts(): void {
    this.#restartsSlowly = true;
  }

  /** ICE and DTLS of the newest connection are done. */
  handleConnected(now: number): void {
    this.#isConnected = this.#isNewestThere = true;
    if (this.#settledAt !== null) this.#settledAt = now;
  }

  /** Our network became another. What stopped just before, or stops soon after, is because of that. */
  handleNetwork(now: number): void {
    this.#networkAt = now;
    if (this.#wish !== null && this.#media === "interrupted") this.#want("replace");
  }

  /** The other side's media have another state. */
  handleMedia(media: MediaState, now: number): void {
    if (media === this.#media) return;
    if (media === "interrupted") this.#interruptedAt = now;
    const was = this.#media;
    this.#media = media;
    if (media === "flowing") {
      this.#flowingAt = now;
      // A new connection that was begun is finished all the same.
      if (this.#isFine) this.#wish = this.#asked = null;
    } else if (media === "frozen" && this.#isNewestThere && !this.#isRepairing) {
      // No second restart cures a picture that a restart has left standing.
      this.#want(now - this.#repairedAt < WELL_MS ? "replace" : "restart");
    } else if (was === "flowing" && !this.#isRepairing) {
      // One that the other side wanted sooner may be about to repair it.
      this.#want(now - this.#networkAt < NETWORK_MS ? "replace" : "restart");
    }
    this.#act(now);
  }

  /** A step failed in the browser: that connection is of no use any more. */
  handleBroken(now: number): void {
    if (++this.#broken > BROKEN_MAX) return this.#fail(this.#isConnected ? "media_lost" : "media_failed");
    this.#open = null;
    this.#isAnswering = false;
    this.#force("replace");
    this.#act(now);
  }

  /** Time has passed; to be called some times a second. */
  handleTime(now: number): void {
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
  get #isFine(): boolean {
    return this.#isNewestThere && this.#media === "flowing";
  }

  /** Whether the last step had its time and has repaired nothing. */
  #isRepairDue(now: number): boolean {
    if (this.#isFine || this.#open !== null || this.#asked !== null || this.#settledAt === null) return false;
    const waitMs = REPAIR_MS * 2 ** Math.max(0, this.#steps - 1) + (this.#isNewestThere ? 0 : CONNECTING_MS);
    return now - this.#settledAt >= Math.min(waitMs, this.#media === "frozen" ? FROZEN_REPAIR_MS_MAX : REPAIR_MS_MAX);
  }

  #settle(now: number): void {
    this.#isRepairing = this.#hasSettled;
    if (this.#isRepairing) this.#repairedAt = now;
    this.#hasSettled = true;
    this.#settledAt = now;
  }

  #want(wish: Wish): void {
    this.#wish = this.#wish === "replace" ? "replace" : wish;
  }

  #force(wish: Wish): void {
    this.#want(wish);
    this.#isForced = true;
  }

  /** Does what is wanted once it can arrive; what waits meanwhile is done once. */
  #act(now: number): void {
    if (this.#isOver || !this.#isSure || this.#awayAt !== null) return;
    if (this.#isCaller) this.#actAsCaller(now);
    else this.#actAsCallee(now);
  }

  #actAsCaller(now: number): void {
    if (this.#open !== null) {
      const isBack = this.#open.madeAt < this.#hereAt && now - this.#hereAt >= PATIENCE_BACK_MS;
      if (this.#isFine || !(isBack || now - this.#open.madeAt >= this.#open.patienceMs)) return;
      return this.#make("restart", true, now, 2 * this.#open.patienceMs);
    }
    const wish = this.#wish ?? (this.#isToReveal ? "restart" : null);
    // It may be the other side's network that became another: it says so once it has a socket again.
    const isEarly = wish === "restart" && this.#media === "interrupted" && !this.#isForced && now - this.#interruptedAt < this.#wordMs;
    if (wish !== null && !isEarly && !this.#isTooSoon(now)) this.#make(wish, true, now);
  }

  #actAsCallee(now: number): void {
    const asked = this.#asked;
    // An offer may be among what a socket brings just after it is there, unless all of that is lost.
    if (this.#isAnswering || (!this.#mayLack && now - this.#sureAt < ARRIVING_MS)) return;
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
  #isTooSoon(now: number): boolean {
    if (this.#isForced && this.#steps < FORCED_MAX) return false;
    return now - this.#movedAt < Math.min(APART_MS * 2 ** Math.max(0, this.#steps - 1), APART_MS_MAX);
  }

  #make(wished: Wish, restart: boolean, now: number, patienceMs = PATIENCE_MS): void {
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

  #connect(connection: number): void {
    this.#connection = connection;
    this.#firstOffer = this.#offer + 1;
    this.#isNewestThere = false;
    this.#settledAt = null;
    this.#candidates.handleConnection(connection);
    this.#actions.push({ do: "connect", connection });
  }

  #release(): void {
    const candidates = this.#candidates.release();
    if (candidates.length > 0) this.#actions.push({ do: "add", candidates });
  }

  #fail(cause: LeaveCause): void {
    this.#isOver = true;
    this.#actions = [{ do: "fail", cause }];
  }
}
