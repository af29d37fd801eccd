//! The texts of mails. All words that people read in a mail are here, once for the plain and the HTML part.
//!
//! A mail names the server by its host, since that is what people typed. Secrets are behind `#`, so that no server,
//! proxy or log on the path sees them. Input from outside (a token, a provider's name) is made harmless here.

use callbox_protocol::proof::Change;
use std::fmt::Write as _;

use crate::origin::Origin;

/// How long the link of [`Mail::Verify`] and [`Mail::ConfirmLink`] is valid: a day, as people look at mail.
pub const VERIFY_MS: u64 = 24 * 3_600 * 1_000;
/// How long the link of [`Mail::SignIn`] is valid: it opens an account, and people wait for it.
pub const SIGN_IN_MS: u64 = 15 * 60 * 1_000;
/// How long the link of [`Mail::Reset`] is valid.
pub const RESET_MS: u64 = 3_600 * 1_000;
/// How long the link of [`Mail::Approve`] is valid: the person who asked waits for it.
pub const APPROVE_MS: u64 = 3_600 * 1_000;
/// More than any provider's name has.
const NAME_CHARS_MAX: usize = 40;

/// A mail to one person.
#[derive(Clone, Debug)]
pub enum Mail {
    /// Asks whether the address is the user's own.
    Verify {
        /// Opens `/verify`.
        token: String,
    },
    /// To a verified address that somebody tried to sign up with.
    AlreadyThere,
    /// A magic link.
    SignIn {
        /// Opens `/sign-in`.
        token: String,
    },
    /// Lets choose a new password.
    Reset {
        /// Opens `/reset`.
        token: String,
    },
    /// To the address before, after another was verified.
    AddressChanged,
    /// After a password was changed by a person who was signed in, or by the operator.
    PasswordChanged,
    /// After somebody tried so many passwords that others are slowed down.
    Guessed,
    /// After a password was set anew by the link of a mail.
    PasswordReset {
        /// Names of providers that do not open the account any more.
        unlinked: Vec<String>,
        /// Names of providers that still do.
        kept: Vec<String>,
    },
    /// Asks to approve one change of the account.
    Approve {
        /// Opens `/approve`.
        token: String,
        /// The change to approve.
        change: Change,
    },
    /// After an account was deleted.
    Deleted,
    /// Asks whether an account at a provider (OIDC) may open this account.
    ConfirmLink {
        /// Opens `/oidc`.
        token: String,
        /// The provider's name.
        provider: String,
    },
    /// To moderators: the oldest report waits for too long.
    ReportsWait {
        /// How many do.
        open: u32,
    },
    /// To whom the operator named: alerts that fire, or are well again.
    Alerts {
        /// All of them in a few words.
        title: String,
        /// A line for each.
        lines: Vec<String>,
    },
    /// After somebody who was signed in linked an account at a provider.
    Linked {
        /// The provider's name.
        provider: String,
    },
    /// After an account at a provider was unlinked.
    Unlinked {
        /// The provider's name.
        provider: String,
    },
}

