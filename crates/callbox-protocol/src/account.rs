//! Bodies of accounts: the user, the ways to sign in, and the data that a user keeps with us.
//!
//! Shapes only. An address belongs to a user once it is verified, and not before. No route here shows another user's
//! id: people are named by the call they were in. Times are milliseconds since the epoch.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::call::{CallKind, EndCause};
use crate::http::ReportLine;
use crate::id::{BlockId, CallId, LoginId, UserId};
use crate::proof::Proof;
use crate::time::UnixMillis;
use crate::user::{AgeClass, User};

/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3, less the brackets).
pub const EMAIL_CHARS_MAX: usize = 254;
/// The fewest characters of a password (NIST SP 800-63B, section 5.1.1.1).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The most characters of a password: enough for any sentence, and a bound for the work of hashing it.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// The most characters of a name.
pub const NAME_CHARS_MAX: usize = 40;
/// The most characters of a person's text about themselves.
pub const BIO_CHARS_MAX: usize = 500;
/// The most languages of a profile.
pub const LANGUAGES_MAX: usize = 8;
/// The most bytes of each part of attributes, as JSON.
pub const ATTRIBUTES_BYTES_MAX: usize = 16 * 1024;

/// The rights of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// The rights that everybody has.
    #[default]
    User,
    /// Also read reports, and ban.
    Moderator,
    /// Also give roles, plans and API keys.
    Admin,
}

/// The way in which a login was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LoginKind {
    /// With one click, as a new user.
    Guest,
    /// By address and password.
    Password,
    /// By a link in a mail.
    Mail,
    /// By an issuer of OpenID Connect.
    Oidc,
    /// By the link that a new server prints.
    Setup,
}

/// An app's own members, by name.
pub type Members = Map<String, Value>;

/// An app's own data on a user or a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attributes {
    /// Read by people who are in a call with the user, or in the call. 16 KB at most.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub public: Members,
    /// Read by the user alone, and by the app's own backend. 16 KB at most.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub private: Members,
}

/// Sets either part of attributes, or both; a part that is not there stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetAttributes {
    /// Instead of the public part.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub public: Option<Members>,
    /// Instead of the private part.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub private: Option<Members>,
}

/// A person's own description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// 40 characters at most; empty if there is none.
    pub name: String,
    /// 500 characters at most.
    pub bio: String,
    /// As in `seek`: 8 of 32 characters each.
    pub interests: Vec<String>,
    /// BCP 47 tags, such as `de` or `pt-BR`; 8 at most.
    pub languages: Vec<String>,
    /// ISO 3166-1 alpha-2, such as `AT`.
    pub country: Option<String>,
}

/// The data on a user that people in a call with them see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicProfile {
    /// The profile.
    pub profile: Profile,
    /// The public part of their attributes.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub attributes: Members,
}

/// `GET /v1/me`: the caller's own user, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// The answer to the age question; `null` until it is given.
    pub age: Option<AgeClass>,
    /// The verified address; `null` for a guest.
    pub email: Option<String>,
    /// Whether a password is set.
    pub has_password: bool,
    /// The proof that is needed to change the address, the password or the identities, and to delete the account.
    pub proof: Proof,
    /// Their rights.
    pub role: Role,
    /// Set by an admin or by the app's own backend, in its own words.
    pub plan: Option<String>,
    /// Their own description.
    pub profile: Profile,
    /// The app's own data.
    pub attributes: Attributes,
    /// When the user was made.
    pub created_at: UnixMillis,
    /// The login that asks.
    pub login: LoginId,
}

/// `PUT /v1/me/email`: sends a link to an address; it is the user's once the link is opened. The answer is the same
/// whether the address is free or another user's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetEmail {
    /// The address.
    pub email: String,
    /// A guest's new password: it is set when the link is opened in the browser that asked, and nowhere else. An
    /// account's current password: it proves that the change is its owner's.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub password: Option<String>,
}

/// The answer to `POST /v1/verifications`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// The user that this browser is signed in as; `null` if an account's other address was verified in a browser
    /// that is not signed in as its user: that signs nobody in.
    pub user: Option<User>,
    /// As in `GuestCreated`, if a guest's first address was verified in another browser than the one that asked.
    pub token: Option<String>,
}

/// Uses up a link of a mail: `POST /v1/verifications` and `POST /v1/logins/redeem`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeem {
    /// The token after the `#` of the link.
    pub token: String,
    /// The browser's own name, kept in its storage.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub device: Option<String>,
}

/// `POST /v1/logins`: signs in by address and password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// The address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The browser's own name, kept in its storage.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub device: Option<String>,
}

/// The answer to every way of signing in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// As in `GuestCreated`.
    pub token: Option<String>,
}

/// Asks for a mail: `POST /v1/logins/mail` and `POST /v1/passwords/mail`. The answer is the same whether there is
/// such an account or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendMail {
    /// The address.
    pub email: String,
    /// The browser's own name, kept in its storage. If the account was signed in with it, strangers' requests do not
    /// count.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub device: Option<String>,
}

/// `POST /v1/passwords/reset`: a new password, by the link of a mail. All logins of the user end, other links are
/// void, and identities that were linked since the owner last signed in do not open the account any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResetPassword {
    /// The token after the `#` of the link.
    pub token: String,
    /// The new password.
    pub password: String,
}

/// `PUT /v1/me/password`: sets or changes the password. The user's other logins end, and links that wait are void.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The current one, if there is one.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub current: Option<String>,
    /// The new one.
    pub new: String,
}

