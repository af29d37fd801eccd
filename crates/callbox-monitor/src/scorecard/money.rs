//! Costs and revenues of 30 days, by prices that the operator gives. What is not measured is an input and says so.

use callbox_protocol::scorecard::{ScoreCost, ScoreRevenue};

use super::ScorecardError;

pub(super) const NAMES: &str =
    "server, monitoring, relay_gb_price, web_gb, web_gb_price, share_a, price_a, share_b, price_b";
const MONTH_DAYS: f64 = 30.0;
const GB: f64 = 1e9;

/// Prices, and what cannot be measured here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    server: f64,
    monitoring: f64,
    relay_gb_price: f64,
    web_gb: f64,
    web_gb_price: f64,
    a: (f64, f64),
    b: (f64, f64),
}

impl Default for Inputs {
    /// A rented server with two cores, metered traffic, and the guide's two guesses of who pays.
    fn default() -> Self {
        Self {
            server: 40.0,
            monitoring: 0.0,
            relay_gb_price: 0.05,
            web_gb: 0.0,
            web_gb_price: 0.05,
            a: (0.05, 10.0),
            b: (0.1, 15.0),
        }
    }
}

impl Inputs {
    /// Reads `server:40,relay_gb_price:0.01`; what is not named keeps its default.
    pub fn parse(text: &str) -> Result<Self, ScorecardError> {
        let mut inputs = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let refused = || ScorecardError::Input(part.chars().take(40).collect());
            let (name, number) = part.split_once(':').ok_or_else(refused)?;
            let number = number.trim().parse::<f64>().ok();
            let number = number.filter(|it| (0.0..=1e9).contains(it)).ok_or_else(refused)?;
            let place = match name.trim() {
                "server" => &mut inputs.server,
                "monitoring" => &mut inputs.monitoring,
                "relay_gb_price" => &mut inputs.relay_gb_price,
                "web_gb" => &mut inputs.web_gb,
                "web_gb_price" => &mut inputs.web_gb_price,
                "share_a" if number <= 1.0 => &mut inputs.a.0,
                "price_a" => &mut inputs.a.1,
                "share_b" if number <= 1.0 => &mut inputs.b.0,
                "price_b" => &mut inputs.b.1,
                _ => return Err(refused()),
            };
            *place = number;
        }
        Ok(inputs)
    }

    /// All lines, of 30 days.
    #[expect(clippy::cast_precision_loss, reason = "15 digits of a count are enough")]
    pub(super) fn money(
        &self,
        users: u64,
        relay_bytes: f64,
        days: u32,
    ) -> (Vec<ScoreCost>, Vec<ScoreRevenue>) {
        let users = users as f64;
        let relay_gb = relay_bytes / GB * MONTH_DAYS / f64::from(days);
        let cost = |name: &str, dollars: f64, guide: Option<f64>, basis: String| ScoreCost {
            name: name.to_owned(),
            dollars,
            per_user: (users > 0.0).then(|| dollars / users),
            guide_dollars: guide,
            basis,
        };
        let costs = vec![
            cost(
                "database",
                self.server,
                Some(599.0),
                "input `server`: one machine for all parts".to_owned(),
            ),
            cost("signaling", 0.0, Some(25.0), "in the same server".to_owned()),
            cost(
                "cdn",
                self.web_gb * self.web_gb_price,
                Some(20.0),
                format!("inputs: {} GB of pages at ${} each", self.web_gb, self.web_gb_price),
            ),
            cost(
                "monitoring",
                self.monitoring,
                Some(50.0),
                "input; it is in the same server. The guide says $0 to $50".to_owned(),
            ),
            cost(
                "relay",
                relay_gb * self.relay_gb_price,
                None,
                format!("measured: {relay_gb:.1} GB in 30 days, at ${} each (input)", self.relay_gb_price),
            ),
        ];
        let spent: f64 = costs.iter().map(|cost| cost.dollars).sum();
        let revenue = |name: &str, (share, price): (f64, f64)| {
            let dollars = users * share * price;
            ScoreRevenue {
                name: name.to_owned(),
                share,
                price,
                dollars,
                roi: (spent > 0.0).then(|| (dollars - spent) / spent),
            }
        };
        (costs, vec![revenue("a (input, no promise)", self.a), revenue("b (input, no promise)", self.b)])
    }
}
