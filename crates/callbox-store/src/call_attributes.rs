//! An app's own data of a call, also while it runs: written before its record, and kept beside it.

use callbox_core::cache::Dependent;
use callbox_protocol::account::Attributes;
use callbox_protocol::id::CallId;
use callbox_protocol::time::UnixMillis;

use crate::accounts::{AttributesRow, NewAttributes};
use crate::sql::{statements, values};
use crate::{Durability, Store, StoreError, Tagged};

statements! {
    hot CALL_ATTRIBUTES reads [call_attributes] tags [Attributes($1)] -> AttributesRow =
        "SELECT public, private FROM call_attributes WHERE call = $1";
    some SET_CALL_ATTRIBUTES touches [insert call_attributes, update call_attributes (public, private, updated_at)]
        tags [Attributes($1)] -> AttributesRow =
        "INSERT INTO call_attributes (call, public, private, updated_at) \
        VALUES ($1, coalesce($2, '{}'), coalesce($3, '{}'), $4) \
        ON CONFLICT (call) DO UPDATE SET public = coalesce($2, call_attributes.public), \
        private = coalesce($3, call_attributes.private), updated_at = excluded.updated_at \
        RETURNING public, private";
}

impl Store {
    /// The attributes of a call; empty if there are none.
    pub async fn call_attributes(&self, call: CallId) -> Result<Attributes, StoreError> {
        Ok(self.tagged().call_attributes(call).await?.value)
    }

    /// Sets parts of a call's attributes; returns the attributes after that.
    pub async fn set_call_attributes(
        &self,
        call: CallId,
        new: NewAttributes,
        now: UnixMillis,
    ) -> Result<Attributes, StoreError> {
        self.write(Durability::Full, move |db| {
            Box::pin(async move {
                let values = values![call, &new.public, &new.private, now];
                let kept = db.first(&SET_CALL_ATTRIBUTES, values).await?;
                Ok(kept.map(AttributesRow::into_attributes).unwrap_or_default())
            })
        })
        .await
    }
}

impl Tagged<'_> {
    /// As [`Store::call_attributes`].
    pub async fn call_attributes(&self, call: CallId) -> Result<Dependent<Attributes>, StoreError> {
        let mut db = self.reader().await?;
        let found = db.first(&CALL_ATTRIBUTES, values![call]).await?;
        Ok(db.dependent(found.map(AttributesRow::into_attributes).unwrap_or_default()))
    }
}
