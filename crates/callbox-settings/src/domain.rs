//! `domain`: the one setting that sets others.
//!
//! It gives them values if nobody else has; a setting that is set itself wins. Listens on all addresses, by IPv6 if
//! the machine has it, since such a socket takes IPv4 too.

use callbox_identity::origin::Origin;
use rustls_pki_types::ServerName;
use toml::Value;

use crate::error::{ConfigError, Source};
use crate::reader::Effective;
use crate::setting::Setting;

const KEY: &str = "domain";

/// Sets the settings that `domain` implies.
pub(crate) fn imply(all: &mut Effective, has_ipv6: bool) -> Result<(), ConfigError> {
    let (_, value, source) = find(all, KEY);
    let source = source.clone();
    let invalid = |reason| ConfigError::Invalid { key: KEY, origin: source.clone(), reason };
    let name =
        value.as_str().ok_or_else(|| invalid(format!("`{value}` is not a text in quotes")))?.to_owned();
    if name.is_empty() {
        return Ok(());
    }
    let url = format!("https://{name}");
    // Nobody issues certificates for others: names of a local network, or of no machine.
    let is_public = name.contains('.') && !name.ends_with('.') && !name.contains('_');
    let is_name = is_public && matches!(ServerName::try_from(name.as_str()), Ok(ServerName::DnsName(_)));
    if !is_name || url.parse::<Origin>().is_err() {
        return Err(invalid(format!("`{name}` is not a name such as call.example.org")));
    }
    let (_, tls, tls_source) = find(all, "tls");
    let is_behind_a_proxy = *tls_source != Source::Default && tls.as_str() == Some("off");
    let any = if has_ipv6 { "[::]" } else { "0.0.0.0" };
    let own =
        [("tls", "acme".to_owned()), ("listen", format!("{any}:443")), ("plain_listen", format!("{any}:80"))];
    let own = own.into_iter().filter(|_| !is_behind_a_proxy);
    for (key, value) in own.chain([("public_url", url)]) {
        let (_, current, from) = find(all, key);
        if *from == Source::Default {
            (*current, *from) = (Value::String(value), source.clone());
        }
    }
    Ok(())
}

fn find<'a>(all: &'a mut Effective, key: &str) -> &'a mut (&'static Setting, Value, Source) {
    all.iter_mut().find(|(setting, ..)| setting.key == key).expect("the settings named here are in the table")
}

#[cfg(test)]
mod tests;
