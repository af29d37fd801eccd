//! Hosted TURN services: which ones will be asked. They are other machines, and doctor asks this one alone.

use super::Finding;
use crate::Config;

const CHECK: &str = "ice services";

/// Only if there is one.
pub fn check(config: &Config) -> Option<Finding> {
    if config.ice.services.is_empty() {
        return None;
    }
    let places: Vec<String> = config.ice.services.iter().map(|service| format!("{service:?}")).collect();
    let places = places.join(", ");
    Some(Finding::ok(
        CHECK,
        format!(
            "Credentials will be asked of {places}; `ice_services` in /v1/stats shows whether they come."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::doctor::tests::config;

    #[test]
    fn services_are_named_and_their_tokens_are_not() {
        let text = r#"[{ kind = "cloudflare", key = "k1", token = "north" }]"#;
        let finding = check(&config(&[("ice_services", text)])).unwrap();
        assert!(finding.state == State::Ok && finding.found.contains("https://rtc.live.cloudflare.com"));
        assert!(!finding.found.contains("north"));
        assert!(check(&config(&[])).is_none());
    }
}
