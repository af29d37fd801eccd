//! A user in a call, and the key of an invite: values that the cores of matching and of calls share.

use callbox_protocol::id::{LoginId, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// One of the two people of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The session that gets its frames.
    pub session: SessionId,
    /// The user.
    pub user: UserId,
    /// By which login.
    pub login: LoginId,
    /// How long it had waited when it was matched.
    pub waited_ms: u64,
}

/// An invite, by the hash of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InviteKey(pub [u8; 32]);
