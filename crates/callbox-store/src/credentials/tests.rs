//! Tests of `credentials.rs`.

use super::*;
use crate::sql::touches;

#[test]
fn each_account_needs_the_best_proof_that_its_owner_has() {
    for (email, password, identity, mail, expected) in [
        (false, false, false, true, Proof::Nothing),
        (false, false, false, false, Proof::Nothing),
        (true, true, false, true, Proof::Password),
        (true, true, true, false, Proof::Password),
        (false, true, false, true, Proof::Password),
        (true, false, false, true, Proof::Mailbox),
        (true, false, true, true, Proof::Mailbox),
        // Nobody comes in without mails here, so the operator hands them out.
        (true, false, false, false, Proof::Mailbox),
        (true, false, true, false, Proof::SignIn),
        (false, false, true, true, Proof::SignIn),
    ] {
        let ways =
            WaysIn { has_email: email, has_password: password, has_identity: identity, has_mail: mail };
        assert_eq!(ways.proof(), expected, "{ways:?}");
    }
}

#[test]
fn a_proof_is_enough_for_what_it_proves_and_for_nothing_above() {
    let evidence = |is_password_right, is_approved, has_signed_in| Evidence {
        is_password_right,
        is_approved,
        has_signed_in,
    };
    for (shown, expected) in [
        (evidence(false, false, false), [true, false, false, false]),
        (evidence(true, false, false), [true, true, false, false]),
        (evidence(false, true, false), [true, true, true, true]),
        (evidence(false, false, true), [true, false, false, true]),
    ] {
        let needs = [Proof::Nothing, Proof::Password, Proof::Mailbox, Proof::SignIn];
        assert_eq!(needs.map(|needed| is_enough(needed, shown)), expected, "{shown:?}");
    }
}

#[test]
fn nothing_else_changes_what_opens_an_account() {
    let opens = touches![
        update users (email, password_hash),
        insert identities,
        delete identities,
        update identities (issuer, subject, user),
    ];
    // These write where no link can wait: for a user who is erased, or whose password is the same.
    let known = [
        "erasure::MARK",
        "erasure::IDENTITIES",
        "erasure::USER",
        "identities::FORGET_ERASED",
        "accounts::REHASH",
    ];
    for sql in crate::STATEMENTS.iter().copied().flatten() {
        let name = sql.name.trim_start_matches("callbox_store::");
        let is_change = sql.touches.iter().any(|touch| opens.iter().any(|change| change.meets(touch)));
        assert!(!is_change || name.starts_with("credentials::") || known.contains(&name), "{name}");
    }
}
