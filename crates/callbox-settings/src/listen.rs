//! Settings of the addresses that we listen on, and of HTTPS.
//!
//! Whether the port is free and the certificate can be used is found at the start, by the parts that need them.

use std::net::SocketAddr;
use std::path::PathBuf;
use toml::Value;

use crate::acme::{self, AcmeSettings};
use crate::error::ConfigError;
use crate::reader::Reader;
use crate::setting::{Setting, Text};
use crate::values::{path, socket_addr, string};

/// Whether we speak HTTPS, and with which certificate.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// With whose certificate.
    pub mode: TlsMode,
    /// The certificate and its chain, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its key, in PEM.
    pub key: Option<PathBuf>,
    /// Which ACME server is asked for one.
    pub acme: AcmeSettings,
}

/// Whether we speak HTTPS, and with whose certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain HTTP: on loopback, or behind a proxy.
    Off,
    /// With the certificate in two files.
    Files,
    /// With one that we get from an ACME server, and renew.
    Acme,
    /// With a certificate that we make, which browsers warn of.
    SelfSigned,
}

pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        key: "domain",
        default: r#""""#,
        about: "The name of a server on the internet, such as \"call.example.org\". It stands for `public_url` by that name,\n\
                `tls = \"acme\"`, `listen` on port 443 and `plain_listen` on port 80 of all addresses, each unless it is set\n\
                itself; with `tls = \"off\"` for `public_url` alone.",
        text: Text::Plain,
    },
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
        about: "\"acme\": HTTPS with a certificate for the name in `public_url` that the server gets by itself from Let's\n\
                Encrypt, or from `acme_directory`, and renews; port 443 of that name must lead here. \"files\": with the\n\
                certificate in `tls_certificate` and `tls_key`. \"self-signed\": with one that is made here, for a local\n\
                network: browsers warn of it once. Cameras need HTTPS anywhere but on localhost. \"off\": plain HTTP, on\n\
                loopback or behind a proxy that speaks HTTPS.",
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
];

/// The addresses that we listen on, for pages and for plain HTTP, and the certificate.
pub(crate) fn read(
    reader: &Reader<'_>,
) -> Result<(SocketAddr, TlsSettings, Option<SocketAddr>), ConfigError> {
    let listen = reader.get("listen", socket_addr)?;
    let tls = TlsSettings {
        mode: reader.get("tls", tls_mode)?,
        certificate: reader.get("tls_certificate", path)?,
        key: reader.get("tls_key", path)?,
        acme: acme::read(reader)?,
    };
    let plain_listen = reader.get("plain_listen", |value| match string(value)?.as_str() {
        "" => Ok(None),
        _ => socket_addr(value).map(Some),
    })?;
    Ok((listen, tls, plain_listen))
}

fn tls_mode(value: &Value) -> Result<TlsMode, String> {
    match string(value)?.as_str() {
        "off" => Ok(TlsMode::Off),
        "acme" => Ok(TlsMode::Acme),
        "files" => Ok(TlsMode::Files),
        "self-signed" => Ok(TlsMode::SelfSigned),
        text => Err(format!("`{text}` is none of off, acme, files, self-signed")),
    }
}

/// The `listen` value with its port replaced: platforms set `PORT` for this.
pub(crate) fn with_port(listen: &Value, port: &str) -> Result<Value, String> {
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
    let mut addr = socket_addr(listen)?;
    addr.set_port(port);
    Ok(Value::String(addr.to_string()))
}
