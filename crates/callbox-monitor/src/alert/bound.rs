//! Whether a share is below a limit beyond doubt, by the exact binomial distribution.
//!
//! The upper end of the Clopper-Pearson interval of `good` of `n` is below a limit if and only if so few good ones, or
//! fewer, would be less likely than `RISK` at that limit. So no interval has to be found: one tail is added up.

/// How unlikely chance must be. One look in ten thousand: a rule looks each ten seconds at four windows that overlap, and
/// the simulation in `simulation.rs` finds less than one false alert in 30 days with it.
const RISK: f64 = 1e-4;

/// Whether the true share of `good` among `n` is below `limit`, beyond doubt.
pub(super) fn is_surely_below(good: u64, n: u64, limit: f64) -> bool {
    n > 0 && good <= n && (0.0..=1.0).contains(&limit) && lower_tail(good, n, limit) < RISK
}

/// How likely `good` or fewer of `n` are, if each is good with this probability. Above the mean it says 1, which is enough here.
fn lower_tail(good: u64, n: u64, share: f64) -> f64 {
    let (k, n) = (float(good), float(n));
    if share <= 0.0 || k >= n * share {
        return 1.0;
    }
    if share >= 1.0 {
        return 0.0;
    }
    // Below the mean each term is smaller than the one above it.
    let odds = (1.0 - share) / share;
    let (mut sum, mut term, mut at) = (1.0, 1.0, k);
    while at > 0.0 {
        term *= at / (n - at + 1.0) * odds;
        sum += term;
        if term < sum * 1e-12 {
            break;
        }
        at -= 1.0;
    }
    let first = ln_choose(n, k) + k * share.ln() + (n - k) * (1.0 - share).ln();
    first.exp() * sum
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// Stirling's series, after the argument was raised above 10: an error of 10^-12.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0_f64);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * (1.0 / 1_260.0 - inverse / 1_680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - product.ln()
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By products of whole numbers, for small ones.
    fn exact(good: u64, n: u64, share: f64) -> f64 {
        let mut sum = 0.0;
        for k in 0..=good {
            let choose = (0..k).fold(1.0, |product, i| product * float(n - i) / float(i + 1));
            let power = |base: f64, times: u64| base.powi(i32::try_from(times).unwrap());
            sum += choose * power(share, k) * power(1.0 - share, n - k);
        }
        sum
    }

    #[test]
    fn the_tail_is_the_binomial_distribution_s() {
        for n in 1..60 {
            for share in [0.5, 0.9, 0.95, 0.99] {
                for good in (0..n).filter(|good| float(*good) < float(n) * share) {
                    let (found, expected) = (lower_tail(good, n, share), exact(good, n, share));
                    assert!(
                        (found / expected - 1.0).abs() < 1e-8,
                        "{good} of {n} at {share}: {found} and not {expected}"
                    );
                }
            }
        }
        // scipy.stats.binom.cdf(3300, 4000, 0.85)
        // Added up with 60 digits.
        assert!((lower_tail(3_300, 4_000, 0.85) / 7.890_689_491e-6 - 1.0).abs() < 1e-8);
    }

    #[test]
    fn few_failures_prove_nothing_and_many_do() {
        let proves = |good, n| is_surely_below(good, n, 0.9);
        assert!(!proves(0, 3) && proves(0, 5), "three calls that failed are one in a thousand");
        assert!(!proves(0, 0) && !proves(95, 100) && !proves(90, 100) && !proves(85, 100));
        assert!(proves(70, 100) && proves(800, 1_000) && !proves(880, 1_000));
        assert!(proves(86_000, 100_000) && !proves(90_001, 100_000));
        assert!(!is_surely_below(5, 3, 0.9) && !is_surely_below(1, 3, f64::NAN), "what cannot be");
    }
}
