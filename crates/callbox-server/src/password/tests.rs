//! Tests of `password.rs`.

use super::*;
use crate::http::error::ApiError;
use callbox_core::address::ClientAddr;
use callbox_core::fair::Rank;

fn passwords() -> Passwords {
    Passwords::start(&Clock::system(), &Randomness::system()).unwrap()
}

fn standing() -> Standing<Network> {
    ClientAddr(std::net::Ipv4Addr::LOCALHOST.into()).standing(Rank::Stranger)
}

fn new(text: &str) -> NewPassword {
    NewPassword::parse(text, &[]).unwrap()
}

#[tokio::test]
async fn the_right_password_is_told_from_a_wrong_one() {
    let passwords = passwords();
    let kept = passwords.hash(new("correct horse"), standing()).await.unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert_ne!(
        kept,
        passwords.hash(new("correct horse"), standing()).await.unwrap(),
        "each has a salt of its own"
    );
    assert_eq!(passwords.verify("correct horse", &kept, standing()).await, Ok(Verdict::Right));
    assert_eq!(passwords.verify("correct horsf", &kept, standing()).await, Ok(Verdict::Wrong));
    assert_eq!(passwords.verify("", &kept, standing()).await, Ok(Verdict::Wrong));
}

#[tokio::test]
async fn nobodys_hash_costs_what_ours_cost_and_no_other_is_the_same() {
    let passwords = passwords();
    let kept = PasswordHash::new(&passwords.nobody).unwrap();
    let params = Params::try_from(&kept).unwrap();
    let ours = PasswordHash::new(&hash("correct horse", [7; SALT_BYTES]).unwrap()).unwrap();
    assert_eq!(params, Params::try_from(&ours).unwrap());
    assert_eq!(kept.salt.unwrap().len(), ours.salt.unwrap().len());
    assert!(!is_old(&kept, &params));
    assert_eq!(passwords.verify_nobody("correct horse", standing()).await, Ok(()));
    assert_ne!(passwords.nobody, nobody([7; 32]));
}

#[tokio::test]
async fn older_parameters_are_right_and_ask_for_a_new_hash() {
    let passwords = passwords();
    for (algorithm, version, kib, passes) in [
        (Algorithm::Argon2id, Version::V0x13, 8 * 1_024, 2),
        (Algorithm::Argon2id, Version::V0x13, 19 * 1_024, 1),
        (Algorithm::Argon2i, Version::V0x13, 19 * 1_024, 2),
        (Algorithm::Argon2id, Version::V0x10, 19 * 1_024, 2),
    ] {
        let old = Argon2::new(algorithm, version, Params::new(kib, passes, 1, None).unwrap());
        let kept = old.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap().to_string();
        assert_eq!(
            passwords.verify("correct horse", &kept, standing()).await,
            Ok(Verdict::RightButOld),
            "{kept}"
        );
        assert_eq!(passwords.verify("wrong horse", &kept, standing()).await, Ok(Verdict::Wrong));
    }
}

#[tokio::test]
async fn what_is_no_hash_or_would_take_the_machine_is_broken() {
    let passwords = passwords();
    for kept in [
        "",
        "correct horse",
        "$2b$15$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMU",
        "$argon2id$v=19$m=4194304,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=900,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(
            passwords.verify("correct horse", kept, standing()).await,
            Err(PasswordError::Broken),
            "{kept}"
        );
    }
}

#[test]
fn whoever_finds_no_room_is_told_to_come_back() {
    let ApiError::RateLimited { retry_after_ms, .. } = PasswordError::Busy.into() else {
        panic!("not a 429");
    };
    assert_eq!(retry_after_ms, RETRY_MS);
}

#[tokio::test]
async fn a_letter_typed_in_two_ways_is_the_same_password() {
    let passwords = passwords();
    let kept = passwords.hash(new("caf\u{e9} au lait"), standing()).await.unwrap();
    assert_eq!(passwords.verify("cafe\u{301} au lait", &kept, standing()).await, Ok(Verdict::Right));
}

/// A hash of `crypt_blowfish`'s own tests, and one of a text that can be typed in two ways.
#[tokio::test]
async fn bcrypt_of_another_system_is_right_and_asks_for_a_new_hash() {
    let passwords = passwords();
    passwords.expect_bcrypt(Some(5));
    let kept = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_eq!(passwords.verify("U*U", kept, standing()).await, Ok(Verdict::RightButOld));
    assert_eq!(passwords.verify("U*V", kept, standing()).await, Ok(Verdict::Wrong));
    // As the bytes were typed: another form of the same letters was another password there.
    let composed = bcrypt::hash("caf\u{e9} au lait", 4).unwrap();
    assert_eq!(passwords.verify("caf\u{e9} au lait", &composed, standing()).await, Ok(Verdict::RightButOld));
    assert_eq!(passwords.verify("cafe\u{301} au lait", &composed, standing()).await, Ok(Verdict::Wrong));
    // Whoever has one of ours, or none, is answered as before.
    let ours = passwords.hash(new("correct horse"), standing()).await.unwrap();
    assert_eq!(passwords.verify("correct horse", &ours, standing()).await, Ok(Verdict::Right));
    assert_eq!(passwords.verify("", &ours, standing()).await, Ok(Verdict::Wrong));
    assert_eq!(passwords.verify_nobody(&"x".repeat(1_000), standing()).await, Ok(()));
}
