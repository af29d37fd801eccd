//! The table of settings, and how the values of the table become a [`Config`].
//!
//! A setting that is not in this table does not exist. `callbox.example.toml` is made from it.

use callbox_core::exchange::DuplicateLogin;
use callbox_identity::email::EmailAddress;
use callbox_identity::endpoint::Endpoint;
use callbox_identity::oidc::provider::{OidcProvider, check_providers};
use callbox_identity::origin::{Origin, OriginError};
use callbox_protocol::signal::RelayPolicy;
use lettre::message::Mailbox;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use toml::Value;

use crate::ice::service::IceService;
use crate::ice::source::IceSource;
use crate::mail::smtp::SmtpUrlError;

use super::{Config, ConfigError, Effective, RateLimits, RelayListen, Source, TlsMode, secrets};

/// One setting: its name, its default and its reason.
#[derive(Debug)]
pub struct Setting {
    /// The key in `callbox.toml`; in the environment `CALLBOX_` and the key in capitals.
    pub key: &'static str,
    /// The default, as TOML.
    pub default: &'static str,
    /// What it does and why the default is what it is.
    pub about: &'static str,
    /// How a text from the environment or the command line is read.
    text: Text,
}

#[derive(Clone, Copy, Debug)]
enum Text {
    /// The text is the value.
    Plain,
    /// A whole number.
    Number,
    /// Several values with commas between.
    List,
    /// A TOML value, since it has inner structure.
    Toml,
}

