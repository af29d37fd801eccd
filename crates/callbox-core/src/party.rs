//! Who meets in a call, and by which invite: values that the cores of matching and of calls share.

use callbox_protocol::id::{LoginId, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// One of the two people of a match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Where frames for it go.
    pub session: SessionId,
    /// Who it is.
    pub user: UserId,
    /// By which login.
    pub login: LoginId,
    /// How long it had waited when it was matched.
    pub waited_ms: u64,
}

/// An invite, by the hash of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InviteKey(pub [u8; 32]);