impl Mail {
    /// For logs and file names.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Verify { .. } => "verify",
            Self::AlreadyThere => "already-there",
            Self::SignIn { .. } => "sign-in",
            Self::Reset { .. } => "reset",
            Self::AddressChanged => "address-changed",
            Self::PasswordChanged => "password-changed",
            Self::Guessed => "guessed",
            Self::PasswordReset { .. } => "password-reset",
            Self::Approve { .. } => "approve",
            Self::Deleted => "deleted",
            Self::ConfirmLink { .. } => "confirm-link",
            Self::Linked { .. } => "linked",
            Self::Unlinked { .. } => "unlinked",
            Self::ReportsWait { .. } => "reports-wait",
            Self::Alerts { .. } => "alerts",
        }
    }

    /// The text, for the server that is at `origin`.
    #[expect(clippy::too_many_lines, reason = "a list, one mail after the other")]
    pub fn words(&self, origin: &Origin) -> Words {
        let host = origin.host();
        let account = || format!("{origin}/account");
        let words = |subject: String| Words { subject, blocks: Vec::new() };
        match self {
            Self::Verify { token } => words(format!("Your address at {host}"))
                .say(format!("Somebody gave this address for an account at {host}. If it was you, open this link to confirm it:"))
                .link("Confirm my address", secret(origin, "verify", token))
                .good_for(VERIFY_MS)
                .say("If it was not you, do nothing: without the link the address is not used."),
            Self::AlreadyThere => words(format!("You have an account at {host}"))
                .say(format!("Somebody tried to sign up at {host} with this address. There is an account with it already. If it was you, sign in, or ask there for a new password:"))
                .link("To my account", account())
                .say("If it was not you, do nothing: they learned nothing of your account, and it is as it was."),
            Self::SignIn { token } => words(format!("Sign in at {host}"))
                .say(format!("Open this link to sign in at {host}:"))
                .link("Sign me in", secret(origin, "sign-in", token))
                .good_for(SIGN_IN_MS)
                .say("Give it to nobody: whoever opens it is signed in as you. If you did not ask for it, do nothing."),
            Self::Reset { token } => words(format!("A new password at {host}"))
                .say(format!("Somebody asked for a new password for your account at {host}. If it was you, open this link to choose one:"))
                .link("Choose a new password", secret(origin, "reset", token))
                .good_for(RESET_MS)
                .say("If it was not you, do nothing: your password stays as it is."),
            Self::Guessed => words(format!("Somebody tries passwords at {host}"))
                .say(format!("Somebody has tried many passwords for your account at {host}. They did not get in by that, and have to wait longer and longer from now on."))
                .say("Browsers in which you have signed in before are not held up. Elsewhere you may have to wait too: ask there for a link by mail, which signs you in at once.")
                .say("If it was you, do nothing. If you use the password elsewhere too, choose another one:")
                .link("To my account", account()),
            Self::ConfirmLink { token, provider } => {
                let provider = name(provider);
                words(format!("Sign in at {host} with {provider}?"))
                    .say(format!("Somebody signed in with {provider}, where this address is known, and there is an account with it at {host}. If it was you, open this link to use {provider} for that account from now on:"))
                    .link(&format!("Sign in with {provider}"), secret(origin, "oidc", token))
                    .good_for(VERIFY_MS)
                    .say("If it was not you, do nothing: nobody gets in.")
            }
            Self::Approve { token, change } => words(format!("A yes to a change of your account at {host}"))
                .say(format!("Somebody who is signed in to your account at {host} wants to {}. If it was you, open this link and say yes:", what(*change)))
                .link("Look at it, and say yes", secret(origin, "approve", token))
                .good_for(APPROVE_MS)
                .say("If it was not you, do nothing here: nothing is changed. But somebody else has a browser that is signed in as you, so please end your other logins, or ask for a new password, which ends them all:")
                .link("To my account", account()),
            Self::AddressChanged => words(format!("Your address at {host} was changed"))
                .say(format!("Your account at {host} has another e-mail address now, and this one does not open it any more."))
                .say(format!("If it was not you, please write to whoever runs {host} at once.")),
            Self::PasswordReset { unlinked, kept } => {
                let mut words = words(format!("Your password at {host} was set anew"))
                    .say(format!("The password of your account at {host} was set anew, and all browsers were signed out."));
                if !unlinked.is_empty() {
                    words = words.say(format!("These were linked since you last signed in, and do not open your account any more: {}. If one of them is yours, link it again.", names(unlinked)));
                }
                if !kept.is_empty() {
                    words = words.say(format!("These still open your account: {}. If one of them is not yours, take it away there.", names(kept)));
                }
                words.say("If it was not you, ask for a new password at once:").link("To my account", account())
            }
            Self::Deleted => words(format!("Your account at {host} was deleted"))
                .say(format!("Your account at {host} was deleted, with all that was kept of it."))
                .say(format!("If it was not you, please write to whoever runs {host}.")),
            Self::Linked { provider } => {
                let provider = name(provider);
                words(format!("{provider} opens your account at {host}"))
                    .say(format!("From now on, whoever signs in with your {provider} account is signed in to your account at {host}."))
                    .say("If it was not you, take it away there at once, and change your password:")
                    .link("To my account", account())
            }
            Self::Unlinked { provider } => {
                let provider = name(provider);
                words(format!("{provider} does not open your account at {host} any more"))
                    .say(format!("Whoever signs in with your {provider} account is not signed in to that account at {host} any more."))
                    .say("If it was not you, change your password:")
                    .link("To my account", account())
            }
            Self::PasswordChanged => words(format!("Your password at {host} was changed"))
                .say(format!("The password of your account at {host} was changed, and other browsers were signed out."))
                .say("If it was not you, ask for a new password at once:")
                .link("To my account", account()),
            Self::Alerts { title, lines } => lines
                .iter()
                .fold(words(title.clone()), |words, line| words.say(line.as_str()))
                .link("To the dashboard", format!("{origin}/dashboard")),
            Self::ReportsWait { open } => words(format!("A report waits at {host}"))
                .say(format!("The oldest open report at {host} has waited for more than an hour. {open} in all are open:"))
                .link("To the reports", format!("{origin}/moderation"))
                .say("You get this as a moderator, every six hours at most."),
        }
    }
}

