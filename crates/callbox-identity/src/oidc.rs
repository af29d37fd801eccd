//! OpenID Connect as far as it needs no network: what issuers write, what we write to them, and who is under way to one.
//!
//! The authorization code flow with PKCE (Core 1.0; RFC 7636). Whoever drives it asks the issuer, brings the time, and makes
//! names and secrets.

pub mod documents;
pub mod flows;
pub mod id_token;
pub mod provider;
pub mod request;
