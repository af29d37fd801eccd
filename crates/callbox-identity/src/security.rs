//! The words of the security log: changes of rights and credentials, and the stable name of each.
//!
//! No id of a user, address, name, token or reason of a ban is in an event. The server decides when a line is
//! written, and about whom.

use callbox_protocol::account::{LoginKind, Role};
use callbox_protocol::id::{ApiKeyId, BanId};
use callbox_protocol::moderation::BanScope;

/// The event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has a new login, by this way.
    SignInDone(LoginKind),
    /// Somebody could not prove who they are.
    SignInFailed(LoginKind),
    /// Somebody who is signed in did not know the password that a change asks for.
    ProofFailed,
    /// So many passwords were tried for an account that the caller has to wait.
    GuessesSlowed,
    /// Somebody who is banned was turned away.
    BannedRefused,
    /// Somebody asked for a thing that their role does not allow.
    AccessRefused,
    /// A login was ended by its user.
    SignedOut,
    /// Somebody has another role.
    RoleChanged(Role),
    /// The first admin was made, by the link that the server printed.
    AdminMade,
    /// An app's backend got a key.
    ApiKeyMade(ApiKeyId),
    /// A key is no longer valid.
    ApiKeyEnded(ApiKeyId),
    /// A ban was made.
    BanMade(BanScope, BanId),
    /// A ban was lifted.
    BanLifted(BanId),
    /// A mail with a link was sent.
    LinkSent(Link),
    /// A link of a mail had its effect.
    LinkUsed(Link),
    /// A link of a mail was used before, has ended, or never was.
    LinkRefused(Link),
    /// An identity of an issuer opens the account from now on.
    IdentityLinked,
    /// An identity does not open the account any more.
    IdentityUnlinked,
    /// Another password is set.
    PasswordChanged,
    /// Another address is the user's.
    AddressChanged,
    /// An account was deleted.
    AccountDeleted,
    /// An admin silenced a rule of alerts.
    AlertSilenced,
    /// An admin ended such a silence.
    SilenceEnded,
}

/// The purpose of a link in a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The address becomes the user's.
    Verify,
    /// Signs in.
    SignIn,
    /// Sets a new password.
    Reset,
    /// Links an identity.
    Identity,
    /// Says yes to a change.
    Approve,
}

impl Event {
    /// The stable name of each, which people search for, and a word that says more.
    pub const fn words(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::SignInDone(way) => ("sign_in_done", Some(way_word(way))),
            Self::SignInFailed(way) => ("sign_in_failed", Some(way_word(way))),
            Self::ProofFailed => ("proof_failed", None),
            Self::GuessesSlowed => ("guesses_slowed", None),
            Self::BannedRefused => ("banned_refused", None),
            Self::AccessRefused => ("access_refused", None),
            Self::SignedOut => ("signed_out", None),
            Self::RoleChanged(role) => ("role_changed", Some(role_word(role))),
            Self::AdminMade => ("admin_made", None),
            Self::ApiKeyMade(_) => ("api_key_made", None),
            Self::ApiKeyEnded(_) => ("api_key_ended", None),
            Self::BanMade(scope, _) => ("ban_made", Some(scope_word(scope))),
            Self::BanLifted(_) => ("ban_lifted", None),
            Self::LinkSent(link) => ("link_sent", Some(link_word(link))),
            Self::LinkUsed(link) => ("link_used", Some(link_word(link))),
            Self::LinkRefused(link) => ("link_refused", Some(link_word(link))),
            Self::IdentityLinked => ("identity_linked", None),
            Self::IdentityUnlinked => ("identity_unlinked", None),
            Self::PasswordChanged => ("password_changed", None),
            Self::AddressChanged => ("address_changed", None),
            Self::AccountDeleted => ("account_deleted", None),
            Self::AlertSilenced => ("alert_silenced", None),
            Self::SilenceEnded => ("alert_silence_ended", None),
        }
    }

    /// The key or the ban that it is about: the name that the interface gives it.
    pub fn object(self) -> Option<String> {
        match self {
            Self::ApiKeyMade(key) | Self::ApiKeyEnded(key) => Some(key.to_string()),
            Self::BanMade(_, ban) | Self::BanLifted(ban) => Some(ban.to_string()),
            _ => None,
        }
    }
}

const fn way_word(way: LoginKind) -> &'static str {
    match way {
        LoginKind::Guest => "guest",
        LoginKind::Password => "password",
        LoginKind::Mail => "mail",
        LoginKind::Oidc => "oidc",
        LoginKind::Setup => "setup",
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Moderator => "moderator",
        Role::Admin => "admin",
    }
}

const fn scope_word(scope: BanScope) -> &'static str {
    match scope {
        BanScope::User => "user",
        BanScope::Device => "device",
        BanScope::Address => "address",
    }
}

const fn link_word(link: Link) -> &'static str {
    match link {
        Link::Verify => "verify",
        Link::SignIn => "sign_in",
        Link::Reset => "reset",
        Link::Identity => "identity",
        Link::Approve => "approve",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_stable_name_a_word_that_says_more_and_what_it_is_about() {
        assert_eq!(Event::SignedOut.words(), ("signed_out", None));
        assert_eq!(Event::SignInFailed(LoginKind::Oidc).words(), ("sign_in_failed", Some("oidc")));
        assert_eq!(Event::RoleChanged(Role::Admin).words(), ("role_changed", Some("admin")));
        assert_eq!(Event::LinkUsed(Link::Reset).words(), ("link_used", Some("reset")));
        let ban = BanId::from_bytes([1; 16]);
        let made = Event::BanMade(BanScope::Device, ban);
        assert_eq!((made.words(), made.object()), (("ban_made", Some("device")), Some(ban.to_string())));
        assert_eq!(Event::AccountDeleted.object(), None);
    }
}
