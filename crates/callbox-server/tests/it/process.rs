//! The binary as an operator meets it: start, settings, signals.

use crate::support::{Client, JSON, guest, request};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

pub(crate) fn callbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callbox"));
    command.env_clear();
    command
}

/// A child that does not outlive its test.
pub(crate) struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, flags: &[&str]) -> Self {
        Self::start_lines(folder, flags, 3)
    }

    /// Waits for so many lines.
    pub(crate) fn start_lines(folder: &Path, flags: &[&str], count: usize) -> Self {
        Self::start_by(callbox(), folder, flags, count)
    }

    /// By a command that becomes the binary, perhaps elsewhere.
    pub(crate) fn start_by(mut command: Command, folder: &Path, flags: &[&str], count: usize) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let lines = out.lines().take(count).collect::<Result<_, _>>().unwrap();
        Self { child, lines }
    }

    pub(crate) fn addr(&self) -> std::net::SocketAddr {
        self.lines[0].strip_prefix("callbox is listening on http://").unwrap().parse().unwrap()
    }

    /// The text that it printed after these words.
    pub(crate) fn line(&self, words: &str) -> &str {
        self.lines
            .iter()
            .find_map(|line| line.strip_prefix(words))
            .unwrap_or_else(|| panic!("{:?}", self.lines))
    }

    /// Its memory, in KiB.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let killed =
            Command::new("kill").arg("-s").arg(name).arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
    }

    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// Without a chance to say or write anything.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_tells_clients_to_come_back_and_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let mut serving = Serving::start(folder.path());
    let addr = serving.addr();
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::arrive(addr, None).await);
    }
    let ended = tokio::task::spawn_blocking(move || serving.terminate());
    for client in &mut clients {
        let leave = client.expect("leave").await;
        assert_eq!((&leave["reason"], &leave["action"]), (&json!("shutdown"), &json!("resume")));
        assert_eq!(client.close_code().await, Some(1001));
    }
    assert!(ended.await.unwrap().success());
    assert!(std::net::TcpStream::connect(addr).is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_the_same_folder_keeps_logins() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Serving::start(folder.path());
    let token = guest(first.addr(), Some("minor")).await;
    assert!(first.terminate().success());
    let second = Serving::start(folder.path());
    let mut client = Client::connect(second.addr(), &[]).await.unwrap();
    client.send(&json!({ "type": "hello", "token": token })).await;
    assert_eq!(client.expect("hello").await["user"]["age"], "minor");
}

/// The contents of a file that is for its owner alone.
fn private(path: &Path) -> String {
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_terminal_is_the_operator_token_and_the_setup_link_are_in_files_for_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let [token_file, link_file] = ["operator-token", "setup-link"].map(|name| folder.path().join(name));
    let mut first = Serving::start_lines(folder.path(), &[], 4);
    assert_eq!(first.line("operator token: "), format!("kept in {}", token_file.display()));
    let words = format!("open the link in {} to become one", link_file.display());
    assert_eq!(first.line("there is no admin yet; "), words);
    let (token, old_link) = (private(&token_file), private(&link_file));
    let printed = first.lines.join("\n");
    assert!(!printed.contains(&token) && !printed.contains('#'), "{printed}");
    assert!(first.terminate().success());

    let second = Serving::start_lines(folder.path(), &[], 4);
    let link = private(&link_file);
    assert!(link != old_link && link.starts_with(&format!("http://{}/setup#", second.addr())), "{link}");
    let (_, secret) = link.split_once('#').unwrap();
    let body = json!({ "token": secret, "email": "ann@example.org", "password": "a keeper of many keys" });
    let made = request(second.addr(), "POST", "/v1/setup", &[JSON], &body.to_string()).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(!link_file.exists(), "there is an admin");
}

#[test]
fn a_second_server_on_one_folder_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Serving::start(folder.path());
    let second: Output = callbox()
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(!second.status.success());
    let error = text(&second.stderr);
    assert!(error.contains(folder.path().to_str().unwrap()) && error.contains("another"), "{error}");
    assert_eq!(error.lines().count(), 1, "one line, and no insides: {error}");
}

