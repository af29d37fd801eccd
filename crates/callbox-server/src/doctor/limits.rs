//! The limits of the system: open files, and the buffers of sockets.
//!
//! Both are read, and neither is changed.

use callbox_settings::doctor::limits::{BUFFERS, decide_buffers, decide_files};
use rustix::process::{Resource, getrlimit};

use super::Finding;
use crate::config::Config;

pub(super) fn check(config: &Config) -> [Finding; 2] {
    let has_relay = config.relay.listen.is_some();
    let allocations = if has_relay { config.relay.allocations_max() } else { 0 };
    let granted = BUFFERS
        .map(|name| std::fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?.trim().parse().ok());
    [
        decide_files(getrlimit(Resource::Nofile).maximum, config.limits.sessions_max, allocations),
        decide_buffers(has_relay, granted),
    ]
}
