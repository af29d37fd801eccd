/**
 * Reports of one kind, each with who is in it and what was said.
 */
import type { Page, Party, ReportItem, ReportStatus } from "@callbox/client";
import { useState } from "preact/hooks";
import { List } from "../account/list.js";
import { client, day, moment, usePages } from "../account/session.js";
import { Said, useTask } from "../components/task.js";
import { words as general } from "../messages.js";
import { moderation as words } from "../messages/moderation.js";
import { BanDialog } from "./ban.js";

export function Reports({ status }: { status: ReportStatus }) {
  const pages = usePages<ReportItem>((before) =>
    client().login.ask<Page<ReportItem>>("GET", `moderation/reports?status=${status}${before ? `&before=${encodeURIComponent(before)}` : ""}`),
  );
  const settle = (report: ReportItem) => pages.remove(({ id }) => id === report.id);
  return (
    <List pages={pages} none={words.none[status]} label={words.views[status]}>
      {(report) => <Report key={report.id} report={report} onSettled={() => settle(report)} />}
    </List>
  );
}

function Report({ report, onSettled }: { report: ReportItem; onSettled: () => void }) {
  const [isBanning, setBanning] = useState(false);
  const { isBusy, fault, run } = useTask();
  const name = report.reported.name || words.report.unnamed;
  const { at, reporter, reported, dismiss, dismissLabel, ban, banLabel, reopen, reopenLabel } = words.report;
  const openAgain = () => client().login.ask("POST", `moderation/reports/${report.id}/reopen`, {}).then(onSettled);
  const settle = () => client().login.ask("POST", `moderation/reports/${report.id}/dismiss`, {}).then(onSettled);
  return (
    <li class="complaint">
      <h2>{general.report.reasons[report.reason]}</h2>
      <p class="hint">{at(moment(report.at))}</p>
      {report.note !== "" && <blockquote dir="auto">{report.note}</blockquote>}
      <Lines report={report} />
      <dl class="parties">
        <Who label={reported} party={report.reported} />
        <Who label={reporter} party={report.reporter} />
      </dl>
      <Said fault={fault} />
      {report.status === "open" && (
        <div class="choices">
          <button type="button" class="grave" aria-label={banLabel(name)} aria-haspopup="dialog" onClick={() => setBanning(true)}>
            {ban}
          </button>
          <button type="button" class="quiet" aria-label={dismissLabel(name)} aria-disabled={isBusy} onClick={() => void run(settle)}>
            {dismiss}
          </button>
        </div>
      )}
      {report.status !== "open" && (
        <div class="choices">
          <button type="button" class="quiet" aria-label={reopenLabel(name)} aria-disabled={isBusy} onClick={() => void run(openAgain)}>
            {reopen}
          </button>
        </div>
      )}
      {isBanning && <BanDialog path={`moderation/reports/${report.id}/ban`} name={name} onClose={() => setBanning(false)} onDone={onSettled} />}
    </li>
  );
}

function Lines({ report }: { report: ReportItem }) {
  const { lines, noLines, one, unnamed, reporter, reported } = words.report;
  if (report.lines.length === 0) return <p class="hint">{noLines}</p>;
  const who = (from: string) => {
    if (report.reporter_side === null) return one;
    const isReporter = from === report.reporter_side;
    const { name } = isReporter ? report.reporter : report.reported;
    return `${name || unnamed} (${(isReporter ? reporter : reported).toLowerCase()})`;
  };
  return (
    <div class="said">
      <h3>{lines}</h3>
      <ol>
        {report.lines.map(({ from, text }, index) => (
          <li key={index}>
            <span class="hint">
              <bdi>{who(from)}</bdi>:
            </span>{" "}
            <bdi>{text}</bdi>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Who({ label, party }: { label: string; party: Party }) {
  const { times, since, isBanned, isHeld, gone, unnamed } = words.report;
  const facts = [party.created_at === null ? gone : since(day(party.created_at)), times(party.reports), party.is_banned && isBanned, party.is_held && isHeld].filter(Boolean);
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <strong>
          <bdi>{party.name || unnamed}</bdi>
        </strong>
        <span class="hint">{facts.join(" · ")}</span>
      </dd>
    </div>
  );
}