#[test]
fn what_mails_and_attributes_lack_stops_the_start_with_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("user.json");
    std::fs::write(&schema, r#"{ "type": "objekt" }"#).unwrap();
    let schema = format!("user_attributes_schema={}", schema.display());
    for (setting, words) in [(&*schema, "at `/type`"), ("smtp_url=smtp://127.0.0.1:1", "needs `mail_from`")] {
        let mut command = callbox();
        command.args(["serve", "--listen", "127.0.0.1:0", "--set", setting, "--data-dir"]);
        let out = command.arg(folder.path().join("data")).output().unwrap();
        let error = text(&out.stderr);
        let last = error.lines().last().unwrap();
        let key = setting.split('=').next().unwrap();
        assert!(!out.status.success() && last.starts_with(&format!("error: `{key}`")), "{error}");
        assert!(last.contains(words), "{error}");
    }
}

#[test]
fn check_config_shows_no_secret() {
    let settings = [
        "smtp_url=smtps://ann:se-cret@mail.example.org",
        "database_url=postgres://ann:se-cret@127.0.0.1/callbox",
        r#"ice_servers=[{ urls = ["turn:turn.example.org"], username = "ann", credential = "se-cret" }]"#,
        r#"ice_services=[{ kind = "cloudflare", key = "k", token = "se-cret" }]"#,
        r#"oidc=[{ id = "a", name = "A", issuer = "https://a.example", client_id = "c", client_secret = "se-cret" }]"#,
    ];
    let flags = settings.iter().flat_map(|setting| ["--set", setting]);
    let out = callbox().arg("check-config").args(flags).current_dir("/").output().unwrap();
    let shown = text(&out.stdout);
    assert_eq!(shown.matches("(not shown)").count(), settings.len(), "{shown}");
    assert!(!shown.contains("se-cret") && !text(&out.stderr).contains("se-cret"), "{shown}");
    let empty = text(&callbox().arg("check-config").current_dir("/").output().unwrap().stdout);
    assert!(!empty.contains("(not shown)"), "what is not set is no secret: {empty}");
}

#[test]
fn check_config_shows_values_and_sources_and_fails_on_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("callbox.toml"), "log = \"debug\"\n").unwrap();
    let run = |command: &mut Command| command.current_dir(folder.path()).output().unwrap();
    let good = run(callbox().args(["check-config", "--listen", "[::1]:0"]).env("CALLBOX_SESSIONS_MAX", "5"));
    assert!(good.status.success());
    let out = text(&good.stdout);
    for (setting, source) in [
        ("listen", "flag --listen"),
        ("data_dir", "default"),
        ("log", "callbox.toml"),
        ("sessions_max", "environment CALLBOX_SESSIONS_MAX"),
    ] {
        let line = out.lines().find(|line| line.starts_with(setting)).unwrap();
        assert!(line.ends_with(&format!("# {source}")), "{line}");
    }
    let bad = run(callbox().arg("check-config").env("CALLBOX_LOG", "loud"));
    assert!(!bad.status.success());
    assert!(text(&bad.stderr).contains("setting `log` (environment CALLBOX_LOG)"));
    let unknown = run(callbox().args(["check-config", "--set", "colour=red"]));
    assert!(text(&unknown.stderr).contains("unknown setting `colour`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_is_made_without_a_browser_while_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let create = || {
        let mut command = callbox();
        command.args(["admin", "create", "--email", "Ann@example.org", "--data-dir"]).arg(folder.path());
        command.output().unwrap()
    };
    let made = create();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let told = text(&made.stdout);
    let password =
        told.lines().nth(1).unwrap().strip_prefix("password: ").unwrap().split(' ').next().unwrap();
    let serving = Serving::start(folder.path());
    let body = json!({ "email": "ann@example.org", "password": password }).to_string();
    let signed_in = request(serving.addr(), "POST", "/v1/logins", &[JSON], &body).await;
    let bearer = format!("Bearer {}", signed_in.json()["token"].as_str().unwrap());
    let users = request(serving.addr(), "GET", "/v1/users", &[("Authorization", &bearer)], "").await;
    assert_eq!((users.status, &users.json()["items"][0]["role"]), (200, &json!("admin")));
    let refused = create();
    assert!(!refused.status.success() && text(&refused.stderr).contains("stop it for a moment"));
}
