//! The guarantees of the layers of settings.

use super::*;
use callbox_protocol::signal::RelayPolicy;
use callbox_settings::Source;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn effective(layers: &Layers, key: &str) -> (String, Source) {
    let all = layers.effective().unwrap();
    let (_, value, source) = all.into_iter().find(|(s, ..)| s.key == key).unwrap();
    (value.as_str().map_or_else(|| value.to_string(), str::to_owned), source)
}

#[test]
fn the_defaults_are_valid_and_on_loopback() {
    let config = Layers::default().load().unwrap();
    assert!(config.site.listen.ip().is_loopback());
    assert_eq!(config.site.listen.port(), 8080);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("callbox.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\nlog = \"debug\"\n").unwrap();
    let mut layers = Layers { file: Some(file.clone()), ..Layers::default() };
    assert_eq!(effective(&layers, "listen"), ("127.0.0.1:1".into(), Source::File(file)));
    layers.environment = environment(&[("CALLBOX_LISTEN", "127.0.0.1:2"), ("HOME", "/")]);
    assert_eq!(effective(&layers, "listen").0, "127.0.0.1:2");
    layers.flags.push(("--listen".into(), "listen".into(), "127.0.0.1:3".into()));
    assert_eq!(effective(&layers, "listen"), ("127.0.0.1:3".into(), Source::Flag("--listen".into())));
    assert_eq!(effective(&layers, "log").0, "debug");
}

#[test]
fn port_changes_the_port_and_keeps_the_address() {
    let mut layers = Layers { environment: environment(&[("PORT", "9000")]), ..Layers::default() };
    assert_eq!(effective(&layers, "listen"), ("127.0.0.1:9000".into(), Source::Environment("PORT".into())));
    layers.environment.insert("CALLBOX_LISTEN".into(), "0.0.0.0:1".into());
    assert_eq!(effective(&layers, "listen").0, "0.0.0.0:1");
}