/// Every setting there is.
pub static SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        default: r#""127.0.0.1:8080""#,
        about: "The address and port to listen on. Loopback by default, so that a first try is open to nobody\n\
                else; port 0 takes any free one. The environment variable PORT changes the port alone.",
        text: Text::Plain,
    },
    Setting {
        key: "tls",
        default: r#""off""#,
        about: "\"files\": HTTPS with the certificate in `tls_certificate` and `tls_key`. \"self-signed\": with one that is\n\
                made here, for a local network: browsers warn of it once. Cameras need HTTPS anywhere but on\n\
                localhost. \"off\": plain HTTP, on loopback or behind a proxy that speaks HTTPS.",
        text: Text::Plain,
    },
    Setting {
        key: "tls_certificate",
        default: r#""""#,
        about: "The file with the certificate and its chain, in PEM, such as certbot's fullchain.pem. It is read again\n\
                when it changes, and on SIGHUP; nobody is disconnected.",
        text: Text::Plain,
    },
    Setting {
        key: "tls_key",
        default: r#""""#,
        about: "The file with the certificate's private key, in PEM.",
        text: Text::Plain,
    },
    Setting {
        key: "plain_listen",
        default: r#""""#,
        about: "With `tls`: an address and port, such as \"0.0.0.0:80\", that sends browsers over to HTTPS. Empty: none.",
        text: Text::Plain,
    },
    Setting {
        key: "data_dir",
        default: r#""callbox-data""#,
        about: "The folder of the database, the operator token and the key of call grants. It is made if it is\n\
                missing, for its owner alone.",
        text: Text::Plain,
    },
    Setting {
        key: "database_url",
        default: r#""""#,
        about: "PostgreSQL (14 or later) instead of the embedded database, as postgres://user:password@host/name.\n\
                Empty: SQLite in the data folder, which is faster on one machine. It is better set in the\n\
                environment (CALLBOX_DATABASE_URL): it holds a password, which is never shown. The way to another\n\
                machine has TLS: ?sslrootcert=FILE names the authority where the machine does not know it, and\n\
                ?sslmode=disable says that the network between is trusted.",
        text: Text::Plain,
    },
    Setting {
        key: "database_connections",
        default: "12",
        about: "The most connections to PostgreSQL: a third is shared by all reads, the rest is for writes. More only\n\
                wait in PostgreSQL instead of here.",
        text: Text::Number,
    },
    Setting {
        key: "database_prepare",
        default: "true",
        about: "Whether statements are prepared once a connection, which halves their cost. False behind a pgbouncer\n\
                before 1.21 in transaction mode, which forgets them.",
        text: Text::Toml,
    },
    Setting {
        key: "backup_hours",
        default: "24",
        about: "How many hours are between backups of the embedded database, which are made while the server runs and\n\
                checked before they are kept. 0: none. PostgreSQL is backed up by its own tools.",
        text: Text::Number,
    },
    Setting {
        key: "backup_keep",
        default: "7",
        about: "How many of these backups are kept; the oldest goes after a new one was checked.",
        text: Text::Number,
    },
    Setting {
        key: "backup_dir",
        default: r#""""#,
        about: "The folder of these backups; better on another disk. Empty: `backups` in the data folder.",
        text: Text::Plain,
    },
    Setting {
        key: "disk_reserve_mb",
        default: "200",
        about: "MiB of the embedded database's disk that are kept for calls: while less is free, new guests and attributes are\n\
                refused (507), and calls and their records go on. 0: nothing is held back.",
        text: Text::Number,
    },
    Setting {
        key: "public_url",
        default: r#""""#,
        about: "The origin that people's browsers see, such as \"https://call.example.org\", where a proxy stands\n\
                before this server. Empty: the one in the request's Host header. Its scheme decides: with https, cookies are\n\
                Secure, whatever a proxy says.",
        text: Text::Plain,
    },
    Setting {
        key: "allowed_origins",
        default: "[]",
        about: "Pages of other origins that may use this server, such as [\"https://app.example.org\"]. The page\n\
                served here always may; pages on loopback may while we listen on loopback.",
        text: Text::List,
    },
    Setting {
        key: "trusted_proxies",
        default: "[]",
        about: "Addresses or networks of your proxies, such as [\"127.0.0.1\", \"10.0.0.0/8\"]. Only they may tell\n\
                us a caller's address (`proxy_header`), and whether TLS is used where `public_url` does not say it.",
        text: Text::List,
    },
    Setting {
        key: "proxy_header",
        default: r#""X-Forwarded-For""#,
        about: "The header in which your proxies write a caller's address: \"X-Forwarded-For\", with X-Forwarded-Proto beside\n\
                it; \"Forwarded\" (RFC 7239); or another with an address, such as \"X-Real-IP\" or \"CF-Connecting-IP\". No other is\n\
                read: proxies pass on what a caller wrote into the others.",
        text: Text::Plain,
    },
    Setting {
        key: "ice_servers",
        default: "[]",
        about: "STUN and TURN servers that browsers are told of, such as [{ urls = [\"stun:stun.example.org\"] }],\n\
                with `username` and `credential` where needed, or with the `secret` of a coturn that has\n\
                use-auth-secret: then each session gets a credential of its own. Our own relay need not be named.",
        text: Text::Toml,
    },
    Setting {
        key: "ice_services",
        default: "[]",
        about: "Hosted TURN services that are asked for credentials, ahead and for all: [{ kind = \"cloudflare\", key = \"..\",\n\
                token = \"..\" }] with a TURN key's id and API token, or { kind = \"twilio\", account = \"AC..\", token = \"..\" } with the\n\
                auth token, or with an API key's SID as `key` and its secret. `url` names another that answers as they do.",
        text: Text::Toml,
    },
    Setting {
        key: "relay_listen",
        default: r#""auto""#,
        about: "Where the STUN and TURN relay listens, over UDP: \"auto\" is port 3478 of the address in `listen`, and\n\
                off while that is loopback; \"off\"; or an address and port. Browsers are told of it by themselves.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_policy",
        default: r#""auto""#,
        about: "Whether two people in a call learn each other's IP address. \"auto\": yes, media take the shortest path.\n\
                \"always\": never, all media take the relay. \"until-both-stay\": after half a minute together; until\n\
                then all media take the relay. The last two need `relay_listen`, or TURN servers in `ice_servers`.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_policies",
        default: "{}",
        about: "The same for pages of some origins, instead of `relay_policy`, such as\n\
                { \"https://app.example.org\" = \"always\" }. In a call of two apps the stricter holds, and each person may ask\n\
                for more than the apps do.",
        text: Text::Toml,
    },
    Setting {
        key: "relay_ports",
        default: r#""49152-65535""#,
        about: "The UDP ports of relayed addresses, one for each allocation. The firewall must let them in and out.",
        text: Text::Plain,
    },
    Setting {
        key: "external_ip",
        default: "[]",
        about: "The addresses by which the internet reaches the relay, one of each family, where this machine is behind\n\
                a NAT, such as [\"203.0.113.5\"]. Empty: the address of this machine's way to the internet.",
        text: Text::List,
    },
    Setting {
        key: "relay_allowed_peers",
        default: "[]",
        about: "Networks that people may reach through the relay though they are not public, such as [\"10.0.0.0/8\"].\n\
                Whatever listens there is open to everybody who has a call: leave it empty unless you need it.",
        text: Text::List,
    },
    Setting {
        key: "relay_peer_ports",
        default: r#""80, 443, 1024-65535""#,
        about: "The ports to which the relay sends what people send through it, wherever they are. Below 1024 are services\n\
                such as DNS and NTP, which others could be hurt with by our address; browsers use none of them for media.",
        text: Text::Plain,
    },
    Setting {
        key: "relay_strict",
        default: "false",
        about: "Whether people may reach by the relay only addresses that the other side of their call named, at any port.\n\
                Browsers hide their own addresses in local networks, and a few paths are lost with that.",
        text: Text::Toml,
    },
    Setting {
        key: "relay_kbps_max",
        default: "10000",
        about: "The most kbit/s that one side of a call may send and get through the relay; a call in HD takes 2500.",
        text: Text::Number,
    },
    Setting {
        key: "sessions_max",
        default: "10000",
        about: "The most signaling sessions at once, those whose socket was lost a minute ago at most included; one\n\
                more is asked to come back later. An idle session costs about 8 KB of memory, and one file\n\
                descriptor: see `ulimit -n`.",
        text: Text::Number,
    },
    Setting {
        key: "sockets_per_address_max",
        default: "1000",
        about: "The most sockets of one address (IPv6: of one /64) at once, and how many it may open in one go; then\n\
                20 a second. Its connections of all kinds are a quarter more. A block (an IPv4 /24, an IPv6 /48) has three times\n\
                an address's. A university behind one address may need more. This machine itself and trusted proxies are\n\
                not limited.",
        text: Text::Number,
    },
    Setting {
        key: "rate_limits",
        default: r#""on""#,
        about: "How often one address, and one user, may ask /v1 of each kind of thing: docs/PROTOCOL.md has the\n\
                table. \"on\": everybody but callers on this machine, which are tests, or a proxy that is missing in\n\
                `trusted_proxies`. \"everyone\": those too. \"off\": nobody; then something before us must do it.",
        text: Text::Plain,
    },
    Setting {
        key: "duplicate_login",
        default: r#""newest""#,
        about: "What happens when a login is used in a second tab or on a second device: \"newest\" lets the new one\n\
                go on and tells the old one, \"refuse\" tells the new one while the old one is connected.",
        text: Text::Plain,
    },
    Setting {
        key: "ban_contact",
        default: r#""""#,
        about: "How somebody who is banned may object, as they read it: an address of mail, a URL, or a sentence. Empty: they\n\
                are sent to whoever runs the site.",
        text: Text::Plain,
    },
    Setting {
        key: "hold_after_reports",
        default: "3",
        about: "Whoever is reported by so many different people with a verified address within 24 hours meets no strangers\n\
                until a moderator has decided on these reports; invites still work. Three who were strangers to each other\n\
                seldom err together. 0: nobody is held, as where nobody looks at reports.",
        text: Text::Number,
    },
    Setting {
        key: "smtp_url",
        default: r#""""#,
        about: "The mail server, such as \"smtps://USER:PASSWORD@mail.example.org\" or \"smtp://..\" with STARTTLS, which must then\n\
                be there; in the clear on loopback alone. Needs `mail_from` and `public_url`. Empty: mails are written to\n\
                the folder `mail` in `data_dir`, and sent to nobody.",
        text: Text::Plain,
    },
    Setting {
        key: "mail_from",
        default: r#""""#,
        about: "Whom mails are from, such as \"Example <no-reply@example.org>\".",
        text: Text::Plain,
    },
    Setting {
        key: "oidc",
        default: "[]",
        about: "Services of OpenID Connect that people may sign in with, 8 at most: \"Continue with ...\". Each is a table\n\
                [[oidc]] at the end of this file, with `id` (in paths: a-z, 0-9, -), `name` (on the button), `issuer` (such\n\
                as https://accounts.google.com), `client_id` and `client_secret` (none for a public client), which the\n\
                service gives; it wants to know the address https://YOUR.HOST/oidc. Needs `public_url`. It holds secrets,\n\
                which are never shown, and may be set in the environment (CALLBOX_OIDC): [{ id = \"google\", ... }].",
        text: Text::Toml,
    },
    Setting {
        key: "user_attributes_schema",
        default: r#""""#,
        about: "A file with a JSON Schema (2020-12) for the attributes of users: { \"properties\": { \"public\": .., \"private\": .. } }.\n\
                What an app sets is one object with either or both. Empty: any JSON object of 16 KB.",
        text: Text::Plain,
    },
    Setting {
        key: "call_attributes_schema",
        default: r#""""#,
        about: "The same for the attributes of calls.",
        text: Text::Plain,
    },
    Setting {
        key: "log",
        default: r#""info""#,
        about: "How much is logged: error, warn, info, debug or trace. Nothing personal above debug.",
        text: Text::Plain,
    },
];

