/**
 * The server: what it holds now, how much it answers, and the statements that cost most.
 */
import type { LiveSample, Statements } from "@callbox/client";
import { dashboard } from "../messages/dashboard.js";
import { total, useDocument, useFigures } from "./ask.js";
import { Chart } from "./chart.js";
import { bytes, count, ms, percent, span } from "./numbers.js";
import { Panel, Rows, Stats, Table } from "./parts.js";
import { points } from "./range.js";
import type { RangeName } from "./range.js";

const words = dashboard.server;
const STATEMENTS = 8;

export function Server({ range, sample, turn }: { range: RangeName; sample: LiveSample | null; turn: number }) {
  return (
    <div class="cols">
      <Node sample={sample} />
      <Load range={range} turn={turn} />
      <Slowest turn={turn} />
    </div>
  );
}

function Node({ sample }: { sample: LiveSample | null }) {
  const { name, about, rows, ago, days, none, elsewhere, of } = words.node;
  const gauge = (key: string) => sample?.gauges[key];
  const line = (label: string, key: string, write: (value: number) => string, otherwise?: string) => {
    const value = gauge(key);
    return value === undefined ? (otherwise === undefined ? [] : [[label, otherwise, true] as const]) : [[label, write(value)] as const];
  };
  const max = (key: string) => (value: number) => {
    const most = gauge(key);
    return most === undefined ? count(value) : of(count(value), count(most));
  };
  return (
    <Panel name={name} about={about} wide={5} isWaiting={sample === null}>
      <Rows
        rows={[
          ...line(rows.uptime, "uptime", (seconds) => span(seconds * 1_000)),
          ...line(rows.memory, "memory", bytes),
          ...line(rows.sockets, "sockets", count),
          ...line(rows.open_files, "open_files", max("open_files_max")),
          ...line(rows.write_queue, "write_queue", count),
          ...line(rows.pool, "pool_checked_out", max("pool_connections_max")),
          ...line(rows.pool_waiting, "pool_waiting", count),
          ...line(rows.database, "database", bytes),
          ...line(rows.disk_free, "disk_free", bytes),
          ...line(rows.certificate_left, "certificate_left", (left) => days(Math.floor(left)), elsewhere),
          ...line(rows.backup_age, "backup_age", (seconds) => ago(span(seconds * 1_000)), none),
        ]}
      />
    </Panel>
  );
}

function Load({ range, turn }: { range: RangeName; turn: number }) {
  const answers = useFigures(
    () => ({ requests: `http_requests${points(range)}`, byName: `http_requests&by=name${points(range)}`, memory: `memory&agg=mean${points(range)}` }),
    range,
    turn,
  );
  const { requests, byName, memory } = answers.data;
  const { name, about, ...labels } = words.load;
  const all = total(requests) ?? 0;
  const failed = (byName?.series ?? []).filter(({ label }) => label.endsWith("5xx")).reduce((sum, { label }) => sum + (total(byName, label) ?? 0), 0);
  return (
    <Panel name={name} about={about} wide={7} isWaiting={!requests} failed={answers} side={`n = ${count(all)}`}>
      <Stats
        stats={[
          [labels.requests, count(all)],
          [labels.failed, all < 20 ? count(failed) : `${count(failed)} (${percent(failed / all)})`],
        ]}
      />
      {requests?.series[0] && <Chart name={labels.chart} series={{ ...requests, ...requests.series[0] }} write={count} tone="s3" />}
      {memory?.series[0] && <Chart name={labels.memory} series={{ ...memory, ...memory.series[0] }} write={bytes} tone="s1" />}
    </Panel>
  );
}

function Slowest({ turn }: { turn: number }) {
  const { document, ...failed } = useDocument<Statements>("metrics/statements", turn);
  const { name, about, head, none } = words.statements;
  const found = document?.statements.slice(0, STATEMENTS) ?? [];
  return (
    <Panel name={name} about={about} wide={12} isWaiting={document === null} failed={failed}>
      {found.length === 0 ? (
        <p class="sub">{none}</p>
      ) : (
        <Table
          label={name}
          head={head}
          rows={found.map((one) => ({
            key: one.name,
            cells: [<code>{one.name}</code>, count(one.count), ms(one.p50_us / 1_000), ms(one.p95_us / 1_000), percent(one.share)],
            isFaint: one.count < 20,
          }))}
        />
      )}
    </Panel>
  );
}
