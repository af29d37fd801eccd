//! The proofs that a change of credentials needs, the kinds of change, and the mailbox's approval of one.
//!
//! Shapes only. The rule that says which proof is needed is in the store, which checks it as it writes.

use serde::{Deserialize, Serialize};

/// The proof that a change of credentials needs, beside a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Proof {
    /// Nothing: a guest, who has neither an address nor a password nor an identity.
    Nothing,
    /// The password; or the mailbox's approval.
    Password,
    /// The mailbox's approval: a link in a mail to the current address.
    Mailbox,
    /// A sign-in of the last ten minutes by this very login.
    SignIn,
}

/// A change of the credentials of an account, or its deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// Another address: `PUT /v1/me/email`.
    Address,
    /// A password, or another one: `PUT /v1/me/password`.
    Password,
    /// An identity added or removed: `POST /v1/oidc/confirm`, `DELETE /v1/me/identities/{identity}`.
    Identities,
    /// The end of the account: `DELETE /v1/me`.
    Deletion,
}

/// `POST /v1/me/approvals`: asks the mailbox of the account to approve one change. To open the mail's link is to
/// approve, and the login that asked may then make this change once, within ten minutes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskApproval {
    /// The change to approve.
    pub change: Change,
}

/// `POST /v1/approvals`: the mailbox's approval.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approve {
    /// The token after the `#` of the link.
    pub token: String,
}

/// The change that was approved.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approved {
    /// The change that the login which asked may make now.
    pub change: Change,
}

/// `DELETE /v1/me/identities/{identity}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unlink {
    /// The password, if there is one.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub password: Option<String>,
}