/// Environment variables with our prefix that are no settings.
pub(super) const NOT_SETTINGS: &[&str] = &[
    "CALLBOX_UPDATE",
    "CALLBOX_BIN",
    "CALLBOX_EMBED_DIR",
    "CALLBOX_CONFIG",
    "CALLBOX_TEST_POSTGRES",
    "CALLBOX_TEST_PGBOUNCER",
];

impl Setting {
    pub(super) fn default_value(&self) -> Value {
        toml_value(self.default).expect("the table's defaults are TOML, as a test proves")
    }

    pub(super) fn parse_text(&self, text: &str) -> Result<Value, String> {
        match self.text {
            Text::Plain => Ok(Value::String(text.to_owned())),
            Text::Number => {
                text.parse().map(Value::Integer).map_err(|_| format!("`{text}` is not a whole number"))
            }
            Text::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
            Text::Toml => toml_value(text).map_err(|reason| format!("is not a TOML value: {reason}")),
        }
    }
}

/// Whether a setting is secret or not, a text that is no TOML is not quoted: its place says enough.
fn toml_value(text: &str) -> Result<Value, String> {
    const KEY: &str = "value = ";
    let document = format!("{KEY}{text}");
    let mut table: toml::Table = toml::from_str(&document).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.saturating_sub(KEY.len()));
        secrets::syntax(text, at, error.message())
    })?;
    table.remove("value").ok_or_else(|| "it is empty".to_owned())
}

