//! Pages and sockets that leave and return in a call, by the close codes that browsers send.

use crate::calls::stats;
use crate::resume::{Resumable, calling};
use crate::support::{start, until};
use serde_json::{Value, json};

async fn expect_peer(side: &mut Resumable, is_here: bool) {
    let peer = side.expect("peer").await;
    assert_eq!(peer["is_here"], is_here, "{peer}");
}

#[tokio::test]
async fn a_page_that_goes_away_in_a_call_is_missed_and_takes_its_side_by_its_grant() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, [_, grant]) = calling(running.addr).await;
    callee.client.close(Some(1001)).await;
    expect_peer(&mut caller, false).await;
    let (_, hello) = callee.reload(running.addr, &grant).await;
    let here = json!({ "state": "call", "call": call, "has_begun": true, "is_peer_here": true });
    assert_eq!((&hello["recovered"], &hello["snapshot"]), (&json!(false), &here));
    expect_peer(&mut caller, true).await;
    callee.send(json!({ "type": "restart", "call": call, "after": 0, "replace": true, "lost": true })).await;
    let restart = caller.expect("restart").await;
    assert_eq!(
        (&restart["after"], &restart["replace"], &restart["lost"]),
        (&json!(0), &json!(true), &json!(true))
    );
    caller.send(json!({ "type": "sends", "call": call, "picture": "camera", "sound": false })).await;
    let sends = callee.expect("sends").await;
    assert_eq!((&sends["picture"], &sends["sound"]), (&json!("camera"), &json!(false)));
}

#[tokio::test]
async fn a_page_takes_its_side_also_while_the_server_believes_its_old_socket() {
    let running = start(&[("duplicate_login", "refuse")]).await;
    let (mut caller, mut callee, call, [_, grant]) = calling(running.addr).await;
    let (mut old, hello) = callee.reload(running.addr, &grant).await;
    assert_eq!(hello["snapshot"]["call"], call);
    assert_eq!(old.expect("leave").await["reason"], "superseded");
    expect_peer(&mut caller, true).await;
    caller.chat(&call, "still there?").await;
    callee.expect_chat("still there?").await;
}

#[tokio::test]
async fn a_page_that_goes_away_outside_of_a_call_is_over() {
    let running = start(&[]).await;
    let mut waiting = Resumable::arrive(running.addr).await;
    waiting.send(json!({ "type": "seek" })).await;
    waiting.expect("queued").await;
    waiting.client.close(Some(1001)).await;
    until(async || stats(&running).await["sessions"] == 0).await;
    assert_eq!(waiting.come_back(running.addr, None).await["recovered"], false);
}

#[tokio::test]
async fn who_stayed_ends_the_call_of_whoever_left_and_waits_again() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, [_, grant]) = calling(running.addr).await;
    for side in [&mut caller, &mut callee] {
        side.send(json!({ "type": "progress", "call": call, "stage": "first_frame" })).await;
    }
    callee.chat(&call, "bye").await;
    caller.expect_chat("bye").await;
    callee.client.close(Some(1001)).await;
    expect_peer(&mut caller, false).await;
    caller.send(json!({ "type": "end", "call": call, "cause": "left" })).await;
    let end = caller.expect("end").await;
    assert_eq!(
        (&end["cause"], &end["by"], &end["requeued"]),
        (&json!("left"), &json!("callee"), &json!(true))
    );
    caller.expect("queued").await;
    until(async || stats(&running).await["outcomes"]["success"] == 1).await;
    let recent = stats(&running).await["recent"].clone();
    assert_eq!((&recent["causes"], &recent["dropped"]), (&json!({ "left": 1 }), &json!(1)));
    // The page comes late, and finds nothing.
    let (_, hello) = callee.reload(running.addr, &grant).await;
    assert_eq!(hello["snapshot"], json!({ "state": "idle" }));
}

#[tokio::test]
async fn that_the_other_left_is_a_hang_up_while_it_is_there() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, _) = calling(running.addr).await;
    caller.send(json!({ "type": "end", "call": call, "cause": "left" })).await;
    for side in [&mut caller, &mut callee] {
        let end = side.expect("end").await;
        assert_eq!((&end["cause"], &end["by"]), (&json!("hangup"), &json!("caller")));
    }
}

#[tokio::test]
async fn a_machine_that_slept_does_not_wake_up_in_line() {
    let running = start(&[]).await;
    let (mut caller, mut callee, call, _) = calling(running.addr).await;
    callee.client.cut().await;
    expect_peer(&mut caller, false).await;
    caller.send(json!({ "type": "next", "call": call })).await;
    caller.expect("end").await;
    let hello = callee.come_back(running.addr, None).await;
    assert_eq!((&hello["recovered"], &hello["snapshot"]), (&json!(true), &json!({ "state": "idle" })));
    let end = callee.expect("end").await;
    assert_eq!((&end["cause"], &end["requeued"]), (&json!("next"), &json!(false)));
    assert_eq!(stats(&running).await["waiting"], 1, "who is there goes on");
}

#[tokio::test]
async fn a_client_learns_whether_its_socket_works() {
    let running = start(&[]).await;
    let mut client = Resumable::arrive(running.addr).await;
    client.client.send(&json!({ "type": "ping" })).await;
    assert_eq!(client.expect("pong").await["seq"], Value::Null);
}
