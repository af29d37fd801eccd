//! Integration: real HTTP, real sockets, the real binary, on loopback. One binary for all of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod access;
mod accounts;
mod acme;
mod backups;
mod bad_input;
mod callers;
mod calls;
mod databases;
mod doctor;
mod endings;
mod guessing;
mod guests;
mod https;
mod ice;
mod limits;
mod mail;
mod moderation;
mod oidc;
mod openapi;
mod outages;
mod pages;
mod parked;
mod postgres;
mod presence;
mod process;
mod relay;
mod resume;
mod safety;
mod security_log;
mod sockets;
mod spoofed;
mod support;
mod turn;
mod ways;
