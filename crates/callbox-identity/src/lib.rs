//! Identity and its proof: rules about callers behind proxies, mail addresses, passwords, issuers, pages, attributes,
//! certificates, and services that give credentials for TURN.
//!
//! Pure: no socket, no clock, no task, no randomness of its own. The server asks issuers, hashes slowly and sends
//! mail; this crate says what to ask, and what an answer proves. Signatures are verified by `ring`, which needs
//! nothing but the bytes.
#![forbid(unsafe_code)]

pub mod attributes;
pub mod certificate;
pub mod email;
pub mod endpoint;
pub mod forwarded;
pub mod host;
pub mod import;
pub mod keyed_hashes;
pub mod mail_text;
pub mod mailboxes;
pub mod oidc;
pub mod origin;
pub mod password;
pub mod profile;
pub mod renewal;
pub mod security;
pub mod turn_service;