/// `callbox.example.toml`: every setting with its reason, set to its default, commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# Every setting of Callbox, with its default. Generated from the server's table by\n\
         # `cargo xtask generate`; `callbox check-config` shows the current settings and where it came from.\n\
         # A setting is also read from the environment (CALLBOX_LISTEN, ...), which wins over this file,\n\
         # and from the command line (--listen, or --set KEY=VALUE), which wins over both.\n",
    );
    for setting in SETTINGS {
        out.push('\n');
        for line in setting.about.lines() {
            writeln!(out, "# {line}").expect("a string takes all");
        }
        writeln!(out, "#{} = {}", setting.key, setting.default).expect("a string takes all");
    }
    out
}

/// The `listen` value with its port replaced: what platforms mean by `PORT`.
pub(super) fn with_port(listen: &Value, port: &str) -> Result<Value, String> {
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    let mut addr = listen_addr(listen)?;
    addr.set_port(port);
    Ok(Value::String(addr.to_string()))
}

fn listen_addr(value: &Value) -> Result<SocketAddr, String> {
    let text = string(value)?;
    let text = text.strip_prefix("localhost:").map_or(text.clone(), |port| format!("127.0.0.1:{port}"));
    text.parse()
        .map_err(|_| format!("`{text}` is not an address and port, such as 127.0.0.1:8080 or [::]:8080"))
}

