-- Calls that end because somebody's page is gone, and pictures that stand still.

ALTER TABLE calls DROP CONSTRAINT calls_cause_check;
ALTER TABLE calls ADD CONSTRAINT calls_cause_check CHECK (cause IN ('hangup', 'next', 'unconfirmed', 'declined',
    'blocked', 'peer_lost', 'left', 'media_failed', 'media_lost', 'media_denied'));

ALTER TABLE call_quality ADD COLUMN frozen_s bigint NOT NULL DEFAULT 0;

ALTER TABLE call_samples DROP CONSTRAINT call_samples_level_check;
ALTER TABLE call_samples ADD CONSTRAINT call_samples_level_check
    CHECK (level IN ('excellent', 'good', 'poor', 'frozen', 'disconnected'));
