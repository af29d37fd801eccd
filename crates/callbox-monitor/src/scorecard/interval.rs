//! 95 % intervals of shares, of means, and of changes.
//!
//! Shares: Wilson's score interval (E. B. Wilson, 1927; recommended by Brown, Cai and `DasGupta`, Statistical Science 16, 2001).
//! Means: days are taken as the units, since values of one day are not independent of each other. A mean is the ratio of two
//! sums over days, and its variance is that of a ratio estimator (W. G. Cochran, Sampling Techniques, 3rd edition,
//! section 6.4, without the finite correction), with Student's t of one less than the days. A change is the ratio of two such, by
//! the logarithm (the delta method).

/// The normal distribution's 97.5th percentile.
const Z: f64 = 1.959_963_985;
/// Student's t, the 97.5th percentile, for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// A mean over days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    pub(super) value: f64,
    /// The half width of its interval; `None` with less than two days.
    pub(super) half: Option<f64>,
}

/// Wilson's interval of `part` of `whole`, which is not zero.
pub(super) fn wilson(part: f64, whole: f64) -> (f64, f64) {
    let share = part / whole;
    let (zz, middle) = (Z * Z / whole, share + Z * Z / (2.0 * whole));
    let half = Z * (share * (1.0 - share) / whole + Z * Z / (4.0 * whole * whole)).sqrt();
    (((middle - half) / (1.0 + zz)).max(0.0), ((middle + half) / (1.0 + zz)).min(1.0))
}

/// The sum of the parts by the sum of the wholes, with its interval by days. Days without a whole are left out.
pub(super) fn mean(days: &[(f64, f64)]) -> Option<Mean> {
    let days: Vec<_> = days.iter().copied().filter(|(_, whole)| *whole > 0.0).collect();
    let n = count(days.len());
    let (parts, wholes) = days.iter().fold((0.0, 0.0), |sum: (f64, f64), day| (sum.0 + day.0, sum.1 + day.1));
    if wholes <= 0.0 {
        return None;
    }
    let value = parts / wholes;
    let half = (days.len() > 1).then(|| {
        let squares: f64 = days.iter().map(|(part, whole)| (part - value * whole).powi(2)).sum();
        let mean_whole = wholes / n;
        let error = (squares / (n * (n - 1.0))).sqrt() / mean_whole;
        T.get(days.len() - 2).copied().unwrap_or(Z + 2.4 / (n - 1.0)) * error
    });
    Some(Mean { value, half })
}

/// By how much `now` is more than `before`, as a share, with its interval. `None` if one of them is not above zero.
pub(super) fn change(before: Mean, now: Mean) -> Option<(f64, Option<(f64, f64)>)> {
    if before.value <= 0.0 || now.value <= 0.0 {
        return None;
    }
    let ratio = now.value / before.value;
    let ends = before.half.zip(now.half).map(|(half_before, half_now)| {
        let half = (half_before / before.value).hypot(half_now / now.value);
        (ratio * (-half).exp() - 1.0, ratio * half.exp() - 1.0)
    });
    Some((ratio - 1.0, ends))
}

pub(super) fn count(n: usize) -> f64 {
    u32::try_from(n).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} and not {expected}");
    }

    #[test]
    fn a_share_has_wilsons_interval() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (part, whole, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611)]
        {
            let found = wilson(part, whole);
            is_near(found.0, low);
            is_near(found.1, high);
        }
        is_near(wilson(29.0, 29.0).0, 0.8830);
        is_near(wilson(29.0, 29.0).1, 1.0);
    }

    #[test]
    fn a_mean_of_equal_days_has_students_interval() {
        let found = mean(&[(10.0, 1.0), (12.0, 1.0), (14.0, 1.0), (0.0, 0.0)]).unwrap();
        is_near(found.value, 12.0);
        // t(2) times 2 / sqrt(3).
        is_near(found.half.unwrap(), 4.303 * 2.0 / 3.0_f64.sqrt());
        assert_eq!(mean(&[(5.0, 1.0)]).unwrap().half, None);
        assert_eq!(mean(&[(0.0, 0.0)]), None);
        let equal = vec![(3.0, 1.0); 60];
        is_near(mean(&equal).unwrap().half.unwrap(), 0.0);
    }

    #[test]
    fn a_change_is_a_ratio_and_its_interval_is_around_it() {
        let (before, now) = (Mean { value: 10.0, half: Some(1.0) }, Mean { value: 15.0, half: Some(1.5) });
        let (by, ends) = change(before, now).unwrap();
        is_near(by, 0.5);
        let half = 0.02_f64.sqrt();
        is_near(ends.unwrap().0, 1.5 * (-half).exp() - 1.0);
        is_near(ends.unwrap().1, 1.5 * half.exp() - 1.0);
        assert_eq!(change(Mean { value: 0.0, half: None }, now), None);
    }
}
