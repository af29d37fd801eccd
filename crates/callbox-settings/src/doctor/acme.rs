//! The certificate by ACME: how long it lasts, and the faults that keep the next one from coming.
//!
//! Judged by the files that a server keeps. Nothing is ordered.

use callbox_identity::certificate::Validity;
use callbox_identity::renewal::{self, Health};
use callbox_protocol::time::UnixMillis;

use super::certificate::CHECK;
use super::{Finding, duration};
use crate::acme::STAGING;

/// The facts that it is judged by.
pub struct Known<'a> {
    /// The name that people type.
    pub name: &'a str,
    /// The URL of the ACME server's directory.
    pub directory: &'a str,
    /// Of the certificate that is kept, if there is one.
    pub validity: Option<Validity>,
    /// The last try, if it failed: when, and why.
    pub failure: Option<(UnixMillis, &'a str)>,
    /// Whether a server runs on the data folder, if that is known.
    pub is_in_use: Option<bool>,
}

/// How the certificate is, and the fix.
pub fn decide(known: &Known<'_>, now: UnixMillis) -> Finding {
    let Known { name, directory, validity, failure, is_in_use } = *known;
    let last = failure.map(|(at, reason)| {
        let ago = duration(i64::try_from(now.since(at) / 1_000).unwrap_or(i64::MAX));
        format!(" The last try failed {ago} ago: {}.", reason.trim_end_matches('.'))
    });
    let last = last.unwrap_or_default();
    let fix = format!(
        "See to it that {name} leads to this machine in the DNS, and that TCP port 443 is open to all, or to what the reason \
         says; then `systemctl reload callbox` (SIGHUP) tries at once, unless four tries failed within the hour or the ACME server asked for a pause."
    );
    match (renewal::health(validity, now), validity) {
        (Health::Missing, _) | (_, None) if failure.is_some() => {
            Finding::fail(CHECK, format!("There is none for {name} yet, so nobody can connect.{last}"), fix)
        }
        (Health::Missing, _) | (_, None) if is_in_use == Some(true) => Finding::warn(
            CHECK,
            format!("There is none for {name} yet; the server orders it now, or waits until it may."),
            "The server's log tells how it goes.",
        ),
        (Health::Missing, _) | (_, None) => Finding::ok(
            CHECK,
            format!("The server will order one for {name} at its start, from {directory}."),
        ),
        (Health::Ended, Some(validity)) => {
            let ago = duration(-validity.seconds_left(now));
            Finding::fail(CHECK, format!("It expired {ago} ago, and browsers refuse it.{last}"), fix)
        }
        (Health::Ending, Some(validity)) => {
            let rest = duration(validity.seconds_left(now));
            Finding::warn(CHECK, format!("It expires in {rest}, and should have been renewed.{last}"), fix)
        }
        (Health::Good, Some(validity)) if failure.is_some() => {
            let rest = duration(validity.seconds_left(now));
            Finding::warn(CHECK, format!("It is for {name} and lasts {rest}.{last}"), fix)
        }
        (Health::Good, Some(_)) if directory == STAGING => Finding::warn(
            CHECK,
            format!("It is for {name} by Let's Encrypt's staging server, and browsers refuse it."),
            "Set `acme_directory` to \"letsencrypt\" once all works.",
        ),
        (Health::Good, Some(validity)) => {
            let (rest, renewal) =
                (duration(validity.seconds_left(now)), renewal::renew_at(Some(validity)).since(now));
            let renewal = duration(i64::try_from(renewal / 1_000).unwrap_or(i64::MAX));
            Finding::ok(CHECK, format!("It is for {name}, lasts {rest}, and is renewed in {renewal}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_certificate_by_acme_is_judged_by_what_is_left_of_it_and_by_the_last_failure() {
        const DAY: i64 = 24 * 3_600;
        let now = 20_000 * DAY;
        let lasts =
            |days: i64| Some(Validity { not_before: now - (90 - days) * DAY, not_after: now + days * DAY });
        let at = UnixMillis(u64::try_from(now * 1_000).unwrap());
        let failed = Some((at.minus(7_200_000), "no route to port 443."));
        for (validity, failure, is_in_use, state, words) in [
            (None, None, Some(false), State::Ok, "will order one for call.example.org"),
            (None, None, Some(true), State::Warn, "orders it now"),
            (None, failed, None, State::Fail, "failed 2 hours ago: no route to port 443. See to it"),
            (lasts(80), None, None, State::Ok, "lasts 80 days, and is renewed in 50 days"),
            (lasts(25), failed, None, State::Warn, "lasts 25 days. The last try"),
            (lasts(10), failed, None, State::Warn, "should have been renewed"),
            (lasts(-1), failed, None, State::Fail, "expired 1 day ago"),
        ] {
            let known = Known {
                name: "call.example.org",
                directory: "https://acme.example/dir",
                validity,
                failure,
                is_in_use,
            };
            let finding = decide(&known, at);
            let text = format!("{} {}", finding.found, finding.fix.as_deref().unwrap_or_default());
            assert!(finding.state == state && text.contains(words), "{finding:?}");
        }
        let known = Known {
            name: "call.example.org",
            directory: STAGING,
            validity: lasts(80),
            failure: None,
            is_in_use: None,
        };
        assert!(decide(&known, at).found.contains("browsers refuse"));
    }
}
