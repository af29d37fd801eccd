//! How a TOML value becomes a type; a fault is described in words that follow the setting's name.
//!
//! For settings of more than one subject; a secret one never comes here, since the value is quoted.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use toml::Value;

pub(crate) fn string(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("`{value}` is not a text in quotes"))
}

pub(crate) fn strings(value: &Value) -> Result<Vec<String>, String> {
    let list = value.as_array().ok_or_else(|| format!("`{value}` is not a list of texts"))?;
    list.iter().map(string).collect()
}

pub(crate) fn non_empty(value: &Value) -> Result<String, String> {
    string(value).and_then(|text| if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text) })
}

pub(crate) fn path(value: &Value) -> Result<Option<PathBuf>, String> {
    Ok(Some(string(value)?).filter(|text| !text.is_empty()).map(PathBuf::from))
}

pub(crate) fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("`{value}` is neither true nor false"))
}

pub(crate) fn bound(value: &Value) -> Result<usize, String> {
    value
        .as_integer()
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (1..=1_000_000).contains(n))
        .ok_or_else(|| format!("`{value}` is not a whole number from 1 to 1000000"))
}

pub(crate) fn socket_addr(value: &Value) -> Result<SocketAddr, String> {
    let text = string(value)?;
    let text = text.strip_prefix("localhost:").map_or(text.clone(), |port| format!("127.0.0.1:{port}"));
    text.parse()
        .map_err(|_| format!("`{text}` is not an address and port, such as 127.0.0.1:8080 or [::]:8080"))
}

pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an address such as 203.0.113.5"))
}

pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(Into::into))
        .map_err(|_| format!("`{text}` is neither an address nor a network such as 10.0.0.0/8"))
}
