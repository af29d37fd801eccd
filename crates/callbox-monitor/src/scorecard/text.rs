//! A scorecard as Markdown and as CSV.

use callbox_protocol::scorecard::{ScoreFigure, Scorecard, Verdict};
use std::fmt::Write as _;

const METHODS: &str = "Intervals are of 95 %. Shares: Wilson's score interval (1927). Means and rates: by days, as a ratio \
estimator with Student's t (Cochran, Sampling Techniques, 6.4). Changes: by the logarithm of the ratio (delta method). A line \
passes or fails if its whole interval is on one side of the target, and is of 20 values or more.";

/// As Markdown, with all definitions.
pub fn markdown(card: &Scorecard) -> String {
    let mut out = String::new();
    let baseline = card.baseline.as_deref().unwrap_or("no baseline");
    let _ = writeln!(out, "# Scorecard of {}\n\nBefore: {baseline}. Users: {}.\n", card.current, card.users);
    out.push_str("| | target | before | now | change | n | verdict |\n|---|---|---|---|---|---|---|\n");
    for line in &card.lines {
        let show = |figure: Option<ScoreFigure>, unit| figure.map_or("-".to_owned(), |it| text(&it, unit));
        let n = line.now.map_or(0, |now| now.n);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {n} | {} |",
            line.name,
            line.target,
            show(line.before, &line.unit),
            show(line.now, &line.unit),
            show(line.change, "ratio"),
            word(line.verdict)
        );
    }
    out.push_str("\n## Costs of 30 days\n\n| | here | a user | guide | by |\n|---|---|---|---|---|\n");
    for cost in &card.costs {
        let a_user = cost.per_user.map_or("-".to_owned(), |it| format!("${it:.4}"));
        let guide = cost.guide_dollars.map_or("-".to_owned(), |it| format!("${it}"));
        let _ =
            writeln!(out, "| {} | ${:.2} | {a_user} | {guide} | {} |", cost.name, cost.dollars, cost.basis);
    }
    out.push_str(
        "\n## Revenue of 30 days\n\n| | users who pay | price | revenue | ROI |\n|---|---|---|---|---|\n",
    );
    for one in &card.revenues {
        let roi = one.roi.map_or("-".to_owned(), |roi| format!("{:.0} %", roi * 100.0));
        let _ = writeln!(
            out,
            "| {} | {} % | ${} | ${:.2} | {roi} |",
            one.name,
            one.share * 100.0,
            one.price,
            one.dollars
        );
    }
    out.push_str("\n## Definitions\n\n");
    for line in &card.lines {
        let _ = writeln!(out, "* {}: {}", line.name, line.definition);
    }
    let _ = writeln!(out, "\n{METHODS}");
    out
}

/// The promises as CSV, a line each; values are not rounded.
pub fn csv(card: &Scorecard) -> String {
    let mut out = String::from(
        "name,unit,target,before,before_low,before_high,before_n,now,now_low,now_high,now_n,now_p75,change,change_low,change_high,verdict\n",
    );
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let four = |figure: Option<ScoreFigure>| {
        let n = figure.map_or(String::new(), |it| it.n.to_string());
        let of = |part: fn(ScoreFigure) -> Option<f64>| number(figure.and_then(part));
        format!("{},{},{},{n}", of(|it| Some(it.value)), of(|it| it.low), of(|it| it.high))
    };
    for line in &card.lines {
        let change = line.change.unwrap_or_default();
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{}",
            line.name,
            line.unit,
            line.target,
            four(line.before),
            four(line.now),
            number(line.now.and_then(|now| now.p75)),
            number(line.change.map(|it| it.value)),
            number(change.low),
            number(change.high),
            word(line.verdict)
        );
    }
    out
}

fn text(figure: &ScoreFigure, unit: &str) -> String {
    let one = |value: f64| match unit {
        "ratio" => format!("{:.2} %", value * 100.0),
        "ms" => format!("{:.2} s", value / 1_000.0),
        _ => format!("{value:.2}"),
    };
    let ends = figure.low.zip(figure.high);
    let ends = ends.map_or(String::new(), |(low, high)| format!(" ({} to {})", one(low), one(high)));
    let p75 = figure.p75.map_or(String::new(), |p75| format!(", p75 {}", one(p75)));
    format!("{}{ends}{p75}", one(figure.value))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotEnoughData => "not enough data",
        Verdict::NoBaseline => "no baseline",
        Verdict::NotApplicable => "not applicable",
    }
}
