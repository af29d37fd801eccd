/**
 * Somebody in front of a page: opens it, looks for a stranger, loads it anew, and sees what there is to see.
 *
 * Does what an app's page does with the client, and nothing more: it asks again if the network failed before anything
 * began, and leaves the rest to the client. Keeps the ledger of what this person has asked for.
 */
import { Client } from "../../src/core/client.js";
import type { CallState } from "../../src/core/state.js";
import { memoryStore } from "../../src/mock/memory-store.js";
import type { RemoteStream } from "./browser.js";
import type { Random } from "./random.js";
import type { Machine } from "./machine.js";
import { Page } from "./page.js";
import type { Browser, PageWorld } from "./page.js";

/** A person whose page could not reach the server tries again after so long. */
const AGAIN_MS = 1_000;

export class Person {
  readonly browser: Browser;
  page: Page | null = null;
  client: Client<RemoteStream> | null = null;
  /** Whether they want to meet a stranger, as far as they know. */
  mayWait = false;
  /** The states that they were sent, of all their pages. */
  readonly told: CallState[] = [];
  onTold: (state: CallState) => void = () => undefined;
  /** The page is being opened, and has not done yet what it was opened for. */
  isOpening = false;
  #pages = 0;

  constructor(
    readonly name: string,
    readonly machine: Machine,
    readonly world: PageWorld,
    readonly random: (name: string) => Random,
  ) {
    this.browser = { name, machine, tabStore: memoryStore(), originStore: memoryStore(), claims: new Map() };
  }

  get state(): CallState["name"] | "away" {
    return this.client?.state.name ?? "away";
  }

  /** Whether the page shows a call, begun or about to begin. */
  get isInCall(): boolean {
    return this.state === "matched" || this.state === "connecting" || this.state === "connected";
  }

  /** Whether the client says that the other side is seen and heard. */
  get saysFlowing(): boolean {
    return this.state === "connected" && this.client?.mediaState === "flowing";
  }

  /** Opens the page and looks for somebody. */
  async come(preparesFirst: boolean): Promise<void> {
    const client = await this.#open();
    if (preparesFirst) await this.#until(client, () => client.prepare());
    await this.#seek(client);
    this.isOpening = false;
  }

  /** Opens the page anew, if there may be a call to continue. */
  async comeBack(): Promise<void> {
    const client = await this.#open();
    const isBack = await client.comeBack().catch((error: unknown) => this.world.note(this.name, `could not come back: ${String(error)}`));
    if (client !== this.client) return;
    this.isOpening = false;
    this.world.note(this.name, `came back: ${String(isBack)}`);
  }

  leave(): void {
    this.page?.leave();
    this.page = this.client = null;
    this.isOpening = false;
    this.mayWait = false;
    this.world.note(this.name, "leaves the page");
  }

  async #open(): Promise<Client<RemoteStream>> {
    const page = new Page(++this.#pages, this.browser, this.world, this.random(`page ${this.#pages}`));
    const client = new Client<RemoteStream>(page.environment(), {});
    this.page = page;
    this.client = client;
    this.isOpening = true;
    client.on("state", (state) => this.#hear(state));
    client.on("media", (media) => this.world.note(this.name, `media ${media}`));
    client.on("signaling", (signaling) => this.world.note(this.name, `signaling ${signaling}`));
    client.on("error", (error) => this.world.note(this.name, `error ${error.code}`));
    // An element takes the stream of the moment in the next turn of its page.
    client.on("remote-stream", (stream) => void this.machine.after(page.random.ms(0, 20), () => page.play(stream)));
    await this.#until(client, () => client.signIn({ age: "adult" }));
    await client.startMedia();
    return client;
  }

  async #seek(client: Client<RemoteStream>): Promise<void> {
    await this.#until(client, async () => {
      if (client.state.name !== "media-ready") return;
      this.mayWait = true;
      await client.seek();
    });
  }

  /** Tries until it works; a page that is gone never continues. */
  async #until(client: Client<RemoteStream>, attempt: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await attempt();
        return;
      } catch (error) {
        this.world.note(this.name, `tries again: ${String(error)}`);
        await new Promise<void>((resolve) => void this.machine.after(AGAIN_MS, resolve));
      }
      if (client !== this.client) await new Promise(() => undefined);
    }
  }

  #hear(state: CallState): void {
    this.told.push(state);
    const reason = state.name === "ended" ? ` ${state.reason.cause}${state.reason.requeued ? ", requeued" : ""}` : "";
    this.world.note(this.name, `state ${state.name}${reason}`);
    // A wish is for one call; who is requeued while they are there may wait on.
    if (state.name === "connecting") this.mayWait = false;
    if (state.name === "ended") this.mayWait = state.reason.requeued;
    this.onTold(state);
  }
}
