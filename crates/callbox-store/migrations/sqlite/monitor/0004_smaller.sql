-- Views of visits are packed, and stand beside their key: small rows need none of their own.
CREATE TABLE visit_views_packed (
    visit BLOB NOT NULL,
    view BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    -- What the beacon of this sequence said, within its bounds: packed JSON, or JSON from before this step.
    body BLOB NOT NULL,
    PRIMARY KEY (visit, view)
) STRICT, WITHOUT ROWID;
INSERT INTO visit_views_packed SELECT visit, view, sequence, started_at, CAST(body AS BLOB) FROM visit_views;
DROP TABLE visit_views;
ALTER TABLE visit_views_packed RENAME TO visit_views;

-- The days on which a user came, by the keyed hash: for how many come back. A bit for each of 32 days.
CREATE TABLE user_spans (
    -- Since 1970, UTC: the day divided by 32.
    span INTEGER NOT NULL,
    -- The first 16 bytes of the hash.
    user_hash BLOB NOT NULL,
    -- The first day of the span is the lowest bit.
    days INTEGER NOT NULL,
    PRIMARY KEY (span, user_hash)
) STRICT, WITHOUT ROWID;
INSERT INTO user_spans SELECT day / 32, substr(user_hash, 1, 16), sum(1 << (day % 32)) FROM user_days GROUP BY 1, 2;
DROP TABLE user_days;
