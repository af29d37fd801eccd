//! Removes addresses from descriptions and candidates if two people are not to learn each other's address, and reads
//! the addresses that they name, if a relay may reach no others.
//!
//! In no other mode is a payload read. Everything that the two browsers need to agree stays to the letter, also
//! lines that we do not know; addresses go, but those of relays. A payload that cannot be read cannot be cleaned, so it
//! does not pass. Bounds: the frame's own.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// Replaces an address and its family (RFC 8839, section 4.2.1).
const NOWHERE: &str = "IP4 0.0.0.0";
/// The same in a candidate, which names no family.
const NO_ADDRESS: &str = "0.0.0.0";
/// The addresses of one payload; a browser on five networks has ten.
const ADDRESSES_MAX: usize = 64;
/// The port that goes with it.
const DISCARD: &str = "9";

/// A description (`{"type": .., "sdp": ..}`) without addresses but relayed ones; `None` if it is none.
pub fn relayed_description(payload: &RawValue) -> Option<Box<RawValue>> {
    let mut description: Map<String, Value> = serde_json::from_str(payload.get()).ok()?;
    let Value::String(sdp) = description.get("sdp")? else { return None };
    // Browsers take a lone line feed for an end of a line too.
    let cleaned: String = sdp.lines().filter_map(relayed_line).map(|line| line + "\r\n").collect();
    description.insert("sdp".to_owned(), Value::String(cleaned));
    to_raw_value(&description).ok()
}

/// A candidate (`{"candidate": .., ..}`) if it is a relayed one, without the address behind it; `None` else.
pub fn relayed_candidate(payload: &RawValue) -> Option<Box<RawValue>> {
    let mut candidate: Map<String, Value> = serde_json::from_str(payload.get()).ok()?;
    let Value::String(text) = candidate.get("candidate")? else { return None };
    // The empty one says that there are no more.
    if !text.is_empty() {
        let text = relayed_only(text)?;
        candidate.insert("candidate".to_owned(), Value::String(text));
    }
    to_raw_value(&candidate).ok()
}

/// The addresses that a description or a candidate names; names that end in `.local` count for nothing.
pub fn addresses(payload: &RawValue) -> Vec<IpAddr> {
    let Ok(all) = serde_json::from_str::<Map<String, Value>>(payload.get()) else { return Vec::new() };
    let text = |name: &str| all.get(name).and_then(Value::as_str).unwrap_or_default();
    let lines = text("sdp").lines().filter_map(|line| line.strip_prefix("a="));
    // Foundation, component, transport, priority, address (RFC 8839, section 5.1).
    let address = |candidate: &str| candidate.strip_prefix("candidate:")?.split(' ').nth(4)?.parse().ok();
    let mut found: Vec<IpAddr> = lines.chain([text("candidate")]).filter_map(address).collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(ADDRESSES_MAX);
    found
}

/// One line of a description; `None` if it goes as a whole.
fn relayed_line(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split(' ').collect();
    if let Some(candidate) = line.strip_prefix("a=candidate:") {
        return Some(format!("a=candidate:{}", relayed_only(candidate)?));
    }
    // The addresses that a pair was made of, which only an answer to an old kind of agent names (RFC 8839, 5.2).
    if line.starts_with("a=remote-candidates:") {
        return None;
    }
    let cleaned = match words[..] {
        // The default address of a medium, or of all.
        ["c=IN", _, _] => format!("c=IN {NOWHERE}"),
        [port, "IN", _, _] if port.starts_with("a=rtcp:") => format!("a=rtcp:{DISCARD} IN {NOWHERE}"),
        [name, id, version, "IN", _, _] if name.starts_with("o=") => {
            format!("{name} {id} {version} IN {NOWHERE}")
        }
        // Port 0 turns a medium off, and stays.
        [kind, port, ..] if kind.starts_with("m=") && port != "0" => {
            format!("{kind} {DISCARD} {}", words[2..].join(" "))
        }
        _ => line.to_owned(),
    };
    Some(cleaned)
}

/// A candidate (RFC 8839, section 5.1) if it is of a relay. The address after `raddr` is the client's own.
fn relayed_only(candidate: &str) -> Option<String> {
    let mut words: Vec<&str> = candidate.split(' ').collect();
    let kind = words.iter().position(|word| *word == "typ")?;
    if words.get(kind + 1) != Some(&"relay") {
        return None;
    }
    for (name, stands) in [("raddr", NO_ADDRESS), ("rport", DISCARD)] {
        if let Some(at) = words.iter().position(|word| *word == name)
            && let Some(value) = words.get_mut(at + 1)
        {
            *value = stands;
        }
    }
    Some(words.join(" "))
}

#[cfg(test)]
mod tests;
