//! Notices: mails to the owner of a mailbox about a change that was made already.
//!
//! A mail that cannot be sent is no reason to undo the change: that is logged, and nothing else.

use callbox_identity::email::EmailAddress;
use callbox_identity::mail_text::Mail;
use callbox_store::Linked;

use crate::app::App;
use crate::mail::Mails;

/// Notifies the owner of the address of a change; a failed mail is no reason to undo it.
pub(super) fn tell(mails: &Mails, email: &str, mail: &Mail) {
    let sent = email.parse::<EmailAddress>().ok().map(|email| mails.send(&email, mail));
    if !matches!(sent, Some(Ok(()))) {
        tracing::warn!(mail = mail.kind(), "a notice could not be sent");
    }
}

/// Notifies the owners of those identities' addresses that they do not open the account any more; not `but`, who was
/// notified already.
pub(super) fn tell_unlinked(app: &App, unlinked: &[Linked], but: Option<&str>) {
    for one in unlinked {
        if let Some(email) = one.email.as_deref().filter(|email| Some(*email) != but) {
            let provider = app.oidc.name_of(&one.identity.issuer).to_owned();
            tell(&app.mails, email, &Mail::Unlinked { provider });
        }
    }
}