/// Turns checked text into types; the error names the setting and where its value came from.
pub(super) fn typed(effective: &Effective) -> Result<Config, ConfigError> {
    let read = Reader { effective };
    Ok(Config {
        listen: read.get("listen", listen_addr)?,
        tls: read.get("tls", |v| match string(v)?.as_str() {
            "off" => Ok(TlsMode::Off),
            "files" => Ok(TlsMode::Files),
            "self-signed" => Ok(TlsMode::SelfSigned),
            text => Err(format!("`{text}` is none of off, files, self-signed")),
        })?,
        tls_certificate: read.get("tls_certificate", path)?,
        tls_key: read.get("tls_key", path)?,
        plain_listen: read.get("plain_listen", |v| match string(v)?.as_str() {
            "" => Ok(None),
            _ => listen_addr(v).map(Some),
        })?,
        data_dir: read.get("data_dir", |v| non_empty(v).map(PathBuf::from))?,
        database_url: read.get("database_url", database_url)?,
        database_connections: read.get("database_connections", bound)?,
        database_prepare: read.get("database_prepare", truth)?,
        backup_hours: read.get("backup_hours", hours)?,
        backup_keep: read.get("backup_keep", bound)?,
        backup_dir: read.get("backup_dir", path)?,
        disk_reserve_mb: read.get("disk_reserve_mb", mebibytes)?,
        public_url: read.get("public_url", origin)?,
        allowed_origins: read.get("allowed_origins", |v| {
            strings(v)?.iter().map(|s| s.parse::<Origin>().map_err(|e| e.to_string())).collect()
        })?,
        trusted_proxies: read.get("trusted_proxies", |v| strings(v)?.iter().map(|s| network(s)).collect())?,
        proxy_header: read.get("proxy_header", |v| string(v)?.parse())?,
        ice_servers: read.get("ice_servers", ice_servers)?,
        ice_services: read.get("ice_services", ice_services)?,
        relay_listen: read.get("relay_listen", |v| match string(v)?.as_str() {
            "auto" => Ok(RelayListen::Auto),
            "off" => Ok(RelayListen::Off),
            _ => listen_addr(v).map(RelayListen::At),
        })?,
        relay_policy: read.get("relay_policy", relay_policy)?,
        relay_policies: read.get("relay_policies", relay_policies)?,
        relay_ports: read.get("relay_ports", ports)?,
        external_ip: read.get("external_ip", |v| strings(v)?.iter().map(|s| address(s)).collect())?,
        relay_allowed_peers: read
            .get("relay_allowed_peers", |v| strings(v)?.iter().map(|s| network(s)).collect())?,
        relay_peer_ports: read.get("relay_peer_ports", peer_ports)?,
        relay_strict: read.get("relay_strict", truth)?,
        relay_kbps_max: read.get("relay_kbps_max", bound)?,
        sessions_max: read.get("sessions_max", bound)?,
        sockets_per_address_max: read.get("sockets_per_address_max", bound)?,
        rate_limits: read.get("rate_limits", rate_limits)?,
        duplicate_login: read.get("duplicate_login", duplicate_login)?,
        ban_contact: read.get("ban_contact", string)?,
        hold_after_reports: read.get("hold_after_reports", reporters)?,
        smtp_url: read.get("smtp_url", |v| match secrets::text(v)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|e: SmtpUrlError| e.to_string()),
        })?,
        mail_from: read.get("mail_from", mail_from)?,
        oidc: read.get("oidc", oidc)?,
        user_attributes_schema: read.get("user_attributes_schema", path)?,
        call_attributes_schema: read.get("call_attributes_schema", path)?,
        log: read.get("log", |v| {
            let text = string(v)?;
            text.parse().map_err(|_| format!("`{text}` is none of error, warn, info, debug, trace"))
        })?,
    })
}