/// A login of the caller's, as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginItem {
    /// Its name.
    pub id: LoginId,
    /// The name by which people recognise it, such as `Firefox on Linux`.
    pub label: String,
    /// The way in which it was made.
    pub kind: LoginKind,
    /// The time at which it was made.
    pub created_at: UnixMillis,
    /// The time of its last use, to the hour.
    pub last_used_at: UnixMillis,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// `GET /v1/me/logins`: the 50 that were used last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Logins {
    /// The last used first.
    pub items: Vec<LoginItem>,
}

/// `DELETE /v1/me`: deletes the account and all its data.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteMe {
    /// The password, if there is one.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub password: Option<String>,
}

/// A call of the caller's, as a line of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryCall {
    /// The call.
    pub id: CallId,
    /// Why the two met.
    pub kind: CallKind,
    /// When they were matched.
    pub at: UnixMillis,
    /// From the match to the end, in milliseconds.
    pub duration_ms: u32,
    /// Whether both saw each other.
    pub is_success: bool,
    /// The cause of its end.
    pub cause: EndCause,
    /// The other person's name now; empty if they have none, or if the user is deleted.
    pub partner_name: String,
    /// Whether the caller has blocked the other person.
    pub is_blocked: bool,
    /// The caller's rating.
    pub stars: Option<u8>,
}

/// Somebody whom the caller has blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BlockItem {
    /// Names the block, not the person.
    pub id: BlockId,
    /// Their name now; empty if there is none.
    pub name: String,
    /// Since when.
    pub at: UnixMillis,
}

/// A report that the caller made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedReport {
    /// The call that it is about.
    pub call: CallId,
    /// One of `ReportReason`, or of a later version.
    pub reason: String,
    /// In the caller's own words.
    pub note: String,
    /// The chat's last lines.
    pub lines: Vec<ReportLine>,
    /// When.
    pub at: UnixMillis,
}

/// The caller's identity at an issuer of OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedIdentity {
    /// Its URL.
    pub issuer: String,
    /// Its own name for them.
    pub subject: String,
    /// Their address there when it was linked, if the issuer had verified it.
    pub email: Option<String>,
    /// Since when it opens the account.
    pub at: UnixMillis,
}

/// `GET /v1/me/export`: all data on the caller; 10,000 calls, blocks and reports at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// When it was collected.
    pub at: UnixMillis,
    /// As in `GET /v1/me`.
    pub account: Account,
    /// As in `GET /v1/me/logins`.
    pub logins: Vec<LoginItem>,
    /// The identities that open the account by OpenID Connect.
    pub identities: Vec<ExportedIdentity>,
    /// As in `GET /v1/me/calls`.
    pub calls: Vec<HistoryCall>,
    /// As in `GET /v1/me/blocks`.
    pub blocks: Vec<BlockItem>,
    /// Reports that the caller made.
    pub reports: Vec<ExportedReport>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The newest first.
    pub items: Vec<T>,
    /// `before` of the next page; `null` on the last.
    pub next: Option<String>,
}

/// `POST /v1/setup`: the first admin, by the link that a new server prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetUp {
    /// The token after the `#` of the link.
    pub token: String,
    /// The admin's address, taken as verified: a person who reads the server's output runs the server.
    pub email: String,
    /// The admin's password.
    pub password: String,
}

/// A sign-in by OpenID Connect that the operator offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// In paths.
    pub id: String,
    /// On buttons.
    pub name: String,
}

/// `GET /v1/oidc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Providers {
    /// In the order of the settings.
    pub items: Vec<Provider>,
}

/// `POST /v1/oidc/{provider}/start`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartOidc {
    /// Whether it is to be linked to the account that asks, in place of signing in.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub link: bool,
}

/// The page that the browser goes to, and a proof for later that it is the same browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OidcStarted {
    /// The issuer's page. It sends the browser back to `/oidc` of the origin that asked.
    pub url: String,
    /// The proof, for this browser alone, which keeps it until it returns; valid for 10 minutes.
    pub flow: String,
}

/// `POST /v1/oidc/finish`: the browser is back from the issuer's page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FinishOidc {
    /// As `start` gave it.
    pub flow: String,
    /// From the query of `/oidc`.
    pub state: String,
    /// From the query of `/oidc`.
    pub code: String,
    /// From the query of `/oidc`, if it is there (RFC 9207).
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub iss: Option<String>,
    /// The browser's own name, kept in its storage.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub device: Option<String>,
}

/// The result of a sign-in at an issuer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OidcFinished {
    /// As after every other way of signing in. If a guest became an account, the login stays as it was.
    SignedIn {
        /// The user.
        user: User,
        /// As in `GuestCreated`.
        token: Option<String>,
    },
    /// `POST /v1/oidc/confirm` links it to the account that asks; until then nothing is changed.
    Confirm {
        /// The provider's name.
        provider: String,
        /// Their address there, as the issuer says; `null` if it says none.
        email: Option<String>,
    },
    /// An account has the address: a mail to it has a link that confirms. Nothing is changed until it is opened.
    Mailed,
}

/// `POST /v1/oidc/confirm`: links the identity that `finish` asked about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfirmOidc {
    /// As `start` gave it.
    pub flow: String,
    /// The account's password, if there is one.
    #[serde(default)]
    #[cfg_attr(test, ts(optional = nullable))]
    pub password: Option<String>,
}

/// The caller's identity at an issuer, as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityItem {
    /// In paths.
    pub id: String,
    /// The provider's name; the issuer's URL if the settings do not have this provider any more.
    pub name: String,
    /// Since when it opens the account.
    pub at: UnixMillis,
}

/// `GET /v1/me/identities`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identities {
    /// The oldest first; 16 at most.
    pub items: Vec<IdentityItem>,
}
