/**
 * The first look: the verdict, and five tiles of the last day.
 */
import type { Alert, Alerts as AlertsAnswer, Figures, LiveSample } from "@callbox/client";
import { dashboard as words } from "../messages/dashboard.js";
import { Alerts, firing } from "./alerts.js";
import { one, useDocument, useFigures } from "./ask.js";
import { Spark } from "./chart.js";
import { bytes, count, moment, ms, percent } from "./numbers.js";
import { About, Icon } from "./parts.js";
import { whole } from "./range.js";
import { LIMITS, absent, judge, recent, share, verdict } from "./verdict.js";
import type { Check, CheckName, Series } from "./verdict.js";

const STEP = "&from=24h&step=15m";
const NOTHING: Series = { start: 0, step_ms: 1, values: [], counts: [] };
const seriesOf = (figures: Figures | undefined): Series => ({
  ...(figures?.series[0] ?? { values: [], counts: [] }),
  start: figures?.start ?? 0,
  step_ms: figures?.step_ms ?? 900_000,
});

const WRITE: Record<CheckName, (value: number) => string> = {
  database: count,
  page_load: ms,
  call_success: percent,
  error_rate: percent,
  availability: percent,
  disk: bytes,
  certificate: (days) => `${Math.floor(days)} days`,
  ready: String,
};

interface Tile {
  readonly name: TileName;
  readonly check: Check;
  readonly series: Series;
  readonly hours: 1 | 24 | null;
  readonly rule: string;
  readonly unit?: string;
}

const TILES = words.tiles;
type TileName = Exclude<keyof typeof TILES, "hours" | "of">;

export function Overview({ sample, turn }: { sample: LiveSample | null; turn: number }) {
  const now = Date.now();
  const { data } = useFigures(
    () => ({
      waiting: `pool_waiting&agg=max${STEP}`,
      queue: `write_queue&agg=max${STEP}`,
      load: `page_load&agg=p75${STEP}`,
      loadHour: `page_load&agg=p75${whole("1h", now)}`,
      loadDay: `page_load&agg=p75${whole("24h", now)}`,
      success: `call_success${STEP}`,
      errors: `browser_errors${STEP}`,
      views: `page_views${STEP}`,
      up: `availability${STEP}`,
    }),
    "overview",
    turn,
  );
  const alerts = useDocument<AlertsAnswer>("alerts", turn);
  if (sample === null || !data.up) return <Waiting />;
  const tiles = tilesOf(data, sample);
  const gauge = (name: string) => sample.gauges[name] ?? null;
  const others = [
    judge("ready", { value: gauge("ready") }),
    gauge("disk_free") === null ? absent("disk") : judge("disk", { value: gauge("disk_free") }),
    gauge("certificate_left") === null ? absent("certificate") : judge("certificate", { value: gauge("certificate_left") }),
  ];
  return (
    <>
      <Said checks={[...tiles.map(({ check }) => check), ...others]} alerts={firing(alerts.document)} />
      <div class="tiles">
        {tiles.map((tile) => (
          <TileCard key={tile.name} {...tile} />
        ))}
      </div>
      <div class="cols">
        <Alerts answer={alerts.document} failed={alerts} />
      </div>
    </>
  );
}

type Answers = Partial<Record<"waiting" | "queue" | "load" | "loadHour" | "loadDay" | "success" | "errors" | "views" | "up", Figures>>;

function tilesOf(data: Answers, sample: LiveSample): Tile[] {
  const hasPool = sample.gauges["pool_connections_max"] !== undefined;
  const database = seriesOf(hasPool ? data.waiting : data.queue);
  const waiting = sample.gauges[hasPool ? "pool_waiting" : "write_queue"] ?? null;
  const pool: Check = hasPool ? judge("database", { value: waiting }, database) : { ...absent("database"), value: waiting };
  const tiles: Tile[] = [{ name: "database", check: pool, series: database, hours: null, rule: hasPool ? TILES.database.rule : TILES.database.sqlite, unit: TILES.database.unit }];
  const load = seriesOf(data.load);
  const [hour, day] = [one(data.loadHour), one(data.loadDay)];
  const isHour = hour.n >= LIMITS.page_load.n;
  tiles.push({ name: "page_load", check: judge("page_load", isHour ? hour : day, load), series: load, hours: isHour ? 1 : 24, rule: TILES.page_load.rule });
  const shares = {
    call_success: seriesOf(data.success),
    error_rate: data.errors && data.views ? share(seriesOf(data.errors), seriesOf(data.views)) : NOTHING,
    availability: seriesOf(data.up),
  };
  for (const name of ["call_success", "error_rate", "availability"] as const) {
    const figure = recent(name, shares[name]);
    tiles.push({ name, check: judge(name, figure, shares[name]), series: shares[name], hours: figure.hours, rule: TILES[name].rule });
  }
  return tiles;
}

