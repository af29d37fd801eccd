//! All settings, checked and typed: a group for each owner, which sees no other.
//!
//! Only the server's composition sees [`Config`]; an owner is given its own group by its constructor.

use callbox_core::exchange::DuplicateLogin;
use callbox_identity::oidc::provider::OidcProvider;
use std::net::SocketAddr;

use crate::alerts::AlertSettings;
use crate::attributes::AttributeSettings;
use crate::data::{BackupSettings, DatabaseSettings};
use crate::ice::IceSettings;
use crate::limits::LimitSettings;
use crate::listen::TlsSettings;
use crate::mail::MailSettings;
use crate::metrics::MetricsSettings;
use crate::moderation::ModerationSettings;
use crate::monitor::MonitorSettings;
use crate::pages::CallerSettings;
use crate::relay::RelaySettings;
use crate::site::Site;

/// The checked settings that the server runs with: a group for each owner, which sees no other.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address at which others reach us.
    pub site: Site,
    /// The address whose plain HTTP is redirected to HTTPS, if we speak that.
    pub plain_listen: Option<SocketAddr>,
    /// Whether we speak HTTPS, and with whose certificate.
    pub tls: TlsSettings,
    /// Data at rest.
    pub database: DatabaseSettings,
    /// Copies of them.
    pub backups: BackupSettings,
    /// Which pages may use us, and who says whose they are.
    pub callers: CallerSettings,
    /// The servers that browsers get, beside our relay, to find a path to each other.
    pub ice: IceSettings,
    /// Our relay, and who must use one.
    pub relay: RelaySettings,
    /// How much of everything.
    pub limits: LimitSettings,
    /// The session that continues when a login is used twice.
    pub duplicate_login: DuplicateLogin,
    /// Bans and reports.
    pub moderation: ModerationSettings,
    /// How mails leave.
    pub mail: MailSettings,
    /// Services that people may sign in with.
    pub oidc: Vec<OidcProvider>,
    /// The rules for apps' data on users and calls.
    pub attributes: AttributeSettings,
    /// Where the figures can be read.
    pub metrics: MetricsSettings,
    /// Figures about the server, calls and pages.
    pub monitor: MonitorSettings,
    /// Rules over the figures, and who is told.
    pub alerts: AlertSettings,
    /// How much is logged.
    pub log: tracing::Level,
}
