/**
 * Calls: how many, how many succeeded, how long the set-up took, why others failed, how good they were, and what runs now.
 */
import type { Figures, LiveSample, Stats as ServerStats } from "@callbox/client";
import { dashboard } from "../messages/dashboard.js";
import { one, total, useDocument, useFigures } from "./ask.js";
import { Chart } from "./chart.js";
import { count, ms, percent, span } from "./numbers.js";
import { Bar, Panel, Rows, Stats, Table } from "./parts.js";
import { points, whole } from "./range.js";
import type { RangeName } from "./range.js";
import { LIMITS, share } from "./verdict.js";
import type { Series } from "./verdict.js";

const words = dashboard.calls;
const STAGES = ["call_offer", "call_answer", "call_ice", "call_dtls", "call_first_frame"] as const;

export function Calls({ range, sample, turn }: { range: RangeName; sample: LiveSample | null; turn: number }) {
  return (
    <div class="cols">
      <Attempts range={range} turn={turn} />
      <Now range={range} sample={sample} turn={turn} />
      <SetUp range={range} turn={turn} />
      <Failures range={range} turn={turn} />
      <Quality range={range} turn={turn} />
    </div>
  );
}

/** Some series of a family, added up. */
function sum(figures: Figures, labels?: readonly string[]): Series {
  const chosen = figures.series.filter(({ label }) => labels === undefined || labels.includes(label));
  const length = Math.max(0, ...figures.series.map(({ values }) => values.length));
  const values = Array.from({ length }, (_, index) => chosen.reduce((sum, series) => sum + (series.values[index] ?? 0), 0));
  return { start: figures.start, step_ms: figures.step_ms, values, counts: values };
}

function Attempts({ range, turn }: { range: RangeName; turn: number }) {
  const answers = useFigures(() => ({ calls: `calls&by=name${points(range)}` }), range, turn);
  const { calls } = answers.data;
  const { name, about, keys, chart, rates, limit, none } = words.attempts;
  if (!calls) return <Panel name={name} about={about} wide={8} isWaiting failed={answers} children={null} />;
  const [attempts, success, failed] = [total(calls) ?? 0, total(calls, "calls_success") ?? 0, total(calls, "calls_failure") ?? 0];
  const judged = success + failed;
  const rate = share(sum(calls, ["calls_success"]), sum(calls, ["calls_success", "calls_failure"]));
  const low = Math.min(0.8, ...rate.values.map((value) => value ?? 1));
  return (
    <Panel name={name} about={about} wide={8} failed={answers} side={`n = ${count(attempts)}`}>
      <Stats
        stats={[
          [keys.attempts, count(attempts)],
          [keys.success, count(success)],
          [keys.rate, judged === 0 ? dashboard.noData : judged < LIMITS.call_success.n ? <small class="alone">{dashboard.few}</small> : percent(success / judged)],
          [keys.failed, count(failed)],
          [keys.other, count(attempts - judged)],
        ]}
      />
      {attempts === 0 && <p class="sub">{none}</p>}
      <Chart name={chart} series={sum(calls)} write={count} top={4} height="tall" />
      {judged > 0 && <Chart name={rates} series={rate} write={percent} tone="s2" few={5} floor={Math.floor(low * 10) / 10} top={1} limit={{ at: 0.9, name: limit }} />}
    </Panel>
  );
}

function Now({ range, sample, turn }: { range: RangeName; sample: LiveSample | null; turn: number }) {
  const { running } = useFigures(() => ({ running: `calls_running&agg=max${points(range)}` }), range, turn).data;
  const { name, about, calls, rows, chart } = words.now;
  const of = (gauge: string) => sample?.gauges[gauge];
  return (
    <Panel name={name} about={about} wide={4} isWaiting={sample === null}>
      <p class="figure big">
        <span data-figure="calls-running">{count(of("calls_running") ?? 0)}</span>
        <small>{calls}</small>
      </p>
      {running?.series[0] && <Chart name={chart} series={{ ...running, ...running.series[0] }} write={count} top={4} />}
      <Rows rows={Object.entries(rows).flatMap(([gauge, label]) => (of(gauge) === undefined ? [] : [[label, count(of(gauge) ?? 0)] as const]))} />
    </Panel>
  );
}

