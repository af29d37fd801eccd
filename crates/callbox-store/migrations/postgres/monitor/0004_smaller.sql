-- What the beacon of a sequence said, within its bounds: packed JSON, or JSON from before this step.
ALTER TABLE callbox_monitor.visit_views ALTER COLUMN body TYPE bytea USING convert_to(body, 'UTF8');

-- The days on which a user came, by the keyed hash: for how many come back. A bit for each of 32 days.
CREATE TABLE callbox_monitor.user_spans (
    -- Since 1970, UTC: the day divided by 32.
    span bigint NOT NULL,
    -- The first 16 bytes of the hash.
    user_hash bytea NOT NULL,
    -- The first day of the span is the lowest bit.
    days bigint NOT NULL,
    PRIMARY KEY (span, user_hash)
);
INSERT INTO callbox_monitor.user_spans
    SELECT day / 32, substring(user_hash FROM 1 FOR 16), sum(CAST(1 AS bigint) << CAST(day % 32 AS integer))
    FROM callbox_monitor.user_days GROUP BY 1, 2;
DROP TABLE callbox_monitor.user_days;
