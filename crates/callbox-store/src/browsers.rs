//! Browsers that an account was signed in with: attackers who guess at its password do not slow these down.
//!
//! Kept by the keyed hash of the name that a browser has for itself, also after its login has ended. Bounds: the
//! [`BROWSERS_MAX`] of an account that were signed in with last.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;

use crate::StoreError;
use crate::db::WriteDb;
use crate::sql::{Work, statements, values};

/// Browsers of one user: all that somebody may plausibly use, and so may be signed in with at once.
pub(crate) const BROWSERS_MAX: i64 = 50;

statements! {
    some REMEMBER touches [insert known_browsers, update known_browsers (at)] =
        "INSERT INTO known_browsers (\"user\", device, at) VALUES ($1, $2, $3) \
        ON CONFLICT (\"user\", device) DO UPDATE SET at = excluded.at";
    hot MAKE_ROOM touches [delete known_browsers] =
        "DELETE FROM known_browsers WHERE \"user\" = $1 AND device IN (SELECT device FROM known_browsers \
        WHERE \"user\" = $1 ORDER BY at DESC, device LIMIT 1000 OFFSET $2)";
    hot FORGET touches [delete known_browsers] = "DELETE FROM known_browsers WHERE \"user\" = $1";
}

/// The account is somebody else's: none of the browsers is known to be theirs.
pub(crate) async fn forget(db: &mut WriteDb<'_>, user: UserId) -> Result<(), StoreError> {
    db.execute(&FORGET, values![user]).await.map(|_| ())
}

/// An account is signed in with this browser, if it has a name for itself.
pub(crate) fn remember<'d>(
    db: &'d mut WriteDb<'_>,
    user: UserId,
    device: Option<&'d [u8; 32]>,
    now: UnixMillis,
) -> Work<'d, ()> {
    Box::pin(async move {
        let Some(device) = device else { return Ok(()) };
        db.execute(&REMEMBER, values![user, device, now]).await?;
        db.execute(&MAKE_ROOM, values![user, BROWSERS_MAX]).await?;
        Ok(())
    })
}
