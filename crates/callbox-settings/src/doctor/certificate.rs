//! The certificate: how long it lasts, and whether it is for the name that people type.
//!
//! Its signer is not judged: browsers decide that, each by its own list.

use callbox_identity::certificate::Validity;
use callbox_identity::origin::Origin;
use callbox_protocol::time::UnixMillis;

use super::{Finding, duration};

/// The subject.
pub const CHECK: &str = "certificate";

/// Certbot renews 30 days before the end: with fewer days than this, the renewal does not work.
const DAYS_MIN: i64 = 14;

const DAY_SECONDS: i64 = 24 * 3_600;

/// How a certificate of the settings is; `is_for` says whether it has this name.
pub fn decide(
    validity: Option<Validity>,
    now: UnixMillis,
    public_url: Option<&Origin>,
    is_for: &dyn Fn(&str) -> bool,
) -> Finding {
    let Some(validity) = validity else {
        return Finding::fail(
            CHECK,
            "The file of `tls_certificate` holds no X.509 certificate.",
            "Let `tls_certificate` name the chain in PEM, such as certbot's fullchain.pem.",
        );
    };
    let left = validity.seconds_left(now);
    let days = left / DAY_SECONDS;
    let now = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX);
    let renewal = "Renew it (`certbot renew`, and see why that did not run by itself); it is then read within a minute.";
    if now < validity.not_before {
        return Finding::fail(
            CHECK,
            format!("It begins to be valid in {}.", duration(validity.not_before - now)),
            "Set this machine's clock (`timedatectl set-ntp true`), or wait.",
        );
    }
    if left < 0 {
        return Finding::fail(CHECK, format!("It expired {} ago.", duration(-left)), renewal);
    }
    if days < DAYS_MIN {
        return Finding::warn(CHECK, format!("It expires in {}.", duration(left)), renewal);
    }
    match public_url {
        Some(url) if !is_for(url.host()) => Finding::warn(
            CHECK,
            format!("It is not for {}, the name in `public_url`; it lasts {days} days.", url.host()),
            format!(
                "Get one for that name (`certbot certonly -d {}`), or correct `public_url`; right if a proxy with its own \
                 certificate stands before.",
                url.host()
            ),
        ),
        Some(url) => Finding::ok(CHECK, format!("It is for {} and lasts {days} days.", url.host())),
        None => Finding::ok(CHECK, format!("It lasts {days} days.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_end_that_is_near_is_warned_of_and_one_that_has_passed_fails() {
        let now = 1_000 * DAY_SECONDS;
        for (not_before, left, state, words) in [
            (0, 90 * DAY_SECONDS, State::Ok, "lasts 90 days"),
            (0, 14 * DAY_SECONDS, State::Ok, "lasts 14 days"),
            (0, 14 * DAY_SECONDS - 1, State::Warn, "expires in 13 days"),
            (0, 7_200, State::Warn, "expires in 2 hours"),
            (0, -1, State::Fail, "expired less than an hour ago"),
            (0, -40 * DAY_SECONDS, State::Fail, "expired 40 days ago"),
            (now + DAY_SECONDS, 90 * DAY_SECONDS, State::Fail, "valid in 1 day"),
        ] {
            let validity = Validity { not_before, not_after: now + left };
            let now = UnixMillis(u64::try_from(now * 1_000).unwrap());
            let finding = decide(Some(validity), now, None, &|_| true);
            assert!(finding.state == state && finding.found.contains(words), "{finding:?}");
        }
        assert_eq!(decide(None, UnixMillis(0), None, &|_| true).state, State::Fail);
    }
}
