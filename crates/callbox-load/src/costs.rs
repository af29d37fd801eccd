//! The costs of a run in CPU time: the server's, this program's, and everybody else's.

use anyhow::Result;

use crate::process::{cpu_seconds, machine_cpu_seconds};

/// CPU seconds that were used so far.
#[derive(Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) server: Option<f64>,
    pub(crate) own: f64,
    machine: f64,
}

impl Costs {
    pub(crate) fn of(server: Option<u32>) -> Result<Self> {
        let server = server.map(cpu_seconds).transpose()?;
        Ok(Self { server, own: cpu_seconds(std::process::id())?, machine: machine_cpu_seconds()? })
    }

    /// The CPU time of everybody else on this machine, if the server is on it too.
    pub(crate) fn others(&self) -> Option<f64> {
        self.server.map(|server| (self.machine - server - self.own).max(0.0))
    }

    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let server = self.server.zip(earlier.server).map(|(now, before)| now - before);
        Self { server, own: self.own - earlier.own, machine: self.machine - earlier.machine }
    }
}
