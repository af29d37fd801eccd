//! Debian's nginx before a server that speaks HTTPS, for the load tester, which speaks HTTP.
//!
//! Only sessions come this way, never media. Killed when it is dropped. Bound: so many connections as it is told of in its
//! configuration.

use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::servers::pinned;
use crate::steps::target_dir;

/// Beside the load.
const CORE: &str = "1";
const TRIES: usize = 100;

pub(super) struct Front {
    /// The address on which it listens.
    pub(super) addr: String,
    child: Child,
}

impl Front {
    /// Passes on to this address.
    pub(super) fn start(to: &str) -> Result<Self> {
        let folder = target_dir().join("bench-front");
        std::fs::create_dir_all(&folder)?;
        // Free a moment ago: nobody else takes ports on this machine meanwhile.
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut paths = String::new();
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(paths, "{kind}_temp_path {};", folder.join(kind).display())?;
        }
        let config = format!(
            "daemon off;\nmaster_process off;\npid {pid};\nevents {{ worker_connections 8192; }}\n\
             http {{\naccess_log off;\n{paths}server {{\nlisten {addr};\nlocation / {{\nproxy_pass https://{to};\n\
             proxy_http_version 1.1;\nproxy_read_timeout 300s;\nproxy_set_header Host $http_host;\n\
             proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection \"upgrade\";\n}}\n}}\n}}\n",
            pid = folder.join("pid").display(),
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config)?;
        let mut command = pinned(CORE);
        command.args(["/usr/sbin/nginx", "-e", "stderr", "-p"]).arg(&folder).arg("-c").arg(&file);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let front = Self { addr, child };
        front.wait().context("nginx is needed: `cargo xtask test --install` brings it")?;
        Ok(front)
    }

    #[expect(clippy::disallowed_methods, reason = "nginx says nothing when it is there")]
    fn wait(&self) -> Result<()> {
        let listens = (0..TRIES).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(&self.addr).is_ok()
        });
        ensure!(listens, "nobody listens on {}", self.addr);
        Ok(())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
