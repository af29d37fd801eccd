//! Passwords: how they are kept. `callbox_identity::password` says which may be chosen.
//!
//! The slow work is done by a pool of threads, in turns (`password/pool.rs`). A check against nobody's hash takes as
//! long as a real one, so that no answer reveals whether there is an account. Nothing here logs, and no password can
//! be printed.

mod pool;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use callbox_core::address::Network;
use callbox_core::fair::Standing;
use callbox_identity::password::{NewPassword, normalize};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::clock;
use pool::{Job, Pool};

/// When a caller who found no room may retry.
pub(crate) const RETRY_MS: u64 = 1_000;

/// OWASP's first choice for argon2id (RFC 9106): 19 MiB, two passes, one lane. Raise them, and old hashes are made anew as
/// their owners sign in.
const PARAMS: Params = Params::DEFAULT;
const _: () = assert!(PARAMS.m_cost() == 19 * 1_024 && PARAMS.t_cost() == 2 && PARAMS.p_cost() == 1);
const SALT_BYTES: usize = 16;
/// A kept hash may come from somewhere else, and may not take the machine's memory or minutes.
const FOREIGN_KIB_MAX: u32 = 256 * 1_024;
const FOREIGN_PASSES_MAX: u32 = 16;

/// Why a password cannot be hashed or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too many are waiting.
    #[error("Many people are signing in at the moment. Please try again in a second.")]
    Busy,
    /// The kept text is no hash of ours or of a known form, or the threads are gone.
    #[error("the kept password hash cannot be checked")]
    Broken,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another password.
    Wrong,
    /// The right one.
    Right,
    /// The right one, kept by parameters that are no longer ours: hash it again while it is at hand.
    RightButOld,
}

/// Makes and checks hashes.
#[derive(Debug)]
pub struct Passwords {
    pool: Pool,
    /// A hash that no password has.
    nobody: String,
}

impl Passwords {
    /// Starts the threads.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self { pool: Pool::start()?, nobody: nobody() })
    }

    /// The hash to keep of a new password, as a PHC string.
    pub async fn hash(
        &self,
        password: NewPassword,
        standing: Standing<Network>,
    ) -> Result<String, PasswordError> {
        let (answer, answered) = oneshot::channel();
        self.pool.put(Job::Hash { password: password.into_text(), answer }, standing);
        answered.await.unwrap_or(Err(PasswordError::Broken))
    }

    /// Whether this is the password that was kept as `phc`. It need not be one that may be chosen today.
    pub async fn verify(
        &self,
        password: &str,
        phc: &str,
        standing: Standing<Network>,
    ) -> Result<Verdict, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Verify { password: normalize(password), phc: phc.to_owned(), answer };
        self.pool.put(job, standing);
        answered.await.unwrap_or(Err(PasswordError::Broken))
    }

    /// Takes the time of [`Passwords::verify`] if there is no account, or none with a password. Nobody is signed in.
    pub async fn verify_nobody(
        &self,
        password: &str,
        standing: Standing<Network>,
    ) -> Result<(), PasswordError> {
        self.verify(password, &self.nobody, standing).await.map(|_| ())
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let salt = clock::random::<SALT_BYTES>();
    let hash = hasher().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Broken)
}

fn verify(password: &str, phc: &str) -> Result<Verdict, PasswordError> {
    let kept = PasswordHash::new(phc).map_err(|_| PasswordError::Broken)?;
    let params = Params::try_from(&kept).map_err(|_| PasswordError::Broken)?;
    if params.m_cost() > FOREIGN_KIB_MAX || params.t_cost() > FOREIGN_PASSES_MAX {
        return Err(PasswordError::Broken);
    }
    match hasher().verify_password(password.as_bytes(), &kept) {
        Ok(()) if is_old(&kept, &params) => Ok(Verdict::RightButOld),
        Ok(()) => Ok(Verdict::Right),
        Err(password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(_) => Err(PasswordError::Broken),
    }
}

fn is_old(kept: &PasswordHash, params: &Params) -> bool {
    kept.algorithm != Algorithm::Argon2id.ident()
        || kept.version != Some(Version::V0x13.into())
        || params.m_cost() < PARAMS.m_cost()
        || params.t_cost() < PARAMS.t_cost()
        || params.p_cost() != PARAMS.p_cost()
        || kept.hash.is_none_or(|hash| hash.len() < Params::DEFAULT_OUTPUT_LEN)
}

/// A hash by our parameters, whose output is no password's but by a chance of one in 2^256.
fn nobody() -> String {
    let mut kept = PasswordHash::new(NOBODY).expect("it is a PHC string, as a test proves");
    kept.hash = Some(Output::new(&clock::random::<32>()).expect("an output may have 32 bytes"));
    kept.to_string()
}

/// By our parameters; a test compares them.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::error::ApiError;
    use callbox_core::address::ClientAddr;
    use callbox_core::fair::Rank;

    fn standing() -> Standing<Network> {
        ClientAddr(std::net::Ipv4Addr::LOCALHOST.into()).standing(Rank::Stranger)
    }

    fn new(text: &str) -> NewPassword {
        NewPassword::parse(text, &[]).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_told_from_a_wrong_one() {
        let passwords = Passwords::start().unwrap();
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
        let passwords = Passwords::start().unwrap();
        let kept = PasswordHash::new(&passwords.nobody).unwrap();
        let params = Params::try_from(&kept).unwrap();
        let ours = PasswordHash::new(&hash("correct horse").unwrap()).unwrap();
        assert_eq!(params, Params::try_from(&ours).unwrap());
        assert_eq!(kept.salt.unwrap().len(), ours.salt.unwrap().len());
        assert!(!is_old(&kept, &params));
        assert_eq!(passwords.verify_nobody("correct horse", standing()).await, Ok(()));
        assert_ne!(passwords.nobody, nobody());
    }

    #[tokio::test]
    async fn older_parameters_are_right_and_ask_for_a_new_hash() {
        let passwords = Passwords::start().unwrap();
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
        let passwords = Passwords::start().unwrap();
        for kept in [
            "",
            "correct horse",
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
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
        let passwords = Passwords::start().unwrap();
        let kept = passwords.hash(new("caf\u{e9} au lait"), standing()).await.unwrap();
        assert_eq!(passwords.verify("cafe\u{301} au lait", &kept, standing()).await, Ok(Verdict::Right));
    }
}
