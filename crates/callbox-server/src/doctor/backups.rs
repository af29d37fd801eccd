//! The newest backup, if there is one. No backup is opened.

use callbox_protocol::time::UnixMillis;
use callbox_settings::doctor::backups::decide;

use super::Finding;
use crate::backups;
use crate::config::Config;

pub(super) fn check(config: &Config, is_in_use: Option<bool>, now: UnixMillis) -> Finding {
    let newest = backups::newest(&config.backups).map(|backup| backup.at);
    decide(config, newest, is_in_use == Some(true), now)
}
