/**
 * The server's rules: what fires or will, what is silenced, and how all others stand.
 */
import type { Alert, Alerts as AlertsAnswer } from "@callbox/client";
import { dashboard } from "../messages/dashboard.js";
import { moment } from "./numbers.js";
import { Badge, Panel, Table } from "./parts.js";
import type { State } from "./verdict.js";

const words = dashboard.alerts;
const STATES: Record<Alert["state"], State> = { ok: "good", pending: "few", firing: "bad", no_data: "none", not_applicable: "absent" };

/** What fires, of which somebody should know: the first is the worst. */
export const firing = (answer: AlertsAnswer | null): readonly Alert[] => answer?.alerts.filter(({ state }) => state === "firing") ?? [];

export function Alerts({ answer, failed }: { answer: AlertsAnswer | null; failed: { readonly hasFailed: boolean; again(): void } }) {
  const alerts = answer?.alerts ?? [];
  const shown = alerts.filter(({ state, silenced_until }) => state === "firing" || state === "pending" || silenced_until !== null);
  const others = alerts.filter((alert) => !shown.includes(alert));
  return (
    <Panel name={words.name} about={words.about} wide={12} side={answer && words.targets(answer.targets)} isWaiting={answer === null} failed={failed}>
      {answer?.at === null && <p class="sub">{words.off}</p>}
      {answer?.rules_error && (
        <p class="sub" role="alert">
          {words.wrong(answer.rules_error)}
        </p>
      )}
      {shown.length === 0 ? <p class="sub">{words.none}</p> : <Rules label={words.now} alerts={shown} />}
      <details>
        <summary>{words.others(others.length)}</summary>
        <Rules label={words.others(others.length)} alerts={others} />
      </details>
    </Panel>
  );
}

const Rules = ({ label, alerts }: { label: string; alerts: readonly Alert[] }) => (
  <div class="rules">
    <Table label={label} head={words.head} rows={alerts.map((alert) => ({ key: alert.rule, cells: cells(alert) }))} />
  </div>
);

function cells(alert: Alert) {
  const { rule, about, state, since, value, count, fires, note, is_flapping, silenced_until, inhibited_by, muted_until } = alert;
  const quiet = [
    is_flapping && words.flaps,
    silenced_until !== null && words.silenced(moment(silenced_until)),
    inhibited_by !== null && words.inhibited(inhibited_by),
    muted_until !== null && state === "firing" && words.muted(moment(muted_until)),
    state === "no_data" && note,
  ].filter(Boolean);
  return [
    <code key="rule">{rule}</code>,
    <Badge key="state" state={STATES[state]}>
      {words.states[state]}
      {(state === "firing" || state === "pending") && words.since(moment(since))}
    </Badge>,
    value === null ? dashboard.noData : `${value}${count === null ? "" : `, n = ${count}`}`,
    [about, `${words.fires} ${fires}.`, ...quiet].join(" "),
  ];
}
