/**
 * Charts as SVG: a line with its area, limits, bands, and a time that can be read off by pointer and by keyboard.
 *
 * No library: a chart here is at most 170 points and four strokes, takes its colours from the page in both schemes, and is
 * read by a native slider, so that screen readers and keys need nothing of ours. Gaps stay gaps; nothing is smoothed.
 */
import { useState } from "preact/hooks";
import { dashboard as words } from "../messages/dashboard.js";
import { clock, day, moment } from "./numbers.js";
import { Table } from "./parts.js";
import type { Series } from "./verdict.js";

export interface Plot {
  readonly name: string;
  readonly series: Series;
  readonly write: (value: number) => string;
  readonly tone?: "s1" | "s2" | "s3";
  /** Fewer than so many are drawn faint and say little. */
  readonly few?: number;
  readonly limit?: { readonly at: number; readonly name: string };
  /** Good to the first, poor over the second. */
  readonly bands?: readonly [number, number];
  /** Where the axis may begin, and end at least. */
  readonly floor?: number;
  readonly top?: number;
  readonly height?: "low" | "tall";
}

/** A scale whose steps are 1, 2 or 5. */
function scale(floor: number, highest: number): { top: number; ticks: number[] } {
  const wide = Math.max(highest - floor, 1e-9);
  const rough = 10 ** Math.floor(Math.log10(wide / 2));
  const step = [1, 2, 5, 10].map((by) => by * rough).find((step) => wide / step <= 3.2) ?? rough * 10;
  const top = floor + Math.ceil(wide / step - 1e-9) * step;
  const ticks = [];
  for (let tick = floor; tick <= top + step / 2; tick += step) ticks.push(tick);
  return { top, ticks };
}

/** A tick without zeros after the point. */
const short = (text: string) => text.replace(/\.0+(?=\D)/, "");

