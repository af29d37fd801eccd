//! The quality of calls: summaries and samples, and people's ratings.
//!
//! Summaries and samples are written behind: losing one loses a figure. A side has one summary; the last one replaces the
//! one before.

use callbox_protocol::call::Side;
use callbox_protocol::id::{CallId, UserId};
use callbox_protocol::signal::{Quality, Sample};
use callbox_protocol::time::UnixMillis;
use std::sync::Arc;

use crate::db::WriteDb;
use crate::sql::{Work, statements, values};
use crate::words::word;
use crate::{Durability, Store, StoreError};

statements! {
    some INSERT_QUALITY touches [insert call_quality, update call_quality (excellent_s, good_s, poor_s, disconnected_s,
        score, score_min, rtt_ms, jitter_ms, loss_permille, received_kbps, sent_kbps, freezes, freeze_ms, interruptions,
        restarts, audio_only_s, frozen_s)] =
        "INSERT INTO call_quality (call, side, excellent_s, good_s, poor_s, disconnected_s, score, \
        score_min, rtt_ms, jitter_ms, loss_permille, received_kbps, sent_kbps, freezes, freeze_ms, interruptions, \
        restarts, audio_only_s, frozen_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
        $16, $17, $18, $19) \
        ON CONFLICT (call, side) DO UPDATE SET excellent_s = excluded.excellent_s, good_s = excluded.good_s, \
        poor_s = excluded.poor_s, disconnected_s = excluded.disconnected_s, score = excluded.score, \
        score_min = excluded.score_min, rtt_ms = excluded.rtt_ms, jitter_ms = excluded.jitter_ms, \
        loss_permille = excluded.loss_permille, received_kbps = excluded.received_kbps, \
        sent_kbps = excluded.sent_kbps, freezes = excluded.freezes, freeze_ms = excluded.freeze_ms, \
        interruptions = excluded.interruptions, restarts = excluded.restarts, \
        audio_only_s = excluded.audio_only_s, frozen_s = excluded.frozen_s";
    some INSERT_SAMPLE touches [insert call_samples] =
        "INSERT INTO call_samples (call, side, at, level, score, rtt_ms, jitter_ms, loss_permille, \
        received_kbps, sent_kbps, sends_picture) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        ON CONFLICT DO NOTHING";
    hot IS_RATED reads [ratings] = "SELECT stars FROM ratings WHERE call = $1 AND \"user\" = $2";
    some RATE touches [insert ratings, update ratings (stars)] tags [Ratings($2)] =
        "INSERT INTO ratings (call, \"user\", stars, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (call, \"user\") DO UPDATE SET stars = excluded.stars";
}

impl Store {
    /// Keeps how a call was for one side.
    pub fn record_quality(&self, side: Side, quality: Box<Quality>) {
        let quality: Arc<Quality> = quality.into();
        self.write_behind("the quality of a call", move |db| insert_quality(db, side, Arc::clone(&quality)));
    }

    /// Keeps how a call is going for one side.
    pub fn record_sample(&self, side: Side, sample: Sample, at: UnixMillis) {
        self.write_behind("a sample of a call", move |db| insert_sample(db, side, sample, at));
    }

    /// `user` found a call so good, 1 to 5 stars; the last word counts. Returns whether it is the first.
    pub async fn rate_call(
        &self,
        call: CallId,
        user: UserId,
        stars: u8,
        now: UnixMillis,
    ) -> Result<bool, StoreError> {
        self.write(Durability::Normal, move |db| {
            Box::pin(async move {
                let is_rated = db.exists(&IS_RATED, values![call, user]).await?;
                db.execute(&RATE, values![call, user, stars, now]).await?;
                Ok(!is_rated)
            })
        })
        .await
    }
}

fn insert_quality<'d>(db: &'d mut WriteDb<'_>, side: Side, quality: Arc<Quality>) -> Work<'d, ()> {
    Box::pin(async move {
        let side = word(&side);
        let values = values![
            quality.call,
            &side,
            quality.excellent_s,
            quality.good_s,
            quality.poor_s,
            quality.disconnected_s,
            quality.score,
            quality.score_min,
            quality.rtt_ms,
            quality.jitter_ms,
            quality.loss_permille,
            quality.received_kbps,
            quality.sent_kbps,
            quality.freezes,
            quality.freeze_ms,
            quality.interruptions,
            quality.restarts,
            quality.audio_only_s,
            quality.frozen_s,
        ];
        db.execute(&INSERT_QUALITY, values).await?;
        Ok(())
    })
}

fn insert_sample<'d>(db: &'d mut WriteDb<'_>, side: Side, sample: Sample, at: UnixMillis) -> Work<'d, ()> {
    Box::pin(async move {
        let (side, level) = (word(&side), word(&sample.level));
        let values = values![
            sample.call,
            &side,
            at,
            &level,
            sample.score,
            sample.rtt_ms,
            sample.jitter_ms,
            sample.loss_permille,
            sample.received_kbps,
            sample.sent_kbps,
            sample.sends_picture,
        ];
        db.execute(&INSERT_SAMPLE, values).await?;
        Ok(())
    })
}
