/**
 * Errors of pages, by their groups, the last one first. All texts in it are strangers': text, never markup.
 */
import type { Page } from "@callbox/client";
import { useState } from "preact/hooks";
import { dashboard } from "../messages/dashboard.js";
import { get, useDocument } from "./ask.js";
import { count, moment } from "./numbers.js";
import { Panel } from "./parts.js";
import type { ErrorGroup } from "./shapes.js";

const words = dashboard.errors;
const HOURS = 48;
const HOUR_MS = 3_600_000;

export function Errors({ turn, onOpen }: { turn: number; onOpen: (id: string) => void }) {
  const first = useDocument<Page<ErrorGroup>>("errors?limit=10", turn);
  const [older, setOlder] = useState<{ items: readonly ErrorGroup[]; next: string | null } | null>(null);
  const shown = first.document?.items ?? [];
  const known = new Set(shown.map(({ fingerprint }) => fingerprint));
  const groups = [...shown, ...(older?.items ?? []).filter(({ fingerprint }) => !known.has(fingerprint))];
  const next = older ? older.next : (first.document?.next ?? null);
  const more = async (before: string) => {
    const page = await get<Page<ErrorGroup>>(`errors?limit=10&before=${encodeURIComponent(before)}`);
    setOlder((now) => ({ items: [...(now?.items ?? []), ...page.items], next: page.next }));
  };
  return (
    <Panel name={words.name} about={words.about} wide={12} isWaiting={first.document === null} failed={first}>
      {groups.length === 0 && <p class="sub">{words.none}</p>}
      <ul class="errors">
        {groups.map((group) => (
          <Group key={group.fingerprint} group={group} onOpen={onOpen} />
        ))}
      </ul>
      {next !== null && (
        <button type="button" class="text" onClick={() => void more(next).catch(() => undefined)}>
          {words.more}
        </button>
      )}
    </Panel>
  );
}

function Group({ group, onOpen }: { group: ErrorGroup; onOpen: (id: string) => void }) {
  const { name, message, kind, sample, first_at, last_at, releases } = group;
  return (
    <li>
      <div class="said">
        <p class="title">
          <bdi>{name ? `${name}: ${message}` : message || kind}</bdi>
        </p>
        <p class="sub">
          <code>{sample?.route || kind}</code>
          {releases.length > 0 && ` · ${words.releases(releases.map(({ release }) => release).join(", "))}`}
        </p>
        {sample && (
          <details>
            <summary>{words.stack}</summary>
            <ol class="frames">
              {sample.frames.slice(0, 12).map((frame, index) => (
                <li key={index}>
                  <code>{`${frame.function || "?"} ${frame.file}${frame.line > 0 ? `:${frame.line}:${frame.column}` : ""}`}</code>
                </li>
              ))}
            </ol>
            <button type="button" class="text" onClick={() => onOpen(sample.visit)}>
              {words.visit}
            </button>
          </details>
        )}
      </div>
      <Hours group={group} />
      <dl>
        {(
          [
            [words.head.events, count(group.count)],
            [words.head.first, moment(first_at)],
            [words.head.last, moment(last_at)],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function Hours({ group: { hours } }: { group: ErrorGroup }) {
  const now = Math.floor(Date.now() / HOUR_MS);
  const most = Math.max(1, ...hours.map(({ count }) => count));
  const all = hours.reduce((sum, { count }) => sum + count, 0);
  return (
    <svg class="hours" viewBox={`0 0 ${HOURS * 4} 26`} preserveAspectRatio="none" role="img" aria-label={words.bars(all)}>
      <path class="grid" d={`M0 25.5H${HOURS * 4}`} />
      {hours.map(({ at, count }) => {
        const height = Math.max(2, (count / most) * 24);
        return <rect key={at} x={(HOURS - 1 - (now - Math.floor(at / HOUR_MS))) * 4} y={25 - height} width="3" height={height} />;
      })}
    </svg>
  );
}
