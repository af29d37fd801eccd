//! Tests of `hub.rs`.

use super::*;
use callbox_core::exchange::DuplicateLogin;
use callbox_protocol::id::LoginId;
use callbox_protocol::signal::RelayPolicy;
use callbox_protocol::user::AgeClass;
use callbox_settings::monitor::MonitorSettings;
use std::cell::Cell;
use std::collections::HashSet;
use std::convert::Infallible;

fn hub(store: Arc<Store>) -> Arc<Hub> {
    let (grants, duplicate_login) = (Grants::new(&[1; 32]), DuplicateLogin::Newest);
    let monitor = Arc::new(Monitor::new(MonitorSettings { is_on: true }, &store, Clock::system()));
    Arc::new(Hub::new(
        store,
        None,
        monitor,
        Settings {
            sessions_max: 10,
            duplicate_login,
            grants,
            epoch: 1,
            seed: 1,
            has_relay: false,
            announces: false,
        },
        Clock::system(),
    ))
}

fn arrival(number: u8) -> Arrival {
    let user = User { id: UserId::from_bytes([number; 16]), age: Some(AgeClass::Adult) };
    let login = LoginId::from_bytes([number; 16]);
    Arrival {
        user,
        login,
        blocked: HashSet::new(),
        is_held: false,
        relay_policy: RelayPolicy::Auto,
        observes: false,
        resume: None,
        grant: None,
    }
}

async fn greet(hub: &Arc<Hub>, number: u8) -> Handle {
    let Ok(result) = hub.greet(|| async { Ok::<_, Infallible>(arrival(number)) }).await;
    let Ok((_, _, handle)) = result else { panic!("nobody is turned away") };
    handle
}

#[tokio::test]
async fn what_changes_while_the_store_is_asked_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(Arc::new(Store::open(folder.path()).unwrap()));
    let [own, other] = [1, 9].map(|number| UserId::from_bytes([number; 16]));
    let login = LoginId::from_bytes([1; 16]);
    let end = |user: UserId| hub.apply(&[UserEvent::LoginsEnded(user, vec![login])]);
    for (event, asks_expected) in [
        (UserEvent::LoginsEnded(own, vec![login]), 2),
        (UserEvent::Banned(own), 2),
        (UserEvent::Held(own, true), 2),
        (UserEvent::AgeSet(own, AgeClass::Adult), 2),
        (UserEvent::Blocked(own, other), 2),
        (UserEvent::Unblocked(other, own), 2),
        // Another's ban may hit this one by the address, nothing else of another's can.
        (UserEvent::Banned(other), 2),
        (UserEvent::LoginsEnded(other, vec![login]), 1),
        (UserEvent::Held(other, true), 1),
    ] {
        let asks = Cell::new(0);
        let ask = || async {
            asks.set(asks.get() + 1);
            if asks.get() > 1 {
                return Err("it is asked again");
            }
            // The store was asked, and the session is not there yet.
            hub.apply(std::slice::from_ref(&event));
            Ok(arrival(1))
        };
        let is_in = hub.greet(ask).await.is_ok_and(|result| result.is_ok());
        assert_eq!((asks.get(), is_in), (asks_expected, asks_expected == 1), "{event:?}");
        assert_eq!(hub.stats().sessions, 0);
    }
    // Once the session is there, it is ended as all others are.
    let handle = greet(&hub, 1).await;
    end(own);
    assert!(handle.next_batch().await.leave.is_some());
    assert_eq!(hub.stats().sessions, 0);
    // A client that is overtaken each time is asked to reconnect, and more changes than are remembered count as
    // all.
    let asks = Cell::new(0);
    let ask = || async {
        asks.set(asks.get() + 1);
        for _ in 0..=CHANGES_MAX {
            end(other);
        }
        Ok::<_, Infallible>(arrival(1))
    };
    let Ok(result) = hub.greet(ask).await;
    assert_eq!((asks.get(), result.is_err()), (ASKS_MAX, true));
}

#[tokio::test]
async fn a_panic_in_a_sockets_task_ends_its_session_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(Arc::new(Store::open(folder.path()).unwrap()));
    let other = greet(&hub, 1).await;
    let handle = greet(&hub, 2).await;
    let task = tokio::spawn(async move {
        // Even with the lock in hand.
        handle.hub.change(|_, _| panic!("a fault of ours"));
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(hub.stats().sessions, 1);
    let frame = callbox_protocol::signal::ClientFrame::Cancel;
    other.handle_frame(Numbers::default(), 9, Incoming::Frame(&frame)).unwrap();
    assert_eq!(other.next_batch().await.frames.len(), 1, "the others go on");
    drop(other);
    assert_eq!(hub.lock().outboxes.len(), 0);
}

#[tokio::test]
async fn a_lost_socket_keeps_the_session_and_a_dropped_place_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(Arc::new(Store::open(folder.path()).unwrap()));
    let handle = greet(&hub, 1).await;
    handle.leave(Fate::Kept);
    assert_eq!((hub.stats().sessions, hub.lock().outboxes.len()), (1, 0));
    let handle = greet(&hub, 2).await;
    drop(handle);
    assert_eq!(hub.stats().sessions, 1);
}
