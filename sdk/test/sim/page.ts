/**
 * One load of a page: the client's whole `Environment`, over a person's computer.
 *
 * When the page goes away nothing is said to the client: its timers, sockets and peer connections are gone, as browsers
 * have it, and its promises never settle. Bound: four open peer connections, which is twice what a client may have.
 */
import { CallboxError } from "../../src/core/errors.js";
import type { Environment, LocalMedia, LocalMediaHandlers, Store } from "../../src/core/environment.js";
import type { Picture } from "../../src/generated/protocol.js";
import { NOTHING } from "./arriving.js";
import type { Rates } from "./arriving.js";
import { PeerConnection } from "./browser.js";
import type { Quirks, RemoteStream, Surroundings } from "./browser.js";
import type { Ether } from "./ice.js";
import type { Random } from "./random.js";
import type { Machine } from "./machine.js";
import type { Server } from "./server/process.js";
import { PageSocket, request } from "./socket.js";

/** The parts of a browser that outlive a page. */
export interface Browser {
  readonly name: string;
  readonly machine: Machine;
  readonly tabStore: Store;
  readonly originStore: Store;
  /** Names that are claimed, and until when they are after their page is gone. */
  readonly claims: Map<string, { page: Page; until: number }>;
}

/** The parts of the page's world, and its listeners. */
export interface PageWorld {
  readonly ether: Ether;
  readonly server: Server;
  readonly quirks: Quirks;
  onChange(): void;
  onSent(page: Page, text: string): void;
  onHeard(page: Page, text: string): void;
  note(who: string, what: string): void;
}

/** Ten pictures a second; sound is fifty packets, or with nobody speaking two and a half. */
const CAMERA = { packets: 20, frames: 10 };
const SPEECH = { packets: 50, samples: 48_000 };
const SILENCE = { packets: 2.5, samples: 2_400 };
/** A screen on which nothing moves is sent again once a second. */
const STILL = { packets: 1, frames: 1 };
const CONNECTIONS_MAX = 4;

export class Page implements Surroundings {
  readonly sockets: PageSocket[] = [];
  readonly connections: PeerConnection[] = [];
  readonly random: Random;
  isGone = false;
  /** The stream that the element on the page plays. */
  shown: RemoteStream | null = null;
  warnings: string[] = [];
  readonly hasMicrophone: boolean;
  isTalking: boolean;
  #media: { microphone: boolean; camera: boolean; screen: "moving" | "still" | null } | null = null;
  #lastTime = 0;
  #timeOffset = 0;
  #local: { handlers: LocalMediaHandlers } | null = null;

  constructor(
    readonly number: number,
    readonly browser: Browser,
    readonly world: PageWorld,
    random: Random,
  ) {
    this.random = random;
    this.isTalking = random.is(0.5);
    this.hasMicrophone = random.is(0.95);
  }

  get machine(): Machine {
    return this.browser.machine;
  }
  get ether(): Ether {
    return this.world.ether;
  }
  get quirks(): Quirks {
    return this.world.quirks;
  }
  get openConnections(): PeerConnection[] {
    return this.connections.filter((connection) => !connection.isClosed);
  }

  server(): Server {
    return this.world.server;
  }