/// A policy for a page that nobody may use would be a slip that leaves another page without one.
pub(super) fn check_origins(config: &Config, effective: &Effective) -> Result<(), ConfigError> {
    // Without it the own page is whatever people call this machine.
    let Some(own) = &config.public_url else { return Ok(()) };
    let is_known = |origin: &Origin| origin == own || config.allowed_origins.contains(origin);
    Reader { effective }.get("relay_policies", |_| {
        if config.relay_policies.iter().all(|(origin, _)| is_known(origin)) {
            return Ok(());
        }
        Err("names an origin that is neither `public_url` nor one of `allowed_origins`".to_owned())
    })
}

struct Reader<'a> {
    effective: &'a Effective,
}

impl Reader<'_> {
    fn get<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (_, value, source) =
            self.effective.iter().find(|(s, ..)| s.key == key).expect("every setting read is in the table");
        parse(value).map_err(|reason| ConfigError::Invalid { key, origin: Source::clone(source), reason })
    }
}

fn string(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("`{value}` is not a text in quotes"))
}

fn database_url(value: &Value) -> Result<Option<String>, String> {
    match secrets::text(value)? {
        "" => Ok(None),
        url => callbox_store::check_database_url(url).map(|()| Some(url.to_owned())),
    }
}

fn origin(value: &Value) -> Result<Option<Origin>, String> {
    match string(value)?.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|e: OriginError| e.to_string()),
    }
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("`{value}` is neither true nor false"))
}

fn non_empty(value: &Value) -> Result<String, String> {
    string(value).and_then(|text| if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) })
}

fn path(value: &Value) -> Result<Option<PathBuf>, String> {
    Ok(Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from))
}

fn strings(value: &Value) -> Result<Vec<String>, String> {
    let list = value.as_array().ok_or_else(|| format!("`{value}` is not a list of texts"))?;
    list.iter().map(string).collect()
}

fn network(text: &str) -> Result<ipnet::IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(Into::into))
        .map_err(|_| format!("`{text}` is neither an address nor a network such as 10.0.0.0/8"))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an address such as 203.0.113.5"))
}

/// A port for each thread at least; the low ones are other services'.
fn ports(value: &Value) -> Result<RangeInclusive<u16>, String> {
    let text = string(value)?;
    let ends = text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if first >= 1_024 && last >= first && last - first >= 255 => Ok(first..=last),
        _ => Err(format!("`{text}` is not a range of at least 256 ports from 1024 on, such as 49152-65535")),
    }
}

/// Single ports and ranges, with commas between.
fn peer_ports(value: &Value) -> Result<Vec<RangeInclusive<u16>>, String> {
    let text = string(value)?;
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (1..=last).contains(&first).then_some(first..=last)
    };
    let ports = text.split(',').map(range).collect::<Option<Vec<_>>>();
    ports.ok_or_else(|| format!("`{text}` is no list of ports and ranges such as 80, 443, 1024-65535"))
}

