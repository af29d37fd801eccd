//! Passwords: how they are kept. `callbox_identity::password` says which may be chosen.
//!
//! The slow work is done by a pool of threads, in turns (`password/pool.rs`). A check against nobody's hash takes as
//! long as a real one, so that no answer reveals whether there is an account. As long as there are bcrypt hashes, which
//! an import has brought, each check is one by argon2id and one by bcrypt, whoever it is of. Nothing here logs, and no
//! password can be printed.

mod pool;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use callbox_core::address::Network;
use callbox_core::fair::Standing;
use callbox_identity::password::{BCRYPT_COST_MAX, NewPassword, bcrypt_cost, normalize};
use std::sync::atomic::{AtomicU32, Ordering};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::randomness::Randomness;
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
    /// The highest cost of a bcrypt hash that is kept; 0 if there is none.
    bcrypt_cost: AtomicU32,
}

impl Passwords {
    /// Starts the threads.
    pub fn start(clock: &Clock, randomness: &Randomness) -> std::io::Result<Self> {
        let pool = Pool::start(clock.clone(), randomness.clone())?;
        Ok(Self { pool, nobody: nobody(randomness.bytes()), bcrypt_cost: AtomicU32::new(0) })
    }

    /// Lets each check from now on take as long as one by bcrypt of this cost besides. `None`: no bcrypt hash is kept.
    pub fn expect_bcrypt(&self, cost: Option<u32>) {
        self.bcrypt_cost.store(cost.unwrap_or(0).min(BCRYPT_COST_MAX), Ordering::Relaxed);
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
        let bcrypt_cost = self.bcrypt_cost.load(Ordering::Relaxed);
        let job = Job::Verify { password: password.to_owned(), phc: phc.to_owned(), bcrypt_cost, answer };
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

fn hash(password: &str, salt: [u8; SALT_BYTES]) -> Result<String, PasswordError> {
    let hash = hasher().hash_password_with_salt(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Broken)
}

/// `spent_cost` is of the bcrypt that every check does: see [`Passwords::expect_bcrypt`].
fn verify(password: &str, phc: &str, spent_cost: u32) -> Result<Verdict, PasswordError> {
    if let Some(cost) = bcrypt_cost(phc) {
        // The other half of each check.
        let spent = verify_argon2(password, NOBODY);
        debug_assert_eq!(spent, Ok(Verdict::Wrong));
        return verify_bcrypt(password, phc, cost);
    }
    if spent_cost > 0 {
        // Its time is the cost's, whatever the text; and the library panics at an empty one.
        std::hint::black_box(bcrypt::bcrypt(spent_cost, [0; 16], b"nobody's"));
    }
    verify_argon2(password, phc)
}

/// Of another system, which compared the bytes as they were typed. Bytes behind the 72nd count for nothing there.
fn verify_bcrypt(password: &str, phc: &str, cost: u32) -> Result<Verdict, PasswordError> {
    if cost > BCRYPT_COST_MAX {
        return Err(PasswordError::Broken);
    }
    match bcrypt::verify(password, phc) {
        Ok(true) => Ok(Verdict::RightButOld),
        Ok(false) => Ok(Verdict::Wrong),
        Err(_) => Err(PasswordError::Broken),
    }
}

fn verify_argon2(password: &str, phc: &str) -> Result<Verdict, PasswordError> {
    let kept = PasswordHash::new(phc).map_err(|_| PasswordError::Broken)?;
    let params = Params::try_from(&kept).map_err(|_| PasswordError::Broken)?;
    if params.m_cost() > FOREIGN_KIB_MAX || params.t_cost() > FOREIGN_PASSES_MAX {
        return Err(PasswordError::Broken);
    }
    match hasher().verify_password(normalize(password).as_bytes(), &kept) {
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

/// A hash by our parameters, whose random output is no password's but by a chance of one in 2^256.
fn nobody(output: [u8; 32]) -> String {
    let mut kept = PasswordHash::new(NOBODY).expect("it is a PHC string, as a test proves");
    kept.hash = Some(Output::new(&output).expect("an output may have 32 bytes"));
    kept.to_string()
}

/// By our parameters; a test compares them.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests;
