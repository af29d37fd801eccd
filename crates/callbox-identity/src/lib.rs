//! Who somebody is, and what they may say of it: rules about callers behind proxies, mail addresses, passwords, issuers, pages,
//! attributes, certificates, and services that give credentials for TURN.
//!
//! Pure: no socket, no clock, no task, no randomness of its own. What must be asked of an issuer, hashed slowly or sent by mail is
//! the server's work; here is what to ask, and what an answer is worth. Signatures are verified by `ring`, which needs nothing
//! but the bytes.
#![forbid(unsafe_code)]

pub mod attributes;
pub mod certificate;
pub mod email;
pub mod endpoint;
pub mod forwarded;
pub mod host;
pub mod keyed_hashes;
pub mod mail_text;
pub mod mailboxes;
pub mod oidc;
pub mod origin;
pub mod password;
pub mod renewal;
pub mod security;
pub mod turn_service;
