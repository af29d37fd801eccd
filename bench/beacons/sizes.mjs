/**
 * How much script a page loads to be measured: our monitor beside web-vitals, Faro and Sentry, all built by the same esbuild in the
 * same run, minified and compressed with brotli. Peers are compared with what a page without calls loads of ours, since none of them measures
 * calls.
 *
 * Prints rows as `cargo xtask bench` reads them.
 */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { monitorScript } from "../../sdk/monitor-script.mjs";
import { printRow } from "../rows.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Each as its documentation says to start it, and nothing more. */
const PEERS = {
  "web-vitals: five vitals": 'import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals"; for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(console.log);',
  "Sentry: errors only": 'import { init } from "@sentry/browser"; init({ dsn: "https://key@sentry.example/1" });',
  "Sentry: errors and tracing":
    'import { browserTracingIntegration, init } from "@sentry/browser"; init({ dsn: "https://key@sentry.example/1", integrations: [browserTracingIntegration()] });',
  "Faro: errors, vitals, sessions":
    'import { getWebInstrumentations, initializeFaro } from "@grafana/faro-web-sdk"; initializeFaro({ url: "https://faro.example", app: { name: "x" }, instrumentations: getWebInstrumentations() });',
};

async function size(entry) {
  const { outputFiles } = await build({
    ...entry,
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return brotliCompressSync(outputFiles[0].contents).length;
}

const [boot, rest, calls] = (await monitorScript()).map(({ contents }) => brotliCompressSync(contents).length);
// What is about calls is loaded by pages that have some; none of these measures calls.
const ours = boot + rest;
const all = ours + calls;
const peers = Object.fromEntries(await Promise.all(Object.entries(PEERS).map(async ([name, contents]) => [name, await size({ stdin: { contents, resolveDir: here } })])));

const share = (peer) => (ours / peer).toFixed(2);
const rows = [
  { what: "script, first half: bytes (brotli)", ours: boot, target: "<= 2048", isOk: boot <= 2_048 },
  { what: "script, all: bytes (brotli)", ours: all, target: "<= 8192", isOk: all <= 8_192 },
  ...Object.entries(peers).map(([name, peer]) => {
    const isJudged = name === "Sentry: errors only";
    // A byte more than a quarter is more than a quarter.
    return {
      what: `script of a page without calls: bytes (peer: ${name})`,
      ours,
      peer,
      ratio: share(peer),
      target: isJudged ? "<= 0.25" : "-",
      isOk: !isJudged || 4 * ours <= peer,
    };
  }),
];
process.exit(rows.map(printRow).every(Boolean) ? 0 : 1);
