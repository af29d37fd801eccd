/**
 * `/dashboard`: whether all is well, and the figures behind it, in the order in which people look. For admins.
 *
 * It is live: figures of the moment come by the feed, figures over time are asked anew when the feed says that something
 * was counted, and each minute.
 */
import { useState } from "preact/hooks";
import { Frame } from "../account/frame.js";
import { readAccount, useWait } from "../account/session.js";
import { Failed, Loading, Next } from "../account/states.js";
import { words as general } from "../messages.js";
import { dashboard as words } from "../messages/dashboard.js";
import { useLive, useTurn } from "./ask.js";
import { Calls } from "./calls.js";
import { Errors } from "./errors.js";
import { Drawer, Find, useFound } from "./find.js";
import { seconds } from "./numbers.js";
import { Overview } from "./overview.js";
import { Pages } from "./pages.js";
import { People } from "./people.js";
import { RANGE_NAMES } from "./range.js";
import type { RangeName } from "./range.js";
import { Server } from "./server.js";
import { family } from "./shapes.js";

const PARTS = ["overview", "calls", "pages", "errors", "server", "people"] as const;
/** Errors are grouped twice a second. */
const GROUPED_MS = 1_500;

export function DashboardPage() {
  const [wait, again] = useWait(readAccount);
  if (wait.state === "loading") return <Loading title={words.title} />;
  if (wait.state === "failed") return <Failed title={words.title} error={wait.error} onAgain={again} />;
  if (wait.data?.role !== "admin") {
    return (
      <Frame name="not-an-admin" title={words.not.title} lead={words.not.lead}>
        <div class="choices">
          <Next href="/sign-in">{words.not.signIn}</Next>
        </div>
      </Frame>
    );
  }
  return <Board />;
}

function Board() {
  const [range, setRange] = useState<RangeName>("24h");
  const [found, open] = useFound();
  const { sample, isStale } = useLive();
  const calls = useTurn(family(sample, "calls"));
  const pages = useTurn(family(sample, "page_views"));
  const errors = useTurn(family(sample, "browser_errors"), GROUPED_MS);
  const overview = useTurn(sample === null ? null : (family(sample, "calls") ?? 0) + (family(sample, "page_views") ?? 0) + (family(sample, "browser_errors") ?? 0));
  const minute = useTurn(null);
  return (
    <div class="dash" data-screen="dashboard">
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <nav class="rail" aria-label={words.parts.label}>
        <a href="/" class="mark">
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d="M3 7a3 3 0 0 1 3-3h8a3 3 0 0 1 3 3v2l4-2v10l-4-2v2a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z" fill="currentColor" />
          </svg>
          {general.product}
        </a>
        <div class="links">
          {PARTS.map((part) => (
            <a key={part} href={`#${part}`}>
              {words.parts[part]}
            </a>
          ))}
        </div>
      </nav>
      <main id="main" tabIndex={-1}>
        <header class="bar" id="overview">
          <h1>{words.title}</h1>
          <span class="grow" />
          <Live at={sample?.at ?? null} isStale={isStale} />
          <div class="seg" role="group" aria-label={words.range.label}>
            {RANGE_NAMES.map((name) => (
              <button key={name} type="button" aria-pressed={range === name} onClick={() => setRange(name)}>
                {words.range[name]}
              </button>
            ))}
          </div>
        </header>
        <Overview sample={sample} turn={overview} />
        <Find onOpen={open} />
        <h2 id="calls">{words.parts.calls}</h2>
        <Calls range={range} sample={sample} turn={calls} />
        <h2 id="pages">{words.parts.pages}</h2>
        <Pages range={range} turn={pages} />
        <h2 id="errors">{words.parts.errors}</h2>
        <div class="cols">
          <Errors turn={errors} onOpen={open} />
        </div>
        <h2 id="server">{words.parts.server}</h2>
        <Server range={range} sample={sample} turn={minute} />
        <h2 id="people">{words.parts.people}</h2>
        <People range={range} turn={pages} />
        <p class="foot">{words.foot}</p>
      </main>
      {found !== null && <Drawer id={found} onClose={() => open(null)} onOpen={open} />}
    </div>
  );
}

function Live({ at, isStale }: { at: number | null; isStale: boolean }) {
  return (
    <span class={`live ${isStale || at === null ? "stale" : ""}`}>
      <i />
      {at === null ? words.connecting : isStale ? words.stale(seconds(at)) : words.live(seconds(at))}
    </span>
  );
}