  /** The picture that the person shows. */
  get picture(): Picture {
    if (this.#media === null) return "none";
    return this.#media.screen !== null ? "screen" : this.#media.camera ? "camera" : "none";
  }

  /** Whether the person sends picture or sound. */
  get sendsAnything(): boolean {
    return this.#media === null || this.picture !== "none" || (this.hasMicrophone && this.#media.microphone);
  }

  /** The media that the person's camera, screen and microphone give. */
  sent(): Rates {
    const media = this.#media;
    if (this.isGone || media === null) return NOTHING;
    const sound = !this.hasMicrophone ? { packets: 0, samples: 0 } : media.microphone && this.isTalking ? SPEECH : SILENCE;
    const picture = media.screen === "still" ? STILL : media.screen === "moving" || media.camera ? CAMERA : { packets: 1, frames: 0 };
    return { packets: sound.packets + picture.packets, frames: picture.frames, samples: sound.samples };
  }

  shows(connection: PeerConnection): boolean {
    return !this.isGone && !this.machine.isHidden && this.shown?.of === connection;
  }

  isHidden(): boolean {
    return this.machine.isHidden;
  }

  onChange(): void {
    this.world.onChange();
  }

  setStill(screen: "moving" | "still"): void {
    if (this.#media?.screen) this.#media.screen = screen;
    this.onChange();
  }

  /** The element plays this stream from now on. */
  play(stream: RemoteStream | null): void {
    this.shown = stream;
    this.onChange();
  }

  /** The person reloads, closes or leaves the page. */
  leave(): void {
    this.isGone = true;
    for (const connection of this.connections) connection.close();
    for (const socket of this.sockets) socket.forget();
    this.machine.forgetPage();
    // The browser lets go of a page's locks a moment later.
    const until = this.machine.clock.now + this.random.ms(0, 400);
    for (const claim of this.browser.claims.values()) if (claim.page === this) claim.until = until;
    this.onChange();
  }

  environment(): Environment<RemoteStream> {
    const { machine, random, browser } = this;
    return {
      now: () => this.#timeOfDay(),
      random: () => random.next(),
      onOnline: (callback) => machine.onNetwork(callback),
      after: (ms, run) => machine.pageAfter(ms, run),
      fetch: (url, asked) => this.#unlessGone(request(machine, this.world.server, url, asked)),
      openSocket: (_url, _protocol, handlers) => {
        const socket = new PageSocket(
          machine,
          this.world.server,
          handlers,
          (text) => this.world.onSent(this, text),
          (text) => this.world.onHeard(this, text),
        );
        this.sockets.push(socket);
        return socket;
      },
      makePeer: (paths, _local, options, handlers) => {
        const name = `${browser.name}${this.number}.${this.connections.length + 1}`;
        const connection = new PeerConnection(name, this, paths, options, handlers);
        this.connections.push(connection);
        if (this.openConnections.length > CONNECTIONS_MAX) throw new Error(`${browser.name} has more than ${CONNECTIONS_MAX} peer connections open`);
        return connection;
      },
      openMedia: (_wishes, handlers) => this.#openMedia(handlers),
      devices: async () => [],
      onDevices: () => () => undefined,
      savesData: false,
      tabStore: browser.tabStore,
      originStore: browser.originStore,
      claim: (name, patienceMs = 0) => this.#claim(name, patienceMs),
      warn: (message, error) => {
        this.warnings.push(message);
        this.world.note(browser.name, `warns: ${message}: ${String(error)}`);
      },
      pageOrigin: "https://call.example",
    };
  }

  /** Nothing comes to a page that is gone. */
  #unlessGone<Result>(promise: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      promise.then(
        (result) => this.isGone || resolve(result),
        (error: unknown) => this.isGone || reject(error as Error),
      );
    });
  }

  /** The time of the computer's clock; as in `browser/environment.ts` it never goes back. */
  #timeOfDay(): number {
    const time = this.machine.clock.now + this.machine.clockOffMs;
    if (time + this.#timeOffset < this.#lastTime) this.#timeOffset = this.#lastTime - time;
    return (this.#lastTime = time + this.#timeOffset);
  }

  async #claim(name: string, patienceMs: number): Promise<boolean> {
    const { clock } = this.machine;
    const held = this.browser.claims.get(name);
    if (held && held.page !== this) {
      const waitMs = held.page.isGone ? held.until - clock.now : Infinity;
      if (waitMs > patienceMs) return false;
      if (waitMs > 0) await new Promise<void>((resolve) => void this.machine.after(waitMs, resolve));
    }
    this.browser.claims.set(name, { page: this, until: Infinity });
    return true;
  }

  async #openMedia(handlers: LocalMediaHandlers): Promise<LocalMedia<RemoteStream>> {
    await new Promise<void>((resolve) => void this.machine.after(this.random.ms(50, 400), resolve));
    const media = { microphone: true, camera: true, screen: null as "moving" | "still" | null };
    this.#media = media;
    this.#local = { handlers };
    const changed = () => this.onChange();
    const setScreen = (screen: "moving" | "still" | null) => {
      media.screen = screen;
      changed();
      this.#local?.handlers.onTracks();
    };
    return {
      stream: { of: null },
      hasMicrophone: this.hasMicrophone,
      hasCamera: true,
      get isSharing() {
        return media.screen !== null;
      },
      setMicrophone: (on) => {
        media.microphone = on;
        changed();
      },
      setCamera: (on) => {
        media.camera = on;
        changed();
      },
      use: async () => {
        throw new CallboxError("media_missing", "There is no other device in this model.");
      },
      shareScreen: async () => setScreen("moving"),
      stopSharing: () => setScreen(null),
      stop: () => {
        this.#media = null;
        changed();
      },
    };
  }
}
