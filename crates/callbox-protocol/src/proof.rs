//! What a change of credentials needs: the kinds of proof, the kinds of change, and the mailbox's yes to one of them.
//!
//! Shapes only; the rule that says which proof is needed is the store's, which checks it where it writes.

use serde::{Deserialize, Serialize};

/// What a change of credentials needs, beside a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Proof {
    /// Nothing: a guest, who has neither an address nor a password nor an identity.
    Nothing,
    /// The password; or the mailbox's yes.
    Password,
    /// The mailbox's yes: a link in a mail to the current address.
    Mailbox,
    /// A sign-in of the last ten minutes by this very login.
    SignIn,
}

/// A change of what opens an account, or the end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// Another address: `PUT /v1/me/email`.
    Address,
    /// A password, or another one: `PUT /v1/me/password`.
    Password,
    /// An identity more or less: `POST /v1/oidc/confirm`, `DELETE /v1/me/identities/{identity}`.
    Identities,
    /// No account any more: `DELETE /v1/me`.
    Deletion,
}

/// `POST /v1/me/approvals`: asks the mailbox of the account for a yes to one change. Whoever opens the mail's link says
/// it, and the login that asked may then make this change once, within ten minutes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskApproval {
    /// What is to change.
    pub change: Change,
}

/// `POST /v1/approvals`: the mailbox's yes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approve {
    /// The token after the `#` of the link.
    pub token: String,
}

/// What was said yes to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approved {
    /// What the login that asked may change now.
    pub change: Change,
}

/// `DELETE /v1/me/identities/{identity}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unlink {
    /// The password, where there is one.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub password: Option<String>,
}