fn relay_policy(value: &Value) -> Result<RelayPolicy, String> {
    match string(value)?.as_str() {
        "auto" => Ok(RelayPolicy::Auto),
        "always" => Ok(RelayPolicy::Always),
        "until-both-stay" => Ok(RelayPolicy::UntilBothStay),
        text => Err(format!("`{text}` is none of auto, always, until-both-stay")),
    }
}

fn relay_policies(value: &Value) -> Result<Vec<(Origin, RelayPolicy)>, String> {
    let table = value.as_table().ok_or_else(|| format!("`{value}` is not a table of origins"))?;
    let entry = |(origin, policy): (&String, &Value)| {
        Ok((origin.parse::<Origin>().map_err(|error| error.to_string())?, relay_policy(policy)?))
    };
    table.iter().map(entry).collect()
}

fn ice_servers(value: &Value) -> Result<Vec<IceSource>, String> {
    let servers: Vec<IceSource> = secrets::structure(value)?;
    if servers.iter().any(|server| server.secret.is_some() && server.credential.is_some()) {
        return Err("a server has a `credential` or a `secret`, not both".to_owned());
    }
    for url in servers.iter().flat_map(|server| &server.urls) {
        if !["stun:", "stuns:", "turn:", "turns:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err("a URL in it does not start with stun:, stuns:, turn: or turns:".to_owned());
        }
    }
    Ok(servers)
}

fn ice_services(value: &Value) -> Result<Vec<IceService>, String> {
    let services: Vec<IceService> = secrets::structure(value)?;
    for service in &services {
        Endpoint::parse(service.base())
            .map_err(|_| "a `url` in it is neither an https URL nor an http one of this machine")?;
        if !service.has_plain_names() {
            return Err("a `key` or an `account` is letters and digits".to_owned());
        }
    }
    Ok(services)
}

fn oidc(value: &Value) -> Result<Vec<OidcProvider>, String> {
    let providers: Vec<OidcProvider> = secrets::structure(value)?;
    check_providers(&providers).map(|()| providers)
}

fn duplicate_login(value: &Value) -> Result<DuplicateLogin, String> {
    match string(value)?.as_str() {
        "newest" => Ok(DuplicateLogin::Newest),
        "refuse" => Ok(DuplicateLogin::Refuse),
        text => Err(format!("`{text}` is neither newest nor refuse")),
    }
}

fn reporters(value: &Value) -> Result<u32, String> {
    let count = value.as_integer().and_then(|count| u32::try_from(count).ok());
    count.filter(|count| *count <= 1_000).ok_or_else(|| "it is a number from 0 to 1,000".to_owned())
}

/// A name that people see, and an address that every server takes.
fn mail_from(value: &Value) -> Result<Option<Mailbox>, String> {
    let text = string(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let error = || format!("`{text}` is not a sender such as Example <no-reply@example.org>");
    let mailbox: Mailbox = text.parse().map_err(|_| error())?;
    mailbox.email.to_string().parse::<EmailAddress>().map_err(|_| error())?;
    Ok(Some(mailbox))
}

fn hours(value: &Value) -> Result<u64, String> {
    let hours = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= 8_760);
    hours.ok_or_else(|| format!("`{value}` is not a whole number from 0 to 8760"))
}

fn rate_limits(value: &Value) -> Result<RateLimits, String> {
    match string(value)?.as_str() {
        "on" => Ok(RateLimits::On),
        "everyone" => Ok(RateLimits::Everyone),
        "off" => Ok(RateLimits::Off),
        text => Err(format!("`{text}` is none of on, everyone, off")),
    }
}

fn mebibytes(value: &Value) -> Result<u64, String> {
    let count = value.as_integer().and_then(|n| u64::try_from(n).ok()).filter(|n| *n <= 1_000_000);
    count.ok_or_else(|| format!("`{value}` is not a whole number from 0 to 1000000"))
}

fn bound(value: &Value) -> Result<usize, String> {
    value
        .as_integer()
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (1..=1_000_000).contains(n))
        .ok_or_else(|| format!("`{value}` is not a whole number from 1 to 1000000"))
}
