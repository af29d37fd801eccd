//! `callbox admin create`: an admin, without a browser.
//!
//! It opens the database itself, so the server must not run. A server without an admin prints a link at its start;
//! that works while it runs.

use anyhow::{Context as _, bail};
use callbox_core::address::ClientAddr;
use callbox_core::fair::Rank;
use callbox_identity::email::EmailAddress;
use callbox_identity::password::NewPassword;
use callbox_protocol::id::UserId;
use callbox_store::{StoreError, new_token};
use std::net::Ipv4Addr;

use crate::database;
use crate::environment::Environment;
use crate::password::Passwords;
use callbox_settings::data::DatabaseSettings;

/// Makes the user with this address an admin, with a new password; returns the password.
pub async fn create(
    settings: &DatabaseSettings,
    email: &str,
    environment: &Environment,
) -> anyhow::Result<String> {
    let email: EmailAddress = email.parse()?;
    let store = match database::open(settings).await {
        Ok(store) => store,
        Err(error)
            if matches!(error.downcast_ref(), Some(StoreError::InUse(_) | StoreError::DatabaseInUse)) =>
        {
            bail!(
                "a server uses this data folder or its database: stop it for a moment, or open the link that it printed at its start while there was no admin"
            )
        }
        Err(error) => return Err(error),
    };
    let password = new_token();
    let standing = ClientAddr(Ipv4Addr::LOCALHOST.into()).standing(Rank::Known);
    let passwords = Passwords::start(&environment.clock, &environment.randomness)?;
    let hash = passwords.hash(NewPassword::parse(&password, &[])?, standing).await?;
    let (now, key) = (environment.now(), email.key().to_owned());
    let user = store.create_admin(UserId::new(now, environment.random()), key, hash, None, now).await;
    user.context("the admin could not be kept")?;
    store.close().await;
    Ok(password)
}
