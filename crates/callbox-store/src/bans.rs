//! Bans: of a user, of the browsers and of the addresses that they used recently.
//!
//! A ban ends all logins of the user, and with a device or an address those that others have there. Devices and
//! addresses are compared by keyed hashes; their plain values are not kept. For a day after it guests are made slowly
//! at those addresses.

use callbox_core::cache::Dependent;
use callbox_protocol::account::Role;
use callbox_protocol::id::{BanId, LoginId, ReportId, UserId};
use callbox_protocol::moderation::{Act, BanItem, BanScope, ReportStatus};
use callbox_protocol::time::UnixMillis;
use std::collections::HashSet;

use crate::acts::{By, write_down};
use crate::db::WriteDb;
use crate::effects::UserEvent;
use crate::locks::{Matter, lock, lock_if_there};
use crate::logins::end_others;
use crate::moderation::resolve;
use crate::people::role_of;
use crate::sql::{Word, rows, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError, Tagged};

/// Devices and addresses of one user that are banned with them, each: those of the last logins.
const SUBJECTS_MAX: usize = 20;
/// How long guests are made slowly at an address of a banned user: most who return do so on the same day.
const SLOW_MS: u64 = 24 * 60 * 60 * 1_000;

/// A ban to be made.
#[derive(Clone, Debug)]
pub struct NewBan {
    /// The user that it is meant for.
    pub user: UserId,
    /// Its targets.
    pub scopes: Vec<BanScope>,
    /// Why, for other moderators.
    pub reason: String,
    /// The reason, for the banned user.
    pub told: String,
    /// Which moderator.
    pub by: By,
    /// The report that led to it, which is decided by it.
    pub report: Option<ReportId>,
    /// When it ends; `None` is never.
    pub expires_at: Option<UnixMillis>,
}

/// The result of a request to ban somebody.
#[derive(Clone, Debug)]
pub enum BanOutcome {
    /// These bans stand: one for the user, each device and each address.
    Banned(Vec<BanItem>),
    /// There is no such user.
    NoSuchUser,
    /// Nobody bans above or beside them: a moderator who was taken over must not shut the others out.
    NotPermitted,
}

/// The ban that somebody met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The reason, for the banned user; empty if it was meant for somebody else at the same address.
    pub told: String,
    /// When it ends; `None` is never.
    pub expires_at: Option<UnixMillis>,
}

/// The caller who asks to enter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suspect<'a> {
    /// The user, if known.
    pub user: Option<UserId>,
    /// Keyed hash of the device's own name, if it gave one.
    pub device: Option<&'a [u8; 32]>,
    /// Keyed hash of the address.
    pub address: Option<&'a [u8; 32]>,
}

statements! {
    hot TARGET reads [users] -> TargetRow = "SELECT name, role FROM users WHERE id = $1 AND deleted_at IS NULL";
    hot HASHES reads [logins] -> HashesRow =
        "SELECT device, address FROM logins WHERE \"user\" = $1 ORDER BY last_used_at DESC LIMIT 50";
    hot END_ON_DEVICE touches [delete logins] tags [Logins(row user)] -> EndedRow =
        "DELETE FROM logins WHERE device = $1 RETURNING \"user\", id";
    hot END_AT_ADDRESS touches [delete logins] tags [Logins(row user)] -> EndedRow =
        "DELETE FROM logins WHERE address = $1 RETURNING \"user\", id";
    some INSERT_BAN touches [insert bans] tags [Bans($4)] =
        "INSERT INTO bans (id, scope, subject, \"user\", name, reason, created_by, created_at, expires_at, \
        told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// The one that ends last, and of those the one that says most to the person who meets it.
    hot STANDING reads [bans] -> StandingRow =
        "SELECT CASE scope WHEN 'address' THEN '' ELSE told END AS told, expires_at FROM bans \
        WHERE subject IN ($1, $2, $3) AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > $4) \
        ORDER BY CASE WHEN expires_at IS NULL THEN 0 ELSE 1 END, expires_at DESC, \
        CASE scope WHEN 'user' THEN 0 WHEN 'device' THEN 1 ELSE 2 END LIMIT 1";
    some SLOW touches [insert slow_addresses, update slow_addresses (until)] =
        "INSERT INTO slow_addresses (address, until) VALUES ($1, $2) \
        ON CONFLICT (address) DO UPDATE SET until = excluded.until";
    hot FORGET_SLOW touches [delete slow_addresses] = "DELETE FROM slow_addresses WHERE until <= $1";
    hot IS_SLOW reads [slow_addresses] = "SELECT 1 FROM slow_addresses WHERE address = $1 AND until > $2";
    hot BANS reads [bans] tags [Bans(any)] -> BanRow =
        "SELECT id, scope, \"user\", name, reason, created_at, expires_at, told FROM bans \
        WHERE id < $1 AND lifted_at IS NULL AND (expires_at IS NULL OR expires_at > $2) ORDER BY id DESC LIMIT $3";
    hot LIFT touches [update bans (lifted_at)] tags [Bans(row)] -> Option<UserId> =
        "UPDATE bans SET lifted_at = $2 WHERE id = $1 AND lifted_at IS NULL RETURNING \"user\"";
}

