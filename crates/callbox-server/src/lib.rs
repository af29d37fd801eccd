//! All IO of Callbox: the parts that the binary `callbox` is made of.
//!
//! A library only so that the integration tests can start a server in their own process. The top of each file says
//! what the part does; `ARCHITECTURE.md` explains how they work together.
#![forbid(unsafe_code)]

pub mod access;
pub mod admin;
pub mod admission;
pub mod alert_command;
pub mod alerts;
pub mod answers;
pub mod app;
pub mod assets;
pub mod attributes;
pub mod backups;
pub mod beacons;
pub mod caller;
pub mod clock;
pub mod config;
pub mod counters;
pub mod database;
pub mod disk;
pub mod doctor;
pub mod environment;
pub mod feeds;
pub mod files;
pub mod gauges;
pub mod guessing;
pub mod handover;
pub mod http;
pub mod hub;
pub mod ice;
pub mod import;
pub mod judging;
mod limits;
pub mod listener;
pub mod mail;
pub mod mail_requests;
pub mod mailboxes;
pub mod metrics;
pub mod moderation;
pub mod monitor;
mod newcomers;
pub mod observed;
pub mod oidc;
pub mod outbound;
pub mod password;
pub mod pushes;
pub mod randomness;
pub mod readiness;
pub mod redirect;
pub mod relay;
pub mod reminders;
pub mod scorecard;
pub mod security_log;
pub mod server;
pub mod setup_link;
pub mod shares;
pub mod socket;
pub mod source_maps;
mod sweep;
pub mod tls;
pub mod watching;