/** The runs of points that have values: `M` begins each. */
function lines(values: readonly (number | null)[], x: (index: number) => number, y: (value: number) => number): string[] {
  const runs: string[] = [];
  let run = "";
  for (const [index, value] of values.entries()) {
    if (value === null) {
      if (run) runs.push(run);
      run = "";
    } else {
      run += `${run ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    }
  }
  return run ? [...runs, run] : runs;
}

export function Chart({ name, series, write, tone = "s1", few = 0, limit, bands, floor = 0, top: least = 0, height }: Plot) {
  const [chosen, choose] = useState<number | null>(null);
  const [isOpen, setOpen] = useState(false);
  const { values, counts, start, step_ms } = series;
  const last = values.length - 1;
  const known = values.filter((value) => value !== null);
  const { top, ticks } = scale(floor, Math.max(least, ...known, limit?.at ?? floor));
  const x = (index: number) => (last > 0 ? (index / last) * 1_000 : 1_000);
  const y = (value: number) => 100 - (Math.min(top, Math.max(floor, value)) - floor) / ((top - floor) / 100);
  const runs = lines(values, x, y);
  const isFew = (index: number) => (counts[index] ?? 0) < few;
  const say = (index: number) => {
    const value = values[index] ?? null;
    return `${moment(start + index * step_ms)}: ${value === null ? words.noData : write(value)}${few > 0 ? `, n = ${counts[index] ?? 0}` : ""}`;
  };
  const marks = [0.25, 0.5, 0.75].map((share) => Math.round(share * last));
  const isLong = step_ms * last > 2 * 86_400_000;
  const hover = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    choose(Math.max(0, Math.min(last, Math.round(((event.clientX - box.left) / box.width) * last))));
  };
  return (
    <figure class={`chart ${height ?? ""}`}>
      <figcaption>
        <span class={`key ${tone}`} />
        {name}
        <output class="tip">{chosen === null ? "" : say(chosen)}</output>
      </figcaption>
      <div class="plot">
        <div class="ys" aria-hidden="true">
          {ticks.map((tick) => (
            <span key={tick} style={{ top: `${y(tick)}%` }}>
              {short(write(tick))}
            </span>
          ))}
        </div>
        <div class="area" onPointerMove={hover} onPointerLeave={() => choose(null)}>
          <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
            {bands && <Bands y={y} bands={bands} top={top} />}
            {ticks.map((tick) => (
              <path key={tick} class="grid" d={`M0 ${y(tick)}H1000`} />
            ))}
            {runs.map((run, index) => (
              <path key={index} class={`fill ${tone}`} d={`${run}V100H${run.slice(1).split(" ")[0]}Z`} />
            ))}
            {runs.map((run, index) => (
              <path key={index} class={`line ${tone} ${few > 0 && counts.every((_, point) => isFew(point)) ? "soft" : ""}`} d={run.includes("L") ? run : `${run}h3`} />
            ))}
            {limit && <path class="limit" d={`M0 ${y(limit.at)}H1000`} />}
            {chosen !== null && <path class="cross" d={`M${x(chosen)} 0V100`} />}
          </svg>
          {limit && (
            <span class="limit-name" style={{ top: `${y(limit.at)}%` }}>
              {limit.name}
            </span>
          )}
          {known.length === 0 && <span class="empty">{words.noData}</span>}
          <input
            type="range"
            min={0}
            max={Math.max(0, last)}
            value={chosen ?? last}
            aria-label={name}
            aria-valuetext={say(chosen ?? last)}
            onInput={(event) => choose(Number(event.currentTarget.value))}
            onFocus={() => choose(chosen ?? last)}
            onBlur={() => choose(null)}
          />
        </div>
        <div class="xs" aria-hidden="true">
          {marks.map((index) => (
            <span key={index} style={{ left: `${x(index) / 10}%` }}>
              {(isLong ? day : clock)(start + index * step_ms)}
            </span>
          ))}
          <span class="now">now</span>
        </div>
      </div>
      <details class="as-table" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{words.table}</summary>
        {isOpen && <Table label={name} head={[words.time, name, ...(few > 0 ? ["n"] : [])]} rows={tableOf(series, write, few)} />}
      </details>
    </figure>
  );
}

function tableOf({ values, counts, start, step_ms }: Series, write: (value: number) => string, few: number) {
  const rows = values.map((value, index) => ({
    key: String(index),
    cells: [moment(start + index * step_ms), value === null ? words.noData : write(value), ...(few > 0 ? [String(counts[index] ?? 0)] : [])],
    isFaint: (counts[index] ?? 0) < few,
  }));
  return rows.reverse();
}

function Bands({ y, bands: [good, poor], top }: { y: (value: number) => number; bands: readonly [number, number]; top: number }) {
  const between = (from: number, to: number) => ({ x: 0, width: 1_000, y: y(to), height: y(from) - y(to) });
  return (
    <>
      <rect class="band good" {...between(0, good)} />
      <rect class="band needs" {...between(good, poor)} />
      <rect class="band poor" {...between(poor, Math.max(top, poor))} />
    </>
  );
}

/** The last day in a tile, with its limit. */
export function Spark({ series, limit, floor = 0, top: least = 0 }: { series: Series; limit?: number; floor?: number; top?: number }) {
  const { values } = series;
  const known = values.filter((value) => value !== null);
  const top = Math.max(least, ...known, limit ?? floor) * 1.08 || 1;
  const x = (index: number) => (index / Math.max(1, values.length - 1)) * 1_000;
  const y = (value: number) => 100 - ((Math.max(floor, value) - floor) / (top - floor)) * 100;
  return (
    <svg class="spark" viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      {lines(values, x, y).map((run, index) => (
        <path key={index} class="line s1" d={run.includes("L") ? run : `${run}h12`} />
      ))}
      {limit !== undefined && <path class="limit" d={`M0 ${y(limit)}H1000`} />}
    </svg>
  );
}