#[test]
fn lists_come_with_commas_in_the_environment() {
    let layers = Layers {
        environment: environment(&[("CALLBOX_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]),
        ..Layers::default()
    };
    assert_eq!(layers.load().unwrap().callers.trusted_proxies.len(), 2);
}

#[test]
fn a_mistake_is_named_with_its_setting_and_its_place() {
    let cases = [
        ("CALLBOX_LISTEN", "8080", "setting `listen` (environment CALLBOX_LISTEN)"),
        ("CALLBOX_LISTENN", "x", "unknown setting `listenn` (environment CALLBOX_LISTENN)"),
        ("PORT", "http", "setting `listen` (environment PORT)"),
        ("CALLBOX_ICE_SERVICES", r#"[{ kind = "other", key = "k", token = "t" }]"#, "setting `ice_services`"),
        (
            "CALLBOX_ICE_SERVICES",
            r#"[{ kind = "cloudflare", key = "../k", token = "t" }]"#,
            "setting `ice_services`",
        ),
        (
            "CALLBOX_ICE_SERVICES",
            r#"[{ kind = "cloudflare", key = "k", token = "t", url = "http://elsewhere.example" }]"#,
            "setting `ice_services`",
        ),
        ("CALLBOX_SESSIONS_MAX", "0", "setting `sessions_max`"),
        ("CALLBOX_RELAY_POLICIES", r#"{ "https://a.example" = "never" }"#, "setting `relay_policies`"),
        ("CALLBOX_RELAY_POLICIES", r#"{ "a.example" = "always" }"#, "setting `relay_policies`"),
        ("CALLBOX_ICE_SERVERS", r#"[{ urls = ["http://x"] }]"#, "setting `ice_servers`"),
        ("CALLBOX_SMTP_URL", "mail.example.org", "setting `smtp_url`"),
        ("CALLBOX_MAIL_FROM", "Example <nobody>", "setting `mail_from`"),
        ("CALLBOX_PUBLIC_URL", "call.example.org", "setting `public_url`"),
        ("CALLBOX_PROXY_HEADER", "X Forwarded For", "setting `proxy_header`"),
    ];
    for (name, value, start) in cases {
        let layers = Layers { environment: environment(&[(name, value)]), ..Layers::default() };
        let error = layers.load().unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn a_page_has_its_own_relay_policy_and_it_must_be_a_page_that_is_allowed() {
    let policies = r#"{ "https://app.example" = "always" }"#;
    let with = |more: &[(&str, &str)]| {
        let all =
            [&[("CALLBOX_RELAY_POLICIES", policies), ("CALLBOX_PUBLIC_URL", "https://call.example")], more]
                .concat();
        Layers { environment: environment(&all), ..Layers::default() }.load()
    };
    let config = with(&[("CALLBOX_ALLOWED_ORIGINS", "https://app.example")]).unwrap();
    let of = |origin: &str| config.relay.policies.of(Some(&origin.parse().unwrap()));
    assert_eq!(
        (of("https://app.example"), of("https://call.example")),
        (RelayPolicy::Always, RelayPolicy::Auto)
    );
    assert_eq!(config.relay.policies.of(None), RelayPolicy::Auto);
    let error = with(&[("CALLBOX_ALLOWED_ORIGINS", "https://ap.example")]).unwrap_err().to_string();
    assert!(error.contains("relay_policies") && error.contains("allowed_origins"), "{error}");
}

/// Each usual mistake with a secret gives an error without it, at any place.
#[test]
fn a_mistake_in_a_secret_setting_does_not_show_the_secret() {
    let slips = [
        ("smtp_url", "ann:se-cret@mail.example.org"),
        ("smtp_url", "smtps://ann:se-cret@mail.example.org/inbox"),
        ("database_url", "mysql://ann:se-cret@127.0.0.1/callbox"),
        ("database_url", "postgres://ann:se-cret@"),
        ("database_url", "postgres://ann:se-cret@db.example.org:port/callbox"),
        ("oidc", r#"[{ id = "a", client_secret = "se-cret }]"#),
        ("oidc", r#"[{ id = "a", client_secret = se-cret }]"#),
        ("oidc", r#"[{ id: "a", client_secret: "se-cret" }]"#),
        ("oidc", r#"{ id = "a", client_secret = "se-cret" }"#),
        ("oidc", r#"[{ id = "a", client_secret = "se-cret" }]"#),
        ("oidc", r#""se-cret""#),
        ("oidc", "se-cret"),
        (
            "oidc",
            r#"[{ id = "a", name = "A", issuer = "https://a.example", client_id = "c", client_secret = ["se-cret"] }]"#,
        ),
        ("oidc", r#"[{ id = "a", name = "A", issuer = "ftp://ann:se-cret@a.example", client_id = "c" }]"#),
        ("oidc", r#"[{ id = "se-cret!", name = "A", issuer = "https://a.example", client_id = "c" }]"#),
        ("ice_servers", r#"["se-cret"]"#),
        ("ice_servers", r#"[{ urls = ["turn:a"], credential = "se-cret", credential = "x" }]"#),
        ("ice_servers", r#"[{ urls = ["turn:a"], credential = ["se-cret"] }]"#),
        ("ice_servers", r#"[{ urls = ["se-cret"] }]"#),
        ("ice_servers", r#"[{ urls = "se-cret" }]"#),
        ("ice_servers", r#"[{ urls = ["turn:a"], credential = "se-cret", secret = "x" }]"#),
        ("ice_services", r#"[{ kind = "se-cret", key = "k", token = "se-cret" }]"#),
        ("ice_services", r#"[{ kind = "twilio", account = "k/", token = "se-cret" }]"#),
        (
            "ice_services",
            r#"[{ kind = "cloudflare", key = "k", token = "t", url = "http://ann:se-cret@a.example" }]"#,
        ),
        ("ice_services", r#"[{ kind = "cloudflare", key = "k", token = { of = "se-cret" } }]"#),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("callbox.toml");
    for (key, value) in slips {
        let mut errors = Vec::new();
        let name = format!("CALLBOX_{}", key.to_uppercase());
        errors.push(Layers { environment: environment(&[(&name, value)]), ..Layers::default() }.load());
        let flags = vec![("--set".to_owned(), key.to_owned(), value.to_owned())];
        errors.push(Layers { flags, ..Layers::default() }.load());
        std::fs::write(&file, format!("log = \"info\"\n{key} = {value}\n")).unwrap();
        errors.push(Layers { file: Some(file.clone()), ..Layers::default() }.load());
        for error in errors {
            let error = error.unwrap_err().to_string();
            assert!(!error.contains("se-cret") && !error.contains('\n'), "{key} = {value}: {error}");
            assert!(error.contains(key) || error.contains("line 2, column "), "{error}");
        }
    }
}
