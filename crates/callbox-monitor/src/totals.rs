//! All values of each distribution since the start of the process: the histograms of `/metrics`.
//!
//! A sketch each, without dimensions; the bounds of a histogram are read from it. Bound: a sketch for each distribution,
//! of some hundred buckets.

use crate::{Distribution, Histogram, Sketch, Unit};

/// The sketches.
#[derive(Clone, Debug)]
pub struct Totals {
    sketches: [Sketch; Distribution::COUNT],
}

impl Default for Totals {
    fn default() -> Self {
        Self { sketches: std::array::from_fn(|_| Sketch::default()) }
    }
}

impl Totals {
    /// One more value, that stands for `weight` ones. One that is no value is left out.
    pub fn observe(&mut self, distribution: Distribution, value: f64, weight: u32) {
        let _ = self.sketches[distribution.index()].add(value, weight);
    }

    /// The values that came since an earlier moment of the same process.
    pub fn since(&self, before: Option<&Self>) -> Vec<(Distribution, Sketch)> {
        let all = Distribution::ALL.iter().zip(&self.sketches);
        let rise = |(of, sketch): (&Distribution, &Sketch)| {
            let rise =
                before.map_or_else(|| sketch.clone(), |before| sketch.since(&before.sketches[of.index()]));
            (rise.samples() > 0).then_some((*of, rise))
        };
        all.filter_map(rise).collect()
    }

    /// A histogram of each distribution that has values.
    pub fn histograms(&self) -> Vec<Histogram> {
        let of = |(of, sketch): (&Distribution, &Sketch)| Histogram {
            of: *of,
            buckets: bounds(*of).into_iter().map(|bound| (bound, sketch.at_most(bound))).collect(),
            count: sketch.weight(),
            sum: sketch.sum(),
        };
        let all = Distribution::ALL.iter().zip(&self.sketches);
        all.filter(|(_, sketch)| sketch.weight() > 0).map(of).collect()
    }
}

/// The bounds of a histogram, and the thresholds among them: shares of good and poor are read from those.
fn bounds(of: Distribution) -> Vec<f64> {
    let mut bounds: Vec<f64> = match of {
        Distribution::Cls => vec![0.01, 0.05, 0.15, 0.5, 1.0],
        Distribution::CallScore | Distribution::ReportedCallScore => vec![20.0, 40.0, 90.0],
        Distribution::CallStars => vec![1.0, 2.0, 3.0, 4.0, 5.0],
        _ => match of.unit() {
            Unit::Ratio => vec![0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0],
            Unit::Seconds => vec![10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0],
            _ => vec![5.0, 10.0, 25.0, 50.0, 150.0, 250.0, 1_000.0, 5_000.0, 10_000.0, 30_000.0],
        },
    };
    bounds.extend(of.thresholds().into_iter().flat_map(|limits| [limits.good, limits.poor]));
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quantile;

    #[test]
    fn a_histogram_counts_what_does_not_exceed_each_bound() {
        let mut totals = Totals::default();
        for value in 1..=1_000 {
            totals.observe(Distribution::Inp, f64::from(value), 1);
        }
        totals.observe(Distribution::Inp, 40.0, 500);
        let all = totals.histograms();
        assert_eq!((all.len(), all[0].of, all[0].count), (1, Distribution::Inp, 1_500));
        let within = |bound: f64| {
            let is_it = |(it, _): &&(f64, u64)| (it - bound).abs() < 1e-9;
            all[0].buckets.iter().find(is_it).map(|(_, count)| *count)
        };
        // Each bucket of the sketch is 2 % wide.
        for (bound, exact) in [(25.0, 25_u64), (200.0, 700), (500.0, 1_000), (5_000.0, 1_500)] {
            let found = within(bound).unwrap();
            assert!(found.abs_diff(exact) <= 12, "{found} up to {bound}, and not {exact}");
        }
        assert!(all[0].buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
    }

    #[test]
    fn what_came_since_a_moment_is_the_difference() {
        let mut totals = Totals::default();
        (1..=100).for_each(|value| totals.observe(Distribution::PageLoad, f64::from(value), 1));
        let before = totals.clone();
        assert!(totals.since(Some(&before)).is_empty());
        (0..50).for_each(|_| totals.observe(Distribution::PageLoad, 4_000.0, 2));
        let since = totals.since(Some(&before));
        let [(Distribution::PageLoad, sketch)] = &since[..] else { panic!("{since:?}") };
        assert_eq!((sketch.samples(), sketch.weight()), (50, 100));
        let found = sketch.quantile(Quantile::P50).unwrap();
        assert!((found / 4_000.0 - 1.0).abs() <= 0.01, "{found}");
        assert!((sketch.sum() - 400_000.0).abs() < 0.1);
        assert_eq!(totals.since(None)[0].1.samples(), 150);
    }

    #[test]
    fn every_threshold_is_a_bound() {
        for of in Distribution::ALL {
            let bounds = bounds(*of);
            assert!(bounds.len() >= 5, "{}", of.name());
            if let Some(limits) = of.thresholds() {
                assert!(bounds.contains(&limits.good) && bounds.contains(&limits.poor), "{}", of.name());
            }
        }
    }
}
