//! The least cost of an answer over axum: every request gets the same words. Prints its port.

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse as _;
use std::io::Write as _;

/// As long as an account is, and with the text that a load looks for.
const WORDS: &str = r#"{"id":"01a0c1f2-0000-7000-8000-000000000001","age":"adult","email":null,"has_password":false,"role":"user","plan":null,"profile":{"bio":"I like long walks and short calls.","interests":["chess","music"],"languages":["en","de"],"country":"AT"},"attributes":{"public":{"badges":["early","kind"]},"private":{}},"items":[],"created_at":1790000000000,"login":"01a0c1f2-0000-7000-8000-000000000002"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
    let answer = async |uri: Uri| {
        if uri.path().ends_with("/rating") {
            return StatusCode::NO_CONTENT.into_response();
        }
        ([(header::CONTENT_TYPE, "application/json")], WORDS).into_response()
    };
    axum::serve(listener, Router::new().fallback(answer)).await
}