function SetUp({ range, turn }: { range: RangeName; turn: number }) {
  const now = Date.now();
  const answers = useFigures(
    () => Object.fromEntries(STAGES.flatMap((stage) => ["p50", "p95"].map((agg) => [`${stage}_${agg}`, `${stage}&agg=${agg}${whole(range, now)}`]))),
    range,
    turn,
  );
  const { name, about, head, stages } = words.setup;
  const rows = STAGES.map((stage) => {
    const [half, most] = [one(answers.data[`${stage}_p50`]), one(answers.data[`${stage}_p95`])];
    const write = (value: number | null) => (value === null ? dashboard.noData : ms(value));
    return { key: stage, cells: [stages[stage], write(half.value), write(most.value), count(half.n)], isFaint: half.n < 20 };
  });
  return (
    <Panel name={name} about={about} wide={5} isWaiting={Object.keys(answers.data).length === 0} failed={answers}>
      <Table label={name} head={head} rows={rows} />
      {rows.some(({ isFaint }) => isFaint) && <p class="note">{`In grey: n under 20. ${dashboard.few}.`}</p>}
    </Panel>
  );
}

function Failures({ range, turn }: { range: RangeName; turn: number }) {
  const answers = useFigures(() => ({ causes: `call_failures&by=name${points(range)}` }), range, turn);
  const { name, about, none, causes } = words.failures;
  const found = (answers.data.causes?.series ?? [])
    .map(({ label }) => ({ cause: label.replace("call_failures_", ""), n: total(answers.data.causes, label) ?? 0 }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  const all = found.reduce((sum, { n }) => sum + n, 0);
  return (
    <Panel name={name} about={about} wide={4} isWaiting={!answers.data.causes} failed={answers} side={`n = ${count(all)}`}>
      {found.length === 0 && <p class="sub">{none}</p>}
      <ul class="bars">
        {found.map(({ cause, n }) => (
          <li key={cause}>
            <span>{causes[cause] ?? cause}</span>
            <b>{count(n)}</b>
            <Bar share={n / (found[0]?.n ?? 1)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Quality({ range, turn }: { range: RangeName; turn: number }) {
  const now = Date.now();
  const answers = useFigures(
    () => ({
      score: `call_score&agg=p50${whole(range, now)}`,
      rtt: `call_rtt&agg=p75${whole(range, now)}`,
      loss: `call_loss&agg=p75${whole(range, now)}`,
      length: `call_length&agg=p50${whole(range, now)}`,
    }),
    range,
    turn,
  );
  const stats = useDocument<ServerStats>("stats", turn).document;
  const { name, about, ...labels } = words.quality;
  const paths = stats?.recent.paths ?? {};
  const known = Object.values(paths).reduce<number>((sum, n) => sum + (n ?? 0), 0);
  const row = (key: "score" | "rtt" | "loss" | "length", write: (value: number) => string) => {
    const { value, n } = one(answers.data[key]);
    return [labels[key], value === null ? dashboard.noData : `${write(value)}, n = ${count(n)}`, n < 20] as const;
  };
  const relayed = known === 0 ? dashboard.noData : known < 20 ? `${paths.relay ?? 0} of ${known}` : `${percent((paths.relay ?? 0) / known)}, n = ${count(known)}`;
  return (
    <Panel name={name} about={about} wide={3} isWaiting={!answers.data.score} failed={answers}>
      <Rows
        rows={[
          row("score", (value) => String(Math.round(value))),
          row("rtt", ms),
          row("loss", percent),
          row("length", (seconds) => span(seconds * 1_000)),
          [labels.relayed, relayed, known < 20],
        ]}
      />
    </Panel>
  );
}
