//! All data on one user, for that user: each kind of row 10,000 at most, the newest first.

use callbox_protocol::account::{
    Account, BlockItem, Export, ExportedIdentity, ExportedReport, HistoryCall, LoginItem,
};
use callbox_protocol::http::ReportLine;
use callbox_protocol::id::{CallId, LoginId, UserId};
use callbox_protocol::time::UnixMillis;

use crate::sql::{Json, rows, statements, values};
use crate::{Linked, Store, StoreError};

const ROWS_MAX: usize = 10_000;
const REPORTS_MAX: i64 = 10_000;

statements! {
    hot REPORTS reads [reports] -> ReportRow =
        "SELECT call, reason, note, lines, created_at FROM reports WHERE reporter = $1 \
        ORDER BY created_at DESC LIMIT $2";
}

rows! {
    struct ReportRow {
        call: CallId,
        reason: String,
        note: String,
        lines: Json<Vec<ReportLine>>,
        created_at: UnixMillis,
    }
}

impl Store {
    /// Reads it all; `None` if the user is deleted.
    pub async fn export(
        &self,
        user: UserId,
        login: LoginId,
        has_mail: bool,
        now: UnixMillis,
    ) -> Result<Option<Export>, StoreError> {
        let account: Option<Account> = self.account(user, login, has_mail).await?;
        let Some(account) = account else { return Ok(None) };
        let logins: Vec<LoginItem> = self.logins(user, login, now).await?;
        let identities =
            self.identities(user).await?.into_iter().map(|Linked { identity, email, at, .. }| {
                ExportedIdentity { issuer: identity.issuer, subject: identity.subject, email, at }
            });
        let identities: Vec<ExportedIdentity> = identities.collect();
        let calls: Vec<HistoryCall> = self.calls_of(user, None, ROWS_MAX).await?;
        let blocks: Vec<BlockItem> = self.blocks_of(user, None, ROWS_MAX).await?;
        let reports = self.reader().await?.all(&REPORTS, values![user, REPORTS_MAX]).await?;
        let reports = reports.into_iter().map(|row| ExportedReport {
            call: row.call,
            reason: row.reason,
            note: row.note,
            lines: row.lines.0,
            at: row.created_at,
        });
        let reports: Vec<ExportedReport> = reports.collect();
        Ok(Some(Export { at: now, account, logins, identities, calls, blocks, reports }))
    }
}
