//! The limits of the system: open files, and the buffers of sockets.
//!
//! The limit of open files is the process's own; a service may have another, and the finding says so.

use super::Finding;
use crate::limits::OTHER_FILES;

/// The size that the relay asks for; see `LISTENER_BYTES` in `sockets.rs` of `callbox-media`.
const BUFFER_BYTES: u64 = 4 * 1_024 * 1_024;

/// The kernel's bounds of sockets' buffers, in `/proc/sys/net/core`.
pub const BUFFERS: [&str; 2] = ["rmem_max", "wmem_max"];

/// Whether so many sessions find files, and so many allocations of the relay.
pub fn decide_files(granted: Option<u64>, sessions_max: usize, allocations: u32) -> Finding {
    let check = "open files";
    let sessions = u64::try_from(sessions_max).unwrap_or(u64::MAX);
    let needed = sessions.saturating_add(OTHER_FILES).saturating_add(allocations.into());
    match granted {
        Some(granted) if granted < needed => Finding::warn(
            check,
            format!(
                "This shell may raise its limit to {granted}, and full use takes {needed}; a service may differ."
            ),
            format!(
                "`LimitNOFILE={needed}` in the systemd unit, `ulimit -Hn {needed}` as root, or --set sessions_max=N with \
                 fewer than {sessions_max}."
            ),
        ),
        Some(granted) => {
            Finding::ok(check, format!("The limit may be raised to {granted}, and full use takes {needed}."))
        }
        None => Finding::ok(check, format!("There is no limit, and full use takes {needed}.")),
    }
}

/// Whether the relay gets the buffers that it asks for; `granted` is in the order of [`BUFFERS`].
pub fn decide_buffers(has_relay: bool, granted: [Option<u64>; 2]) -> Finding {
    let check = "socket buffers";
    if !has_relay {
        return Finding::ok(check, "The settings ask for no relay, which alone needs large ones.");
    }
    let of = |is_wanted: fn(Option<u64>) -> bool| {
        let all = BUFFERS.into_iter().zip(granted).filter(move |(_, granted)| is_wanted(*granted));
        all.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let small = of(|granted| granted.is_some_and(|bytes| bytes < BUFFER_BYTES));
    if !small.is_empty() {
        let lines: Vec<_> = small.iter().map(|name| format!("net.core.{name}={BUFFER_BYTES}")).collect();
        return Finding::warn(
            check,
            format!("{} below {BUFFER_BYTES} bytes: the relay loses packets with many calls.", verb(&small)),
            format!("`sysctl -w {}`, and the same in /etc/sysctl.d/callbox.conf.", lines.join(" ")),
        );
    }
    let unknown = of(|granted| granted.is_none());
    if unknown.is_empty() {
        Finding::ok(check, format!("The system grants the {BUFFER_BYTES} bytes that the relay asks for."))
    } else {
        Finding::ok(
            check,
            format!("Whether they are large enough is not known: {} not readable.", verb(&unknown)),
        )
    }
}

fn verb(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("net.core.{name}")).collect();
    format!("{} {}", names.join(" and "), if names.len() == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn files_are_counted_for_sessions_and_for_the_relay() {
        assert_eq!(decide_files(Some(10_512), 10_000, 0).state, State::Ok);
        let warned = decide_files(Some(10_512), 10_000, 16_384);
        assert!(warned.state == State::Warn && warned.fix.unwrap().contains("LimitNOFILE=26896"));
        assert_eq!(decide_files(Some(26_896), 10_000, 16_384).state, State::Ok);
        assert_eq!(decide_files(None, 1_000_000, 16_384).state, State::Ok);
    }

    #[test]
    fn buffers_too_small_for_the_relay_are_named() {
        let (small, large) = (Some(BUFFER_BYTES - 1), Some(BUFFER_BYTES));
        for (granted, state, words) in [
            ([large, large], State::Ok, "grants"),
            ([small, large], State::Warn, "net.core.rmem_max is below"),
            ([small, small], State::Warn, "net.core.rmem_max and net.core.wmem_max are below"),
            ([None, small], State::Warn, "sysctl -w net.core.wmem_max=4194304`"),
            ([large, None], State::Ok, "is not known: net.core.wmem_max is"),
        ] {
            let finding = decide_buffers(true, granted);
            let text = format!("{} {}", finding.found, finding.fix.as_deref().unwrap_or_default());
            assert!(finding.state == state && text.contains(words), "{text}");
        }
        assert_eq!(decide_buffers(false, [small, small]).state, State::Ok);
    }
}
