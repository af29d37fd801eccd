//! Tests of `turn_service.rs`.

use super::*;

#[test]
fn cloudflares_documented_answer_is_read_without_the_port_that_browsers_refuse() {
    let body = r#"{"iceServers":[{"urls":["stun:stun.cloudflare.com:3478","stun:stun.cloudflare.com:53"]},
            {"urls":["turn:turn.cloudflare.com:3478?transport=udp","turn:turn.cloudflare.com:53?transport=udp",
            "turns:turn.cloudflare.com:443?transport=tcp"],"username":"bc91b63e","credential":"ebd65548"}]}"#;
    let answer = read(body.as_bytes()).unwrap();
    assert_eq!(answer.lifetime_seconds, LIFETIME_SECONDS);
    assert_eq!(answer.servers[0].urls, ["stun:stun.cloudflare.com:3478"]);
    let turn = ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:443?transport=tcp"];
    assert_eq!(answer.servers[1].urls, turn);
    assert_eq!(answer.servers[1].credential.as_deref(), Some("ebd65548"));
}

#[test]
fn twilios_documented_answer_is_read_with_its_lifetime() {
    let body = r#"{"account_sid":"AC1","ttl":"3600","username":"dc2d","password":"tE0f","ice_servers":[
            {"url":"stun:global.stun.twilio.com:3478","urls":"stun:global.stun.twilio.com:3478"},
            {"url":"turn:global.turn.twilio.com:3478?transport=udp","username":"dc2d","credential":"tE0f",
            "urls":"turn:global.turn.twilio.com:3478?transport=udp"}]}"#;
    let answer = read(body.as_bytes()).unwrap();
    assert_eq!((answer.lifetime_seconds, answer.servers.len()), (3_600, 2));
    assert_eq!(answer.servers[1].username.as_deref(), Some("dc2d"));
}

#[test]
fn what_names_no_server_is_no_answer() {
    for body in ["", "{}", "[]", r#"{"iceServers":[]}"#, r#"{"iceServers":[{"urls":["http://x"]}]}"#] {
        assert_eq!(read(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn each_is_asked_as_its_documents_say() {
    let cloudflare: IceService =
        toml::from_str("kind = \"cloudflare\"\nkey = \"k1\"\ntoken = \"north\"").unwrap();
    let question = cloudflare.question();
    let expected = "https://rtc.live.cloudflare.com/v1/turn/keys/k1/credentials/generate-ice-servers";
    assert_eq!((question.url.as_str(), question.body.as_str()), (expected, r#"{"ttl":86400}"#));
    assert_eq!(question.authorization, "Bearer north");
    let twilio: IceService = toml::from_str(
        "kind = \"twilio\"\naccount = \"AC1\"\ntoken = \"north\"\nurl = \"http://127.0.0.1:1/\"",
    )
    .unwrap();
    let question = twilio.question();
    assert_eq!(question.url, "http://127.0.0.1:1/2010-04-01/Accounts/AC1/Tokens.json");
    assert_eq!(question.authorization, format!("Basic {}", STANDARD.encode("AC1:north")));
    for service in [&cloudflare, &twilio] {
        assert!(!format!("{service:?}").contains("north") && service.has_plain_names());
    }
    let bent: IceService = toml::from_str("kind = \"twilio\"\naccount = \"../x\"\ntoken = \"t\"").unwrap();
    assert!(!bent.has_plain_names());
}
