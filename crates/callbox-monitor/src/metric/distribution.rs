//! What percentiles are kept of, and what counts as good.
//!
//! Thresholds stand only where somebody has published them; a value is judged when it is counted, so that the share of
//! good ones is exact.

super::metrics! {
    /// A kind of value of which all percentiles are kept.
    Distribution:

    "lcp" Milliseconds "Largest contentful paint: when the largest element of the first screen was shown." { Lcp }
    "inp" Milliseconds "Interaction to next paint: how long the page took to answer, in its slowest interactions." { Inp }
    "cls" Score "Cumulative layout shift: how much the page jumped." { Cls }
    "fcp" Milliseconds "First contentful paint: when the page showed something." { Fcp }
    "ttfb" Milliseconds "Time to first byte of the page." { Ttfb }
    "fid" Milliseconds "First input delay: how long the first input waited for the page." { Fid }
    "page_load" Milliseconds "Time until the load event of the page ended." { PageLoad }
    "call_confirmed" Milliseconds "From the match to both confirmations." { CallConfirmed }
    "call_offer" Milliseconds "From the match to the first offer." { CallOffer }
    "call_answer" Milliseconds "From the match to the first answer." { CallAnswer }
    "call_ice" Milliseconds "From the answer until ICE has found a way." { CallIce }
    "call_dtls" Milliseconds "The handshake of DTLS." { CallDtls }
    "call_first_frame" Milliseconds "From the match to the first frame of the other side." { CallFirstFrame }
    "call_length" Seconds "From the match to the end of the call." { CallLength }
    "call_score" Score "The mean score of a side of a call, from 0 to 95." { CallScore }
    "call_rtt" Milliseconds "The round trip between the two sides of a call." { CallRtt }
    "call_loss" Ratio "The share of packets that a side of a call did not receive." { CallLoss }
    "call_stars" Score "The stars that people gave after a call at first, from 1 to 5." { CallStars }
    "reported_call_setup" Milliseconds "From the beginning of a call of another app to its first picture or sound, as browsers reported." { ReportedCallSetup }
    "reported_call_length" Seconds "The length of a call of another app, as browsers reported." { ReportedCallLength }
    "reported_call_score" Score "The score of a side of a call of another app, from 0 to 95." { ReportedCallScore }
    "reported_call_rtt" Milliseconds "The round trip of a call of another app, as browsers reported." { ReportedCallRtt }
    "reported_call_loss" Ratio "The share of packets that a side of a call of another app did not receive." { ReportedCallLoss }
    "probe" Milliseconds "How long the own probe of the server took." { Probe }
}

/// Between which values a figure is good, needs improvement, or is poor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// As good as this is good.
    pub good: f64,
    /// Worse than this is poor.
    pub poor: f64,
}

/// How good a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// At or within the good threshold.
    Good,
    /// Between the two.
    Needs,
    /// Beyond the poor threshold.
    Poor,
}

impl Thresholds {
    /// The grade of a value. If `good` is the larger one, more is better.
    pub fn judge(self, value: f64) -> Grade {
        let sign = if self.good <= self.poor { 1.0 } else { -1.0 };
        let is_within = |bound: f64| sign * value <= sign * bound;
        match (is_within(self.good), is_within(self.poor)) {
            (true, _) => Grade::Good,
            (false, true) => Grade::Needs,
            (false, false) => Grade::Poor,
        }
    }
}

impl Distribution {
    /// When its values are good and when poor, where that is published.
    ///
    /// Those of the browser are web.dev's, at the 75th percentile; FID's was published until INP took its place. Page
    /// load is what operators ask of it: 2 s, and an alarm at 3 s. The score's are our own levels of quality.
    pub const fn thresholds(self) -> Option<Thresholds> {
        let (good, poor) = match self {
            Self::Lcp => (2_500.0, 4_000.0),
            Self::Inp => (200.0, 500.0),
            Self::Cls => (0.1, 0.25),
            Self::Fcp => (1_800.0, 3_000.0),
            Self::Ttfb => (800.0, 1_800.0),
            Self::Fid => (100.0, 300.0),
            Self::PageLoad => (2_000.0, 3_000.0),
            Self::CallScore | Self::ReportedCallScore => (80.0, 60.0),
            _ => return None,
        };
        Some(Thresholds { good, poor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_threshold_is_still_within_it() {
        let grade = |of: Distribution, value| of.thresholds().unwrap().judge(value);
        assert_eq!(grade(Distribution::Lcp, 2_500.0), Grade::Good);
        assert_eq!(grade(Distribution::Lcp, 2_500.1), Grade::Needs);
        assert_eq!(grade(Distribution::Cls, 0.25), Grade::Needs);
        assert_eq!(grade(Distribution::Cls, 0.26), Grade::Poor);
        assert_eq!(Distribution::CallDtls.thresholds(), None);
    }

    #[test]
    fn more_is_better_where_good_is_the_larger_threshold() {
        let score = Distribution::CallScore.thresholds().unwrap();
        assert_eq!(
            [90.0, 80.0, 70.0, 60.0, 59.0].map(|value| score.judge(value)),
            [Grade::Good, Grade::Good, Grade::Needs, Grade::Needs, Grade::Poor]
        );
    }
}