function TileCard({ name, check, series, hours, rule, unit }: Tile) {
  const { state, value, n } = check;
  const { most, least } = LIMITS[name];
  const isShare = name === "call_success" || name === "availability";
  const limit = state === "absent" ? undefined : (most ?? least);
  return (
    <section class={`tile is-${state}`} aria-label={TILES[name].name}>
      <header>
        <h2>{TILES[name].name}</h2>
        <About name={TILES[name].name} about={TILES[name].about} />
        <span class="grow" />
        <span class="mark-state" title={words.states[state]}>
          <Icon state={state} />
          <span class="hidden">{words.states[state]}</span>
        </span>
      </header>
      <p class={`figure ${state === "few" ? "faint" : ""} ${value === null ? "missing" : ""}`}>
        {value === null ? words.noData : WRITE[name](value)}
        {unit && value !== null && <small>{unit}</small>}
      </p>
      <Spark series={series} {...(limit !== undefined && { limit })} floor={isShare ? Math.min(0.8, ...series.values.map((value) => value ?? 1)) : 0} top={isShare ? 1 : 0} />
      <p class="sub">{state === "few" ? words.few : rule}</p>
      {n !== null && hours !== null && <p class="sub">{TILES.of(count(n), TILES.hours[hours])}</p>}
    </section>
  );
}

/** One line, before all else. */
function Said({ checks, alerts }: { checks: readonly Check[]; alerts: readonly Alert[] }) {
  const { state, bad, unsure, good } = verdict(checks);
  const said = words.verdict;
  const [alert] = alerts;
  // What alarms was proved to be so, and for how long: it comes before the limits of this page.
  if (alert) {
    const others = alerts.slice(1).map(({ about }) => about);
    return (
      <section class="verdict is-bad" role="status">
        <Icon state="bad" />
        <div>
          <p class="title">
            {words.alerts.title(alert.about)}
            {said.since(moment(alert.since))}
            {others.length > 0 && ` ${said.more(others.length)}`}
          </p>
          {others.length > 0 && <p>{others.join(" ")}</p>}
        </div>
      </section>
    );
  }
  const [worst] = bad;
  if (worst) {
    const title = said.bad[worst.name](WRITE[worst.name](worst.value ?? 0));
    const since = worst.since === null ? "" : said.since(moment(worst.since));
    return (
      <section class="verdict is-bad" role="status">
        <Icon state="bad" />
        <div>
          <p class="title">
            {title}
            {since}
            {bad.length > 1 && ` ${said.more(bad.length - 1)}`}
          </p>
          {bad.length > 1 && (
            <p>
              {bad
                .slice(1)
                .map(({ name, value }) => said.bad[name](WRITE[name](value ?? 0)))
                .join(". ")}
              .
            </p>
          )}
          <p>{said.rest(good.length)}</p>
        </div>
      </section>
    );
  }
  const names = unsure.map(({ name }) => said.names[name]).join(", ");
  return (
    <section class={`verdict is-${state}`} role="status">
      <Icon state={state === "good" ? "good" : "none"} />
      <div>
        <p class="title">{state === "good" ? said.good(good.length) : said[state === "waiting" ? "waiting" : "unsure"]}</p>
        {state === "unsure" && <p>{`${said.unsureLead(names)} ${said.rest(good.length)}`}</p>}
        {state === "waiting" && <p>{said.waitingLead}</p>}
      </div>
    </section>
  );
}

function Waiting() {
  return (
    <>
      <section class="verdict" role="status">
        <p class="title">{words.connecting}</p>
      </section>
      <div class="tiles">
        {(["database", "page_load", "call_success", "error_rate", "availability"] as const).map((name) => (
          <section key={name} class="tile" aria-label={TILES[name].name}>
            <header>
              <h2>{TILES[name].name}</h2>
            </header>
            <span class="bone" />
          </section>
        ))}
      </div>
    </>
  );
}
