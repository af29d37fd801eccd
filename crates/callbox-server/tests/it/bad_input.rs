//! Bad input: some 400 violations, each answered with the right code, while two people continue to talk.
//!
//! Every case has a socket of its own. The two in the call never notice: after each table their call still
//! passes a line of chat, both ways.

mod framing;
mod json;
mod upgrade;

use crate::support::{Client, Running, call, start};
use serde_json::{Value, json};

/// A server with a call on it that must survive.
struct Bystanders {
    running: Running,
    caller: Client,
    callee: Client,
    call: Value,
}

impl Bystanders {
    async fn start() -> Self {
        let running = start(&[]).await;
        let (caller, callee, call) = call(running.addr).await;
        Self { running, caller, callee, call }
    }

    /// Both still hear each other, and nothing else came in between.
    async fn are_untouched(&mut self) {
        let line = json!({ "type": "chat", "call": self.call, "text": "still here" });
        self.caller.send(&line).await;
        assert_eq!(self.callee.expect("chat").await["text"], "still here");
        self.callee.send(&line).await;
        assert_eq!(self.caller.expect("chat").await["text"], "still here");
    }
}

/// A change of a table that loses its cases is not to go unseen.
#[test]
fn no_table_was_emptied() {
    let cases = json::cases().len() + framing::cases().len() + upgrade::cases().len();
    assert!(cases >= 380, "only {cases}");
}