/// A mail's subject and its body.
#[derive(Debug)]
pub struct Words {
    /// One line.
    pub subject: String,
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Say(String),
    Link { label: String, url: String },
}

impl Words {
    fn say(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Say(text.into()));
        self
    }

    fn link(mut self, label: &str, url: String) -> Self {
        self.blocks.push(Block::Link { label: label.to_owned(), url });
        self
    }

    fn good_for(self, ms: u64) -> Self {
        let minutes = ms / 60_000;
        let time = match minutes {
            60 => "an hour".to_owned(),
            minutes if minutes % 60 == 0 => format!("{} hours", minutes / 60),
            minutes => format!("{minutes} minutes"),
        };
        self.say(format!("It works once, and for {time}."))
    }

    /// The plain part.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            let text = match block {
                Block::Say(text) => text,
                Block::Link { url, .. } => url,
            };
            write!(out, "{text}\r\n\r\n").expect("a string takes all");
        }
        out
    }

    /// The HTML part.
    pub fn html(&self) -> String {
        let mut out = String::from("<!doctype html>\r\n<html lang=\"en\"><body>\r\n");
        for block in &self.blocks {
            match block {
                Block::Say(text) => write!(out, "<p>{}</p>\r\n", escape(text)),
                Block::Link { label, url } => {
                    write!(out, "<p><a href=\"{}\">{}</a></p>\r\n", escape(url), escape(label))
                }
            }
            .expect("a string takes all");
        }
        out.push_str("</body></html>\r\n");
        out
    }
}

/// A link whose secret is for the page alone. Our tokens are base64url; all other characters in one are removed.
fn secret(origin: &Origin, page: &str, token: &str) -> String {
    let is_token = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let token: String = token.chars().filter(is_token).collect();
    format!("{origin}/{page}#{token}")
}

/// The change that somebody wants, in the middle of a sentence.
const fn what(change: Change) -> &'static str {
    match change {
        Change::Address => "give it another e-mail address",
        Change::Password => "set a new password",
        Change::Identities => "change which other services open it",
        Change::Deletion => "delete it, with all that is kept of it",
    }
}

fn names(providers: &[String]) -> String {
    providers.iter().map(|provider| name(provider)).collect::<Vec<_>>().join(", ")
}

fn name(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests;
