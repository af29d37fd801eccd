-- Groups of errors that browsers reported. Rows are some KB, so they are kept apart from their key.
CREATE TABLE error_groups (
    -- Equal for errors that are one; it has the version of its rule in it.
    fingerprint BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The message without what differs.
    message TEXT NOT NULL,
    why TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    weighted INTEGER NOT NULL,
    -- The first one, as JSON.
    sample TEXT NOT NULL
) STRICT;
CREATE INDEX error_groups_by_last ON error_groups (last_at, fingerprint);

-- In which releases a group was seen.
CREATE TABLE error_releases (
    fingerprint BLOB NOT NULL,
    release TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, release)
) STRICT, WITHOUT ROWID;

-- How many there were of a group in each hour since 1970, UTC.
CREATE TABLE error_hours (
    fingerprint BLOB NOT NULL,
    hour INTEGER NOT NULL,
    count INTEGER NOT NULL,
    weighted INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX error_hours_by_hour ON error_hours (hour);

-- Visits that are kept whole.
CREATE TABLE visits (
    visit BLOB PRIMARY KEY,
    -- The keyed hash of the app's own id of its user, if the app gives one.
    user_hash BLOB,
    started_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX visits_by_last ON visits (last_at);
CREATE INDEX visits_by_user ON visits (user_hash) WHERE user_hash IS NOT NULL;

CREATE TABLE visit_views (
    visit BLOB NOT NULL,
    view BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    -- What the beacon of this sequence said, within its bounds, as JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (visit, view)
) STRICT;

-- The days on which a user came, by the keyed hash: for how many come back.
CREATE TABLE user_days (
    user_hash BLOB NOT NULL,
    -- Since 1970, UTC.
    day INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    views INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (user_hash, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_days_by_day ON user_days (day);
