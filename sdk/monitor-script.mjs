/**
 * Builds `/monitor.js` and the two files that it loads: for the server, for the measure of their size, and for the benches. The same bytes
 * each time.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`src/monitor/${name}.ts`, import.meta.url));

/** The second half is loaded when the browser is idle, what is about calls when the app first speaks of one. */
const FILES = [
  { file: "monitor.js", entry: "script", format: "iife" },
  { file: "monitor-rest.js", entry: "rest", format: "esm" },
  { file: "monitor-calls.js", entry: "calls", format: "esm" },
];

/** The monitor starts once a page is shown, so the second half meets no page that is made ahead; nobody reads whether one was discarded. */
export const SHOWN = { "document.prerendering": "false", "document.wasDiscarded": "false" };

/**
 * Members that stay between these files. A minifier cannot know that, and leaves long names as they are: a tenth of a KB. No name of
 * the protocol, of an option or of a browser is among them. A name here never changes: a page that is open while the server is updated may
 * load a file of the next version.
 */
const SHORT = {
  asked: "a",
  attempt: "b",
  beacon: "c",
  core: "d",
  current: "e",
  deliver: "f",
  endClosed: "g",
  first: "j",
  isChanged: "k",
  isHidden: "n",
  isInCall: "q",
  isRelayed: "r",
  see: "s",
  soon: "w",
  touch: "x",
  // Of web-vitals, whose own letters are others.
  delta: "y",
  firstHiddenTime: "z",
  navigationInteractionId: "A",
  navigationStartTime: "B",
  navigationType: "C",
  navigationURL: "D",
  onHidden: "E",
  rating: "F",
  reportAllChanges: "G",
  reportSoftNavs: "H",
};

/** Each file with its bytes, the one of the script tag first. */
export async function monitorScript() {
  const files = [];
  for (const { file, entry, format } of FILES) {
    const calls = { name: "calls", setup: (build) => build.onResolve({ filter: /^\.\/calls\.js$/ }, () => ({ path: "./monitor-calls.js", external: true })) };
    const built = await build({
      entryPoints: [source(entry)],
      bundle: true,
      format,
      target: "es2022",
      minify: true,
      legalComments: "none",
      write: false,
      plugins: [calls],
      define: entry === "script" ? {} : SHOWN,
      mangleProps: new RegExp(`^(${Object.keys(SHORT).join("|")})$`),
      mangleCache: SHORT,
    });
    files.push({ file, contents: built.outputFiles[0].contents });
  }
  return files;
}
