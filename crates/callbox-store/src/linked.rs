//! Identities that open an account, and the rule for which of them are known to be its owner's.
//!
//! Pure but for one query. Identities that were linked since the owner last signed in may be a stranger's, who had
//! the owner's session for a while; their own sign-ins prove nothing. Changes nothing. Bounds: 16 identities of one
//! user.

use callbox_protocol::id::UserId;
use callbox_protocol::time::UnixMillis;

use crate::StoreError;
use crate::db::ReadDb;
use crate::sql::{rows, statements, values};

/// More services than anybody signs in with.
pub(crate) const IDENTITIES_MAX: i64 = 16;

/// Somebody, as an issuer names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer's URL.
    pub issuer: String,
    /// The issuer's own name for them, which never changes.
    pub subject: String,
}

/// An identity of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Their identity there.
    pub identity: Identity,
    /// Since when.
    pub at: UnixMillis,
    /// The address that the issuer had verified by then, by its key.
    pub email: Option<String>,
    /// Whether the account was made of it.
    pub is_founder: bool,
    /// When somebody signed in by it last.
    pub used_at: Option<UnixMillis>,
}

statements! {
    hot OF_USER reads [identities] tags [Identities($1)] -> LinkedRow =
        "SELECT issuer, subject, created_at, email, is_founder, used_at FROM identities WHERE \"user\" = $1 \
        ORDER BY created_at, issuer, subject LIMIT $2";
}

rows! {
    struct LinkedRow {
        issuer: String,
        subject: String,
        created_at: UnixMillis,
        email: Option<String>,
        is_founder: bool,
        used_at: Option<UnixMillis>,
    }
}

/// The identities that open this account beside password and mail, the oldest first.
pub(crate) async fn linked_to(db: &mut ReadDb<'_>, user: UserId) -> Result<Vec<Linked>, StoreError> {
    let found = db.all(&OF_USER, values![user, IDENTITIES_MAX]).await?;
    Ok(found.into_iter().map(Linked::from).collect())
}

/// The time at which the owner last signed in: by password, by a mail, or by an identity that was linked before such
/// a sign-in.
///
/// Sign-ins by an identity that was linked later prove nothing: they are by the person who linked it.
pub(crate) fn last_sign_in(
    all: &[Linked],
    email: Option<&str>,
    by_password_or_mail: Option<UnixMillis>,
) -> Option<UnixMillis> {
    let mut since = by_password_or_mail;
    loop {
        let trusted = all.iter().filter(|one| one.is_owners(email, since));
        let later = trusted.filter_map(|one| one.used_at).max().max(since);
        if later == since {
            return since;
        }
        since = later;
    }
}

impl Linked {
    /// The account was made of it, and it has the mailbox that the account still has; or it was linked before.
    pub(crate) fn is_owners(&self, email: Option<&str>, since: Option<UnixMillis>) -> bool {
        (self.is_founder && self.email.is_some() && self.email.as_deref() == email) || Some(self.at) < since
    }
}

impl From<LinkedRow> for Linked {
    fn from(row: LinkedRow) -> Self {
        Self {
            identity: Identity { issuer: row.issuer, subject: row.subject },
            at: row.created_at,
            email: row.email,
            is_founder: row.is_founder,
            used_at: row.used_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of the case, the identities, the last sign-in by password or mail, and when those that stay were
    /// linked.
    type Story = (&'static str, Vec<Linked>, Option<u64>, Vec<u64>);

    #[test]
    fn what_was_linked_since_the_owners_last_sign_in_is_doubtful_and_vouches_for_nothing() {
        let one = |at: u64, used_at: Option<u64>, founder: Option<&str>| Linked {
            identity: Identity { issuer: "https://id.example.org".to_owned(), subject: at.to_string() },
            at: UnixMillis(at),
            email: founder.map(str::to_owned),
            is_founder: founder.is_some(),
            used_at: used_at.map(UnixMillis),
        };
        let own = Some("ann@example.org");
        let stories: [Story; 11] = [
            ("linked after the last sign-in by password", vec![one(20, None, None)], Some(10), vec![]),
            ("and in the same moment", vec![one(20, None, None)], Some(20), vec![]),
            ("linked before it", vec![one(20, None, None)], Some(30), vec![20]),
            ("nobody ever signed in otherwise", vec![one(20, Some(90), None)], None, vec![]),
            ("its own sign-ins prove nothing", vec![one(20, Some(90), None)], Some(10), vec![]),
            (
                "an older one was used since",
                vec![one(5, Some(30), None), one(20, None, None)],
                Some(10),
                vec![5, 20],
            ),
            ("a doubtful one was", vec![one(12, Some(30), None), one(20, None, None)], Some(10), vec![]),
            (
                "two in a row",
                vec![one(5, Some(15), None), one(12, Some(30), None), one(20, None, None)],
                Some(10),
                vec![5, 12, 20],
            ),
            ("the account was made of it", vec![one(5, Some(5), own), one(20, None, None)], None, vec![5]),
            ("and it was used since", vec![one(5, Some(30), own), one(20, None, None)], None, vec![5, 20]),
            ("with another mailbox", vec![one(5, Some(30), Some("eve@example.org"))], None, vec![]),
        ];
        for (what, all, signed_in_at, kept) in stories {
            let since = last_sign_in(&all, own, signed_in_at.map(UnixMillis));
            let left = all.iter().filter(|one| one.is_owners(own, since)).map(|one| one.at.0);
            assert_eq!(left.collect::<Vec<_>>(), kept, "{what}");
        }
    }
}
