//! Beacons of a page's real size, beside the same requests at a server whose monitor is off: it reads the body and answers with
//! the same constant words, through the same layers, and so shows what taking a beacon costs beyond its request.
//!
//! Both servers are pinned to the first core and the load to the second. They are asked in turns; what counts is the
//! CPU time of each server for one request, from `/proc`, since a rate alone would depend on how far the load got.

use anyhow::{Context, Result, ensure};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::Row;
use super::figure::{Figure, median};
use super::servers::{Kind, SERVER_CORE, Server, pinned};
use crate::steps::{command, now, run};

const LOAD_CORE: &str = "1";
const RUNS: usize = 5;
const WARM_UP: Duration = Duration::from_secs(1);
const RUN: Duration = Duration::from_secs(4);
const CONNECTIONS: u32 = 16;
/// Linux counts CPU time in hundredths of a second for everybody who asks (`USER_HZ`).
const TICK_NS: f64 = 1e7;

/// Both servers in turns; `program` is the binary and `folder` is theirs.
pub(super) fn measure(program: &Path, folder: &Path) -> Result<Vec<Row>> {
    let servers = [start(program, folder, true)?, start(program, folder, false)?];
    pin_self(LOAD_CORE)?;
    let measured = turns(&servers);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    pin_self(&format!("0-{}", cores.max(2) - 1))?;
    let [on, off] = measured?;
    let ratio = median(on.iter().zip(&off).map(|(on, off)| on / off));
    let what = "beacons by a second of CPU (peer: the same body, a constant answer)";
    let (ours, peer) = (median(on.into_iter()), median(off.into_iter()));
    Ok(vec![Figure { what, ours, peer, decimals: 0, target: ">= 0.4x", is_ok: ratio >= 0.4 }.row()])
}

/// How many each server took in a second of its CPU, turn by turn.
fn turns(servers: &[Server; 2]) -> Result<[Vec<f64>; 2]> {
    let mut rates: [Vec<f64>; 2] = Default::default();
    for turn in 0..=RUNS {
        for (server, rates) in servers.iter().zip(&mut rates) {
            let before = cpu_ns(server)?;
            let begun = now();
            let sent = send(&server.addr, turn, if turn == 0 { WARM_UP } else { RUN })?;
            let took = begun.elapsed().as_secs_f64();
            let cpu = cpu_ns(server)? - before;
            if turn > 0 {
                let (rate, each) = (f64::from(sent) / cpu * 1e9, cpu / f64::from(sent) / 1_000.0);
                println!(
                    "turn {turn} of {RUNS}: {:.0} requests/s, {each:.1} us of CPU each",
                    f64::from(sent) / took
                );
                rates.push(rate);
            }
        }
    }
    Ok(rates)
}

fn start(program: &Path, folder: &Path, is_on: bool) -> Result<Server> {
    let data = folder.join(if is_on { "on" } else { "off" });
    if data.exists() {
        std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
    }
    let mut command = pinned(SERVER_CORE);
    command.arg(program).args(["serve", "--listen", "127.0.0.1:0", "--set", "log=warn"]);
    command.arg("--data-dir").arg(data).args(["--set", &format!("monitor={is_on}")]);
    Server::begin(Kind::Callbox, command)
}

/// This process and whatever it starts from now on.
fn pin_self(cores: &str) -> Result<()> {
    let pid = std::process::id().to_string();
    run(&mut command("taskset", &["--all-tasks", "--cpu-list", "--pid", cores, &pid]))
}

/// The CPU time of all threads of a server so far.
fn cpu_ns(server: &Server) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.pid()))?;
    // The name of the program may have spaces; after it come the state and 10 more, then the two times.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let times = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    let ticks: f64 = times.collect::<Result<Vec<_>, _>>()?.into_iter().sum();
    Ok(ticks * TICK_NS)
}

