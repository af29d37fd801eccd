//! Logins that end: none of their sessions stays, for any cause of the end and any moment at which the session began.

use crate::support::{Client, Person, start};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

async fn own_login(person: &Person<'_>) -> String {
    let logins = person.expect(200, "GET", "/v1/me/logins", Value::Null).await;
    format!("/v1/me/logins/{}", logins["items"][0]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_cookie_of_the_upgrade_is_nobodys_once_its_login_has_ended_before_the_hello() {
    let at = start(&[]).await;
    let guest = Person::guest(&at).await;
    let (origin, cookie) =
        (format!("http://{}", at.addr), format!("callbox={}", guest.token.as_deref().unwrap()));
    let headers = [("origin", origin.as_str()), ("cookie", cookie.as_str())];
    let mut signed_in = Client::connect(at.addr, &headers).await.unwrap();
    signed_in.send(&json!({ "type": "hello" })).await;
    signed_in.expect("hello").await;
    let mut late = Client::connect(at.addr, &headers).await.unwrap();
    let path = own_login(&guest).await;
    guest.expect(204, "DELETE", &path, Value::Null).await;
    assert_eq!(signed_in.expect("leave").await["reason"], "signed_out");
    late.send(&json!({ "type": "hello" })).await;
    assert_eq!(late.close_code().await, Some(4401));
}

#[tokio::test]
async fn whoever_ends_a_login_and_goes_away_before_the_answer_has_ended_its_session_too() {
    let at = start(&[]).await;
    let guest = Person::guest(&at).await;
    let mut socket = guest.socket().await;
    let (path, token) = (own_login(&guest).await, guest.token.as_deref().unwrap());
    let text = format!(
        "DELETE {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n",
        at.addr
    );
    let mut stream = TcpStream::connect(at.addr).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    drop(stream);
    assert_eq!(socket.expect("leave").await["reason"], "signed_out");
}
