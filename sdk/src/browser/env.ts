/**
 * Chooses the server that a page built by Vite speaks to, or the mock instead.
 *
 * In development the mock takes over if no server answers the first request: for the page's life, with a warning, and
 * never once a server has answered. In production it comes only if it was asked for. Its code is loaded when it is needed.
 */
import type { Answer, Environment, Request } from "../core/environment.js";
import type { ClientOptions } from "../core/options.js";
import { browserEnvironment } from "./environment.js";

/** Our variables of `import.meta.env`. */
export interface ViteEnv {
  readonly DEV?: boolean;
  /** The server's address; the page's own origin if left out. */
  readonly VITE_SIGNALING_SERVER_URL?: string;
  /** `true`: always the mock; `false`: never; left out: in development, if no server answers. */
  readonly VITE_USE_MOCK_SIGNALING?: string;
}

type World = Environment<MediaStream>;

/** A server on the way to whose address everything is lost. */
const ANSWER_MS = 5_000;

/** One decision a page, however often it is asked for. */
let world: World | null = null;

/** Options for `CallboxClient` out of Vite's `import.meta.env`. */
export function fromEnv(env: ViteEnv): ClientOptions & { environment?: World } {
  const { DEV, VITE_SIGNALING_SERVER_URL: url, VITE_USE_MOCK_SIGNALING: mock } = env;
  const options = url ? { server: url.replace(/^ws/, "http") } : {};
  // Rendered ahead of time there is nobody to call.
  if (typeof document === "undefined" || mock === "false" || (mock !== "true" && DEV !== true)) return options;
  return { ...options, environment: (world ??= lateWorld(browserEnvironment(), loadMock, mock === "true")) };
}

/** The real world, until it is clear that it is to be the mock's. Sockets open only after a first request. */
export function lateWorld(real: World, load: () => Promise<World>, isMock: boolean): World {
  let current = real;
  let isReal = false;
  let loading = isMock ? load() : null;
  // A caller that waits for it gets the rejection itself.
  loading?.catch(() => undefined);
  const store = (name: "tabStore" | "originStore"): World["tabStore"] => ({
    get: (key) => current[name].get(key),
    set: (key, value) => current[name].set(key, value),
    remove: (key) => current[name].remove(key),
  });
  return {
    ...real,
    tabStore: store("tabStore"),
    originStore: store("originStore"),
    openSocket: (...opening) => current.openSocket(...opening),
    async fetch(url, request) {
      if (loading === null) {
        try {
          const answer = isReal ? await real.fetch(url, request) : await firstAnswer(real, url, request);
          isReal = true;
          return answer;
        } catch (error) {
          if (isReal) throw error;
          real.warn(`no server answers at ${new URL(url).origin}: this page uses mock signaling. Set VITE_SIGNALING_SERVER_URL, or allow this origin there`, error);
          loading ??= load();
        }
      }
      current = await loading;
      return await current.fetch(url, request);
    },
  };
}

/** An answer of a Callbox server, or an error: a proxy before nothing and a development server have words of their own. */
async function firstAnswer(real: World, url: string, request: Request): Promise<Answer> {
  let stop: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => (stop = real.after(ANSWER_MS, () => reject(new Error("no answer in time")))));
  try {
    const answer = await Promise.race([real.fetch(url, request), late]);
    const { ok, status } = answer;
    const content = status === 204 ? null : await Promise.race([answer.json(), late]);
    if (!ok && typeof (content as { code?: unknown } | null)?.code !== "string") throw new Error(`the answer ${status} is not Callbox's`);
    return { ok, status, json: () => Promise.resolve(content) };
  } finally {
    stop();
  }
}

async function loadMock(): Promise<World> {
  return (await import("../mock.js")).mockEnvironment();
}
