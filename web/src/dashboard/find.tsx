/**
 * One call or one visit by its id, in a drawer with an address of its own: Back, Escape and its button close it.
 */
import { CallboxError } from "@callbox/client";
import type { CallStory, Side, SideStory } from "@callbox/client";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { words as general } from "../messages.js";
import { dashboard } from "../messages/dashboard.js";
import { get } from "./ask.js";
import { bytes, count, moment, ms, percent, seconds, since, span } from "./numbers.js";
import { Rows } from "./parts.js";
import type { VisitStory } from "./shapes.js";

const words = dashboard.find;
const HASH = "#id=";

/** The id in the page's address. */
export function useFound(): [string | null, (id: string | null) => void] {
  const read = () => (location.hash.startsWith(HASH) ? decodeURIComponent(location.hash.slice(HASH.length)) : null);
  const [id, setId] = useState(read);
  useEffect(() => {
    const follow = () => setId(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const open = (id: string | null) => {
    if (id !== null) location.hash = HASH + encodeURIComponent(id);
    else {
      history.pushState(null, "", location.pathname);
      setId(null);
    }
  };
  return [id, open];
}

export function Find({ onOpen }: { onOpen: (id: string) => void }) {
  const [text, setText] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") onOpen(text.trim());
  };
  return (
    <form class="find" role="search" onSubmit={submit}>
      <input
        type="text"
        aria-label={words.label}
        placeholder={words.label}
        value={text}
        maxLength={64}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="small">
        {words.go}
      </button>
    </form>
  );
}

type Found = { call: CallStory } | { visit: VisitStory } | "none" | "failed" | null;

async function find(id: string): Promise<Found> {
  const path = encodeURIComponent(id);
  const known = (error: unknown) => error instanceof CallboxError && (error.code === "not_found" || error.code === "bad_request");
  try {
    return { call: await get<CallStory>(`calls/${path}`) };
  } catch (error) {
    if (!known(error)) return "failed";
  }
  return await get<VisitStory>(`visits/${path}`).then(
    (visit) => ({ visit }),
    (error: unknown) => (known(error) ? "none" : "failed"),
  );
}

export function Drawer({ id, onClose, onOpen }: { id: string; onClose: () => void; onOpen: (id: string) => void }) {
  const element = useRef<HTMLDialogElement>(null);
  const [found, setFound] = useState<Found>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  useEffect(() => {
    let isCurrent = true;
    setFound(null);
    void find(id).then((now) => isCurrent && setFound(now));
    return () => {
      isCurrent = false;
    };
  }, [id]);
  const title = found !== null && typeof found === "object" && "visit" in found ? words.visit : words.call;
  return (
    <dialog ref={element} class="drawer" aria-labelledby="drawer-title" onCancel={onClose} onClick={(event) => event.target === element.current && onClose()}>
      <div class="sheet">
        <header>
          <h2 id="drawer-title">
            {title} <code title={id}>{id.slice(0, 13)}</code>
          </h2>
          <button type="button" class="close" aria-label={general.dialog.close} onClick={onClose}>
            <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
              <path d="M5 5l14 14M19 5L5 19" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />
            </svg>
          </button>
        </header>
        {found === null && <span class="bone" />}
        {found === "none" && <p role="status">{words.none}</p>}
        {found === "failed" && <p role="status">{dashboard.failed}</p>}
        {found !== null && typeof found === "object" && ("call" in found ? <Call story={found.call} /> : <Visit story={found.visit} onOpen={onOpen} />)}
      </div>
    </dialog>
  );
}

interface Line {
  readonly at: string;
  readonly sides?: readonly Side[];
  readonly said: ComponentChildren;
  readonly tone?: string;
}

const Timeline = ({ lines }: { lines: readonly Line[] }) => (
  <ol class="timeline">
    {lines.map(({ at, sides, said, tone }, index) => (
      <li key={index} class={tone ?? ""}>
        <time>{at}</time>
        <span class="sides">
          {(sides ?? []).map((side) => (
            <abbr key={side} title={words.sideNames[side]}>
              {words.sides[side]}
            </abbr>
          ))}
        </span>
        <p>{said}</p>
      </li>
    ))}
  </ol>
);

function Call({ story }: { story: CallStory }) {
  const { facts } = words;
  const tone = (event: CallStory["events"][number]) =>
    event.kind === "first_frame"
      ? "is-good"
      : event.kind === "restart" || (event.kind === "sample" && event.level !== "excellent" && event.level !== "good")
        ? "is-needs"
        : event.kind === "ended" && story.failure
          ? "is-poor"
          : "";
  const lines = story.events.map((event) => ({
    at: since(event.ms),
    sides: event.side ? [event.side] : [],
    said: event.kind === "sample" ? words.sample(event.level ?? "", String(event.score ?? "")) : (words.events[event.kind] ?? event.kind),
    tone: tone(event),
  }));
  return (
    <>
      <p class="sub">{`${moment(story.at)} UTC, ${span(story.ended_ms)}`}</p>
      <Rows
        rows={[
          [facts.outcome, story.outcome],
          ...(story.failure ? ([[facts.failure, dashboard.calls.failures.causes[story.failure] ?? story.failure]] as const) : []),
          [facts.cause, `${story.cause}${story.ended_by ? `, ${words.sides[story.ended_by]}` : ""}`],
          [facts.kind, story.kind],
          [facts.relay, bytes(story.relay.bytes)],
        ]}
      />
      <div class="duo">
        {(["caller", "callee"] as const).map((side) => (
          <SideFacts key={side} name={words.sideNames[side]} side={story[side]} />
        ))}
      </div>
      <h3>{words.what}</h3>
      <Timeline lines={lines} />
      <p class="note">{words.private}</p>
    </>
  );
}

function SideFacts({ name, side: { path, quality } }: { name: string; side: SideStory }) {
  const { facts } = words;
  const rows: [string, string][] = [[facts.path, path ? `${path.local} to ${path.remote}` : dashboard.noData]];
  if (quality) rows.push([facts.score, String(quality.score)], [facts.rtt, ms(quality.rtt_ms)], [facts.loss, percent(quality.loss_permille / 1_000)]);
  return (
    <section>
      <h3>{name}</h3>
      <Rows rows={rows} />
    </section>
  );
}

function Visit({ story, onOpen }: { story: VisitStory; onOpen: (id: string) => void }) {
  const lines = story.views.flatMap((view) => {
    const at = (milliseconds: number) => seconds(view.started_at + milliseconds);
    const vitals = [
      ["LCP", view.vitals.lcp],
      ["INP", view.vitals.inp],
    ] as const;
    const fast = vitals.flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name} ${ms(value)}`]));
    const inside: (Line & { readonly order: number })[] = [
      ...view.errors.map(({ name, message, at_ms, count: times }) => ({
        order: at_ms,
        at: at(at_ms),
        said: <bdi>{`${name}: ${message}${times > 1 ? ` (${times})` : ""}`}</bdi>,
        tone: "is-poor",
      })),
      ...view.calls.map(({ call, outcome, at_ms = 0 }) => ({
        order: at_ms,
        at: at(at_ms),
        said: call ? (
          <button type="button" class="text" onClick={() => onOpen(call)}>
            {`${words.call} ${call.slice(0, 13)}`}
          </button>
        ) : (
          words.inCall(outcome ?? words.running)
        ),
      })),
    ];
    inside.sort((a, b) => a.order - b.order);
    const used = view.events.map(({ name, count: times = 1 }) => ({ at: "", said: words.used(name, times) }));
    return [{ at: at(0), said: [words.view(view.route), ...fast].join(", ") }, ...inside, ...used];
  });
  const [first] = story.views;
  return (
    <>
      <p class="sub">{`${moment(story.started_at)} UTC, ${span(story.last_at - story.started_at)}`}</p>
      <Rows
        rows={[
          [words.facts2.views, count(story.views.length)],
          [words.facts2.device, first?.device ?? dashboard.noData],
          [words.facts2.release, first?.release ?? dashboard.noData],
        ]}
      />
      <h3>{words.what}</h3>
      <Timeline lines={lines} />
    </>
  );
}
