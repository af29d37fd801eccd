/**
 * Company for a user who waits alone: a second client in the page, with a picture and a tone of its own.
 *
 * Its media go through a real peer connection. It comes when nobody else has, echoes what it receives, and leaves when the
 * person does; it never takes a person from another. One at a time, made anew each time.
 */
import type { Environment } from "../core/environment.js";
import { CHAT_CHARS_MAX, Client } from "../core.js";
import { Accounts } from "./accounts.js";
import { memoryStore } from "./memory-store.js";
import { openSyntheticMedia } from "./picture.js";
import type { MockFrame } from "./session.js";
import { newName } from "./tabs.js";
import type { Tabs } from "./tabs.js";

/** Its echoed lines begin with this. */
const ECHO = "Echo: ";

export class Company {
  readonly #env: Environment<MediaStream>;
  readonly #tabs: Tabs;
  #client: Client<MediaStream> | null = null;
  #stopWaiting: () => void = () => undefined;

  constructor(env: Environment<MediaStream>, tabs: Tabs) {
    this.#env = env;
    this.#tabs = tabs;
  }

  /** A frame for the person, who is this user. */
  handle(frame: MockFrame, user: string): void {
    if (frame.type === "match" || frame.type === "idle") this.#stopWaiting();
    if (frame.type === "idle" || frame.type === "end") this.leave();
    if (frame.type !== "queued" || frame.kind !== "random" || !("lonely_ms" in frame)) return;
    this.#stopWaiting();
    this.#stopWaiting = this.#env.after(frame.lonely_ms, () => void this.#come(user));
  }

  leave(): void {
    this.#stopWaiting();
    this.#client?.close();
    this.#client = null;
  }

  async #come(user: string): Promise<void> {
    this.leave();
    const client = new Client(this.#environment(user), { server: "https://mock.invalid" });
    this.#client = client;
    // Refused, since the person has found somebody meanwhile.
    client.on("error", () => this.#client === client && this.leave());
    client.on("chat", ({ from, text }) => from === "peer" && client.sendChat([...(ECHO + text)].slice(0, CHAT_CHARS_MAX).join("")));
    try {
      await client.signIn({ age: "adult" });
      await client.startMedia();
      await client.seek();
    } catch (error) {
      if (this.#client === client) this.#env.warn("the mock's synthetic partner could not come", error);
    }
  }

  /** The page's world, but for its camera and what it keeps. */
  #environment(companyOf: string): Environment<MediaStream> {
    const accounts = new Accounts({ ...this.#env, tabStore: memoryStore() }, newName, { onUser: () => undefined, onBlock: () => undefined });
    return {
      ...this.#env,
      tabStore: memoryStore(),
      originStore: memoryStore(),
      claim: () => Promise.resolve(true),
      fetch: (url, request) => Promise.resolve(accounts.answer(url, request)),
      openSocket: (_url, _protocol, handlers) => this.#tabs.openSocket({ user: accounts.user ?? { id: newName(), age: null }, companyOf }, handlers),
      openMedia: () => Promise.resolve(openSyntheticMedia()),
    };
  }
}
