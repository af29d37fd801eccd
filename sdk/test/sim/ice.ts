/**
 * Paths between two peer connections: who can reach whom, when, and for how long.
 *
 * A path needs both descriptions of one generation, each side's addresses of that generation known to the other, and a pair
 * of them that lives: of networks that are up, and if one is a relay's, of a relay that remembers it and lets the
 * session pass. A search looks every 50 ms and gives up after 15 s; an older path carries media until a newer is chosen.
 * A path that was dead for 15 s stays dead, as in Chromium.
 */
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";
import type { Machine, Network } from "./machine.js";
import type { Server } from "./server/process.js";

/** One address of a peer connection. */
export interface Candidate {
  readonly id: string;
  readonly kind: "host" | "relay";
  readonly network: Network;
  /** The generation of descriptions that it belongs to. */
  readonly ufrag: string;
  /** For a relay's: the process that has it, and the session whose credential it was got with. */
  readonly relayProcess: number;
  readonly session: string;
}

/** A peer connection, as far as paths go. */
export interface IceAgent {
  readonly machine: Machine;
  readonly isClosed: boolean;
  /** The generations in use: both descriptions are set. `null` before that. */
  readonly agreed: { readonly own: string; readonly theirs: string } | null;
  /** All of its own addresses. */
  readonly found: ReadonlyMap<string, Candidate>;
  /** The other side's addresses that it received, by id. */
  readonly told: ReadonlySet<string>;
  handlePath(path: Path | null): void;
  /** No path was found. */
  handleFailed(): void;
}

export interface Path {
  readonly agents: readonly [IceAgent, IceAgent];
  readonly ends: readonly [Candidate, Candidate];
}

const LOOK_MS = 50;
const SEARCH_MS = 15_000;
const DEAD_MS = 15_000;

export interface PathTerms {
  /** Whether two machines can reach each other without a relay. */
  readonly isDirect: boolean;
  /** How often a search is slow, 0 to 1. */
  readonly slowShare: number;
}

export class Ether {
  readonly #agents = new Map<string, IceAgent>();
  readonly #searches = new Map<IceAgent, () => void>();
  readonly #paths = new Map<IceAgent, { path: Path; deadAt: number | null }>();

  /** The time that slow searches have cost so far. */
  slowMs = 0;

  constructor(
    readonly clock: Clock,
    readonly random: Random,
    readonly server: () => Server,
    readonly terms: PathTerms,
  ) {}

  /** This generation is that agent's. */
  name(ufrag: string, agent: IceAgent): void {
    this.#agents.set(ufrag, agent);
  }

  /** The path that an agent sends and receives by, if it lives now. */
  living(agent: IceAgent): Path | null {
    const held = this.#paths.get(agent);
    return held && held.deadAt === null ? held.path : null;
  }

  /** Since when its path is dead; `null` if it lives, or there never was one. */
  deadSince(agent: IceAgent): number | null {
    return this.#paths.get(agent)?.deadAt ?? null;
  }

  /** An agent has agreed on a generation: if the other has too, they search. */
  handleAgreed(agent: IceAgent): void {
    const other = this.#counterpart(agent);
    if (!other) return;
    for (const one of [agent, other]) this.#searches.get(one)?.();
    const since = this.clock.now;
    const slowMs = this.random.is(this.terms.slowShare) ? this.random.ms(1_000, 4_000) : 0;
    this.slowMs += slowMs;
    const checkMs = agent.machine.latencyMs + other.machine.latencyMs + this.random.ms(60, 250) + slowMs;
    let livesSince: number | null = null;
    let isOver = false;
    const end = () => {
      isOver = true;
      for (const one of [agent, other]) this.#searches.delete(one);
    };
    const look = () => {
      if (isOver || agent.isClosed || other.isClosed || this.#counterpart(agent) !== other) return;
      const path = this.#best(agent, other);
      livesSince = path ? (livesSince ?? this.clock.now) : null;
      if (path && this.clock.now - livesSince! >= checkMs) {
        end();
        return this.#choose(path);
      }
      if (this.clock.now - since >= SEARCH_MS) {
        end();
        for (const one of [agent, other]) one.handleFailed();
        return;
      }
      this.clock.after(LOOK_MS, look);
    };
    for (const one of [agent, other]) this.#searches.set(one, end);
    look();
  }

  /** Networks, relays, calls or agents have changed: which paths live? */
  update(): void {
    const { now } = this.clock;
    for (const [agent, held] of this.#paths) {
      const lives = this.#lives(held.path);
      if (lives && held.deadAt !== null && now - held.deadAt < DEAD_MS) {
        held.deadAt = null;
        agent.handlePath(held.path);
      } else if (!lives && held.deadAt === null) {
        held.deadAt = now;
        agent.handlePath(null);
      }
    }
  }

  /** The agent is closed. */
  forget(agent: IceAgent): void {
    this.#searches.get(agent)?.();
    this.#paths.delete(agent);
    for (const [ufrag, one] of this.#agents) if (one === agent) this.#agents.delete(ufrag);
    this.update();
  }

  #counterpart(agent: IceAgent): IceAgent | null {
    const { agreed } = agent;
    const other = agreed && this.#agents.get(agreed.theirs);
    const isMutual = other?.agreed?.own === agreed?.theirs && other?.agreed?.theirs === agreed?.own;
    return other && isMutual && !other.isClosed && !agent.isClosed ? other : null;
  }

  #choose(path: Path): void {
    path.agents.forEach((agent, place) => {
      // The one that does not nominate learns it half a round trip later.
      const ms = place === 0 ? 0 : Math.round((path.agents[0].machine.latencyMs + path.agents[1].machine.latencyMs) / 2);
      this.clock.after(ms, () => {
        if (agent.isClosed) return;
        this.#paths.set(agent, { path, deadAt: null });
        agent.handlePath(path);
        this.update();
      });
    });
  }

  #best(one: IceAgent, other: IceAgent): Path | null {
    let best: Path | null = null;
    for (const own of one.found.values()) {
      if (own.ufrag !== one.agreed?.own || !other.told.has(own.id)) continue;
      for (const theirs of other.found.values()) {
        if (theirs.ufrag !== other.agreed?.own || !one.told.has(theirs.id)) continue;
        const path: Path = { agents: [one, other], ends: [own, theirs] };
        if (!this.#lives(path)) continue;
        if (own.kind === "host" && theirs.kind === "host") return path;
        best ??= path;
      }
    }
    return best;
  }

  #lives({ agents, ends }: Path): boolean {
    if (!this.terms.isDirect && ends.every(({ kind }) => kind === "host")) return false;
    return agents.every((agent, place) => {
      const { network, kind, relayProcess, session } = ends[place]!;
      if (agent.isClosed || !agent.machine.isConnected || agent.machine.network !== network) return false;
      if (kind === "host") return true;
      const { relay } = this.server();
      return relay.isUp && relay.process === relayProcess && this.server().relays(session);
    });
  }
}