/// Sends for so long over all connections; how many were taken.
fn send(addr: &str, turn: usize, time: Duration) -> Result<u32> {
    let sent = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..CONNECTIONS).map(|number| scope.spawn(move || send_one(addr, turn, number, time))).collect();
        let sent = senders.into_iter().map(|sender| sender.join().expect("no sender panics"));
        sent.collect::<Result<Vec<_>>>()
    });
    Ok(sent?.into_iter().sum())
}

/// One connection: a view is told twice, as it goes on and as it ends.
fn send_one(addr: &str, turn: usize, number: u32, time: Duration) -> Result<u32> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    let (begun, mut sent, mut answer) = (now(), 0, [0; 4_096]);
    while begun.elapsed() < time {
        let body = beacon(turn, number, sent);
        let head = format!(
            "POST /cb/v HTTP/1.1\r\nHost: {addr}\r\nOrigin: http://{addr}\r\nContent-Type: text/plain;charset=UTF-8\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n\
             Accept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        let mut length = 0;
        while !answer[..length].ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut answer[length..])?;
            ensure!(read > 0, "the server closed the connection");
            length += read;
        }
        ensure!(answer.starts_with(b"HTTP/1.1 204"), "{}", String::from_utf8_lossy(&answer[..length]));
        sent += 1;
    }
    Ok(sent)
}

/// About 1 KB, as a view of a call's page has it. Five views are a visit.
fn beacon(turn: usize, number: u32, sent: u32) -> String {
    let (view, sequence) = (sent / 2, sent % 2 + 1);
    let id = |kind: u32, of: u32| format!("018f{turn:04x}-{number:04x}-4{kind:03x}-8000-{of:012x}");
    let route = ["/call", "/call", "/", "/account", "/i/:code"][view as usize % 5];
    let started_at = 1_790_000_000_000_u64 + u64::from(view);
    let error = r#"{"kind":"error","name":"TypeError","message":"cannot read properties of null","count":1,"at_ms":900,"stack":"TypeError: cannot read\n    at render (https://a.example/assets/call.js:10:20)\n    at run (https://a.example/assets/app.js:1:2)"}"#;
    let errors = if view % 300 == 1 { error } else { "" };
    let quality =
        r#"{"level":"excellent","score":88,"rtt_ms":64,"jitter_ms":3,"loss_permille":4,"is_relayed":false}"#;
    let outcome = if sequence == 2 { r#""outcome":"success","duration_ms":61500,"# } else { "" };
    let call =
        format!(r#"{{"call":"{}",{outcome}"at_ms":1200,"setup_ms":640,"quality":{quality}}}"#, id(3, view));
    let calls = if route == "/call" { call.as_str() } else { "" };
    format!(
        r#"{{"version":1,"visit":"{}","view":"{}","view_number":{},"sequence":{sequence},"is_final":{},"sent_at":{},"started_at":{started_at},"visible_ms":9800,"route":"{route}","release":"1.4.0","device":"phone","navigation":"hard","weight":1,"user":null,"is_driven":false,"vitals":{{"fcp":{}.5,"lcp":{}.25,"cls":0.013,"inp":48,"ttfb":121.4,"fid":3.2,"load":1103.9}},"errors":[{errors}],"errors_dropped":0,"events":[{{"name":"screen:call","count":1}},{{"name":"chat","count":{sequence}}}],"calls":[{calls}],"complaints":0,"connection":{quality}}}"#,
        id(1, view / 5),
        id(2, view),
        view % 5 + 1,
        sequence == 2,
        started_at + 10_000 * u64::from(sequence),
        400 + view % 900,
        700 + view % 1_700,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_of_the_load_is_of_the_size_that_pages_send_and_each_view_is_told_twice() {
        let (one, two, next) = (beacon(1, 2, 0), beacon(1, 2, 1), beacon(1, 2, 2));
        for text in [&one, &two, &next] {
            assert!((700..1_600).contains(&text.len()), "{} bytes", text.len());
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
        let view = |text: &str| text.split(r#""view":""#).nth(1).unwrap()[..36].to_owned();
        assert_eq!(view(&one), view(&two));
        assert_ne!(view(&one), view(&next));
    }
}
