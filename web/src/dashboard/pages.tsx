/**
 * Pages: how fast they were for people, by the published limits, and the slowest routes.
 */
import { dashboard } from "../messages/dashboard.js";
import { one, total, useFigures } from "./ask.js";
import { Chart } from "./chart.js";
import { count, ms, percent } from "./numbers.js";
import { GradeBadge, Panel, Rows, Table } from "./parts.js";
import type { Grade } from "./parts.js";
import { points, whole } from "./range.js";
import type { RangeName } from "./range.js";

const words = dashboard.pages;
/** Good up to the first, poor over the second: web.dev's, at the 75th percentile. */
const VITALS = { lcp: [2_500, 4_000], inp: [200, 500], cls: [0.1, 0.25] } as const;
const ALSO = { fcp: [1_800, 3_000], ttfb: [800, 1_800], page_load: [2_000, 3_000] } as const;
/** The fewest views by which a route is ranked. */
const FEW = 20;

const gradeOf = (value: number, [good, poor]: readonly [number, number]): Grade => (value <= good ? "good" : value <= poor ? "needs" : "poor");
const points2 = (value: number) => value.toFixed(2);

export function Pages({ range, turn }: { range: RangeName; turn: number }) {
  return (
    <div class="cols">
      {(Object.keys(VITALS) as (keyof typeof VITALS)[]).map((name) => (
        <Vital key={name} name={name} range={range} turn={turn} />
      ))}
      <Routes range={range} turn={turn} />
      <Also range={range} turn={turn} />
    </div>
  );
}

function Vital({ name, range, turn }: { name: keyof typeof VITALS; range: RangeName; turn: number }) {
  const now = Date.now();
  const answers = useFigures(
    () => ({
      chart: `${name}&agg=p75${points(range)}`,
      all: `${name}&agg=p75${whole(range, now)}`,
      good: `${name}&agg=good${whole(range, now)}`,
      poor: `${name}&agg=poor${whole(range, now)}`,
    }),
    range,
    turn,
  );
  const { data } = answers;
  const said = words.vitals[name];
  const write = name === "cls" ? points2 : ms;
  const { value, n } = one(data.all);
  const [good, poor] = [one(data.good).value ?? 0, one(data.poor).value ?? 0];
  const limits = VITALS[name];
  const series = data.chart?.series[0];
  return (
    <Panel name={said.name} about={said.about} wide={4} isWaiting={!data.all} failed={answers} side={`p75, n = ${count(n)}`}>
      <p class={`figure mid ${n < FEW ? "faint" : ""} ${value === null ? "missing" : ""}`}>
        {value === null ? dashboard.noData : write(value)}
        {value !== null && (n < FEW ? <small>{dashboard.few}</small> : <GradeBadge grade={gradeOf(value, limits)} />)}
      </p>
      <p class="sub">{said.sub}</p>
      {value === null && <p class="sub">{words.none}</p>}
      {value !== null && series && data.chart && (
        <Chart name={`${said.name} p75`} series={{ ...series, start: data.chart.start, step_ms: data.chart.step_ms }} write={write} few={5} bands={limits} top={limits[1] * 1.15} />
      )}
      {n >= FEW && (
        <>
          <Split good={good} needs={1 - good - poor} poor={poor} />
          <p class="sub">{words.shares(percent(good), percent(Math.max(0, 1 - good - poor)), percent(poor))}</p>
        </>
      )}
    </Panel>
  );
}

function Split({ good, needs, poor }: { good: number; needs: number; poor: number }) {
  const shares = [good, needs, poor].map((share) => Math.max(0, share) * 100);
  let x = 0;
  return (
    <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      {shares.map((width, index) => {
        const at = x;
        x += width;
        return <rect key={index} class={["good", "needs", "poor"][index]} x={at} width={width} height="8" />;
      })}
    </svg>
  );
}

function Routes({ range, turn }: { range: RangeName; turn: number }) {
  const now = Date.now();
  const answers = useFigures(() => ({ lcp: `lcp&agg=p75&by=route${whole(range, now)}`, inp: `inp&agg=p75&by=route${whole(range, now)}` }), range, turn);
  const { name, about, head, few } = words.routes;
  const rows = (answers.data.lcp?.series ?? [])
    .map(({ label }) => ({ route: label, lcp: one(answers.data.lcp, label), inp: one(answers.data.inp, label) }))
    .filter(({ lcp }) => lcp.n > 0)
    .sort((a, b) => Number(a.lcp.n < FEW) - Number(b.lcp.n < FEW) || (b.lcp.value ?? 0) - (a.lcp.value ?? 0))
    .slice(0, 10);
  const cell = (value: number | null, limits: readonly [number, number]) => (value === null ? "–" : <span class={`is-${gradeOf(value, limits)}`}>{ms(value)}</span>);
  return (
    <Panel name={name} about={about} wide={8} isWaiting={!answers.data.lcp} failed={answers}>
      {rows.length === 0 ? (
        <p class="sub">{words.none}</p>
      ) : (
        <Table
          label={name}
          head={head}
          rows={rows.map(({ route, lcp, inp }) => ({
            key: route,
            cells: [<code>{route || "/"}</code>, count(lcp.n), cell(lcp.value, VITALS.lcp), cell(inp.n === 0 ? null : inp.value, VITALS.inp)],
            isFaint: lcp.n < FEW,
          }))}
        />
      )}
      {rows.some(({ lcp }) => lcp.n < FEW) && <p class="note">{few}</p>}
    </Panel>
  );
}

function Also({ range, turn }: { range: RangeName; turn: number }) {
  const now = Date.now();
  const names = Object.keys(ALSO) as (keyof typeof ALSO)[];
  const answers = useFigures(
    () => ({
      ...(Object.fromEntries(names.map((name) => [name, `${name}&agg=p75${whole(range, now)}`])) as Record<keyof typeof ALSO, string>),
      views: `page_views${points(range)}`,
    }),
    range,
    turn,
  );
  const { name, about, rows, views } = words.also;
  const row = (key: keyof typeof ALSO) => {
    const { value, n } = one(answers.data[key]);
    const said =
      value === null ? (
        dashboard.noData
      ) : (
        <>
          {`${ms(value)} `}
          {n >= FEW && <GradeBadge grade={gradeOf(value, ALSO[key])} />}
        </>
      );
    return [`${rows[key]}, n = ${count(n)}`, said, n < FEW] as const;
  };
  return (
    <Panel name={name} about={about} wide={4} isWaiting={!answers.data.views} failed={answers}>
      <Rows rows={[...names.map(row), [views, count(total(answers.data.views) ?? 0)]]} />
    </Panel>
  );
}
