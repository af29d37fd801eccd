//! A figure of ours beside a peer's, and how several runs become one.

use super::Row;

/// The middle of all; not a number if there are none.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One row before it is text.
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) ours: f64,
    pub(super) peer: f64,
    pub(super) decimals: usize,
    pub(super) target: &'static str,
    pub(super) is_ok: bool,
}

impl Figure {
    pub(super) fn row(self) -> Row {
        // A share of ours has no peer.
        let number =
            |value: f64| if value.is_nan() { "-".to_owned() } else { format!("{value:.*}", self.decimals) };
        // Two that lost nothing have none.
        let ratio = self.ours / self.peer;
        let ratio = if ratio.is_finite() { format!("{ratio:.2}") } else { "-".to_owned() };
        let ok = if self.is_ok { "ok" } else { "missed" };
        Row([
            self.what.to_owned(),
            number(self.ours),
            number(self.peer),
            ratio,
            self.target.to_owned(),
            ok.to_owned(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_all() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!(median(std::iter::empty()).is_nan());
    }

    #[test]
    fn a_missed_target_shows_in_its_row() {
        let figure = Figure { what: "x", ours: 1.0, peer: 4.0, decimals: 1, target: "<= 1/3", is_ok: false };
        assert_eq!(figure.row(), Row::parse("x|1.0|4.0|0.25|<= 1/3|missed").unwrap());
        let figure = Figure { what: "x", ours: 0.0, peer: 0.0, decimals: 0, target: "", is_ok: true };
        assert_eq!(figure.row(), Row::parse("x|0|0|-||ok").unwrap());
        let figure = Figure { what: "x", ours: 5.0, peer: f64::NAN, decimals: 0, target: "", is_ok: true };
        assert_eq!(figure.row(), Row::parse("x|5|-|-||ok").unwrap());
    }
}