rows! {
    struct TargetRow { name: String, role: Word<Role> }
    /// The devices and addresses of a user's logins.
    struct HashesRow { device: Option<Vec<u8>>, address: Option<Vec<u8>> }
    struct EndedRow { user: UserId, id: LoginId }
    struct StandingRow { told: String, expires_at: Option<UnixMillis> }
    struct BanRow {
        id: BanId,
        scope: Word<BanScope>,
        user: Option<UserId>,
        name: String,
        reason: String,
        created_at: UnixMillis,
        expires_at: Option<UnixMillis>,
        told: String,
    }
}

impl Store {
    /// Makes the bans, and ends all logins that they hit; `ids` gives each its name.
    pub async fn ban(
        &self,
        new: NewBan,
        ids: impl Fn() -> BanId + Clone + Send + 'static,
        now: UnixMillis,
    ) -> Result<BanOutcome, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                lock(db, Matter::Roles).await?;
                lock_if_there(db, new.user).await?;
                let Some(TargetRow { name, role }) = db.first(&TARGET, values![new.user]).await? else {
                    return Ok(BanOutcome::NoSuchUser);
                };
                let by = role_of(db, new.by.moderator).await?;
                if by < Role::Moderator || by <= role.0.unwrap_or_default() {
                    return Ok(BanOutcome::NotPermitted);
                }
                // Before the end of their logins, so that they hear why.
                db.send(UserEvent::Banned(new.user));
                let mut items = Vec::new();
                slow_down(db, new.user, now).await?;
                for (scope, subject) in subjects(db, &new).await? {
                    let item = BanItem {
                        id: ids(),
                        scope,
                        user: Some(new.user),
                        name: name.clone(),
                        reason: new.reason.clone(),
                        told: new.told.clone(),
                        created_at: now,
                        expires_at: new.expires_at,
                    };
                    let scope = word(&scope);
                    let values = values![
                        item.id,
                        &scope,
                        subject.as_slice(),
                        new.user,
                        &name,
                        &new.reason,
                        new.by.moderator,
                        now,
                        new.expires_at,
                        &new.told,
                    ];
                    db.execute(&INSERT_BAN, values).await?;
                    end_marked(db, item.scope, &subject).await?;
                    items.push(item);
                }
                end_others(db, new.user, None).await?;
                if let Some(report) = new.report {
                    resolve(db, report, ReportStatus::Banned, new.by, now).await?;
                }
                write_down(db, new.by, Act::Banned, Some(new.user), &new.reason, now).await?;
                Ok(BanOutcome::Banned(items))
            })
        })
        .await
    }

    /// The current ban against any of these, if there is one.
    pub async fn standing_ban(
        &self,
        who: Suspect<'_>,
        now: UnixMillis,
    ) -> Result<Option<Standing>, StoreError> {
        let user = who.user.map(|user| *user.as_bytes());
        let values = values![
            user.as_ref().map(<[u8; 16]>::as_slice),
            who.device.map(<[u8; 32]>::as_slice),
            who.address.map(<[u8; 32]>::as_slice),
            now,
        ];
        let found = self.reader().await?.first(&STANDING, values).await?;
        Ok(found.map(|StandingRow { told, expires_at }| Standing { told, expires_at }))
    }

    /// Whether there is a current ban against any of these.
    pub async fn is_banned(&self, who: Suspect<'_>, now: UnixMillis) -> Result<bool, StoreError> {
        Ok(self.standing_ban(who, now).await?.is_some())
    }

    /// Whether somebody was banned at this address a short while ago.
    pub async fn is_slow(&self, address: &[u8; 32], now: UnixMillis) -> Result<bool, StoreError> {
        self.reader().await?.exists(&IS_SLOW, values![address, now]).await
    }

    /// Bans that stand, before this one; `count` of them at most.
    pub async fn bans(
        &self,
        before: Option<BanId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Vec<BanItem>, StoreError> {
        Ok(self.tagged().bans(before, count, now).await?.value)
    }

    /// Lifts a ban; returns whether there was one.
    pub async fn lift_ban(&self, ban: BanId, by: By, now: UnixMillis) -> Result<bool, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let user = db.first(&LIFT, values![ban, now]).await?;
                let Some(user) = user else { return Ok(false) };
                write_down(db, by, Act::Lifted, user, "", now).await?;
                Ok(true)
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::bans`].
    pub async fn bans(
        &self,
        before: Option<BanId>,
        count: usize,
        now: UnixMillis,
    ) -> Result<Dependent<Vec<BanItem>>, StoreError> {
        let before = before.unwrap_or(BanId::from_bytes([0xFF; 16]));
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut db = self.reader().await?;
        let found = db.all(&BANS, values![before, now, limit]).await?;
        db.until(found.iter().filter_map(|ban| ban.expires_at).min());
        Ok(db.dependent(found.into_iter().map(BanItem::from).collect()))
    }
}

impl From<BanRow> for BanItem {
    fn from(row: BanRow) -> Self {
        Self {
            id: row.id,
            scope: row.scope.0.unwrap_or(BanScope::User),
            user: row.user,
            name: row.name,
            reason: row.reason,
            told: row.told,
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// Remembers the user's addresses: a banned user returns as a guest.
async fn slow_down(db: &mut WriteDb<'_>, user: UserId, now: UnixMillis) -> Result<(), StoreError> {
    db.execute(&FORGET_SLOW, values![now]).await?;
    let hashes = db.all(&HASHES, values![user]).await?;
    let addresses: HashSet<Vec<u8>> = hashes.into_iter().filter_map(|hashes| hashes.address).collect();
    for address in addresses.into_iter().take(SUBJECTS_MAX) {
        db.execute(&SLOW, values![address.as_slice(), now.plus(SLOW_MS)]).await?;
    }
    Ok(())
}

/// Ends whatever logins there are on a device or at an address, whosever they are.
async fn end_marked(db: &mut WriteDb<'_>, scope: BanScope, subject: &[u8]) -> Result<(), StoreError> {
    let end = match scope {
        BanScope::User => return Ok(()),
        BanScope::Device => &END_ON_DEVICE,
        BanScope::Address => &END_AT_ADDRESS,
    };
    for EndedRow { user, id } in db.all(end, values![subject]).await? {
        db.send(UserEvent::LoginsEnded(user, vec![id]));
    }
    Ok(())
}

/// Each once.
async fn subjects(db: &mut WriteDb<'_>, new: &NewBan) -> Result<Vec<(BanScope, Vec<u8>)>, StoreError> {
    let hashes = db.all(&HASHES, values![new.user]).await?;
    let distinct = |hash: fn(&HashesRow) -> &Option<Vec<u8>>| {
        let mut seen = HashSet::new();
        let all = hashes.iter().filter_map(|hashes| hash(hashes).clone());
        all.filter(|hash| seen.insert(hash.clone())).take(SUBJECTS_MAX).collect::<Vec<_>>()
    };
    let mut subjects = Vec::new();
    let mut scopes = HashSet::new();
    for scope in new.scopes.iter().copied().filter(|scope| scopes.insert(word(scope))) {
        let all = match scope {
            BanScope::User => vec![new.user.as_bytes().to_vec()],
            BanScope::Device => distinct(|hashes| &hashes.device),
            BanScope::Address => distinct(|hashes| &hashes.address),
        };
        subjects.extend(all.into_iter().map(|subject| (scope, subject)));
    }
    Ok(subjects)
}
