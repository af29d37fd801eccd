//! OpenID Connect as far as it needs no network: issuers' documents, our requests to them, and the sign-ins under way.
//!
//! The authorization code flow with PKCE (Core 1.0; RFC 7636). Its driver asks the issuer, brings the time, and makes
//! names and secrets.

pub mod documents;
pub mod flows;
pub mod id_token;
pub mod provider;
pub mod request;
