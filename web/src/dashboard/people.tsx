/**
 * People: how many came, what they used, how they liked it. Nobody by name.
 */
import { dashboard } from "../messages/dashboard.js";
import { one, total, useFigures } from "./ask.js";
import { Chart } from "./chart.js";
import { count } from "./numbers.js";
import { Panel, Rows } from "./parts.js";
import { points, whole } from "./range.js";
import type { RangeName } from "./range.js";

const words = dashboard.people;
const COUNTED = ["visits", "page_views", "sign_ins", "feature_events"] as const;

export function People({ range, turn }: { range: RangeName; turn: number }) {
  const now = Date.now();
  const answers = useFigures(
    () => ({
      ...(Object.fromEntries(COUNTED.map((name) => [name, `${name}${points(range)}`])) as Record<(typeof COUNTED)[number], string>),
      sockets: `sockets&agg=max${points(range)}`,
      reports: `reports${points(range)}`,
      complaints: `complaints${points(range)}`,
      call_stars: `call_stars&agg=mean${whole(range, now)}`,
    }),
    range,
    turn,
  );
  const { data } = answers;
  const { active, sockets, trouble } = words;
  const stars = one(data.call_stars);
  const isWaiting = !data.visits;
  return (
    <div class="cols">
      <Panel name={active.name} about={active.about} wide={4} isWaiting={isWaiting} failed={answers}>
        <Rows rows={COUNTED.map((name) => [active.rows[name], count(total(data[name]) ?? 0)] as const)} />
      </Panel>
      <Panel name={sockets.name} about={sockets.about} wide={5} isWaiting={isWaiting}>
        {data.sockets?.series[0] && <Chart name={sockets.chart} series={{ ...data.sockets, ...data.sockets.series[0] }} write={count} top={4} />}
      </Panel>
      <Panel name={trouble.name} about={trouble.about} wide={3} isWaiting={isWaiting}>
        <Rows
          rows={[
            [trouble.rows.reports, count(total(data.reports) ?? 0)],
            [trouble.rows.complaints, count(total(data.complaints) ?? 0)],
            [trouble.rows.call_stars, stars.value === null ? dashboard.noData : `${stars.value.toFixed(1)}, n = ${count(stars.n)}`, stars.n < 20],
          ]}
        />
        <a class="more" href="/moderation">
          {trouble.open}
        </a>
      </Panel>
    </div>
  );
}
