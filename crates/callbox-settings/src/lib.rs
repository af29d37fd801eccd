//! What an operator sets: the table of settings, their layers, the group that each owner is given, and whether a
//! machine is fit for them.
//!
//! Pure: no file, no socket, no clock. The server reads the settings file and its environment, and gives their text; what
//! only a library can judge that this crate may not reach (the URL of a database, the sender of mails) the server checks
//! by [`check`]. A setting that is not in the table does not exist.
#![forbid(unsafe_code)]

pub mod acme;
pub mod alerts;
pub mod attributes;
mod config;
pub mod data;
pub mod doctor;
mod domain;
mod error;
pub mod ice;
mod ice_source;
mod layers;
pub mod limits;
pub mod listen;
pub mod mail;
pub mod metrics;
pub mod moderation;
pub mod monitor;
pub mod oidc;
pub mod pages;
mod reader;
pub mod relay;
mod secrets;
mod setting;
pub mod site;
mod smtp_url;
mod table;
mod values;

pub use config::Config;
pub use error::{ConfigError, Source};
pub use layers::{FileText, Layers};
pub use reader::{Effective, check};
pub use setting::Setting;
pub use table::{all, example, typed};
