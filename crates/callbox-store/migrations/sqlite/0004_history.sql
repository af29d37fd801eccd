-- A page of a user's calls is read from one range of an index, and nothing is looked up for each line but who the other is.

DROP INDEX calls_by_caller;
DROP INDEX calls_by_callee;
CREATE INDEX calls_by_caller ON calls (caller, id, kind, matched_at, ended_ms, outcome, cause, callee)
    WHERE outcome <> 'unconfirmed';
CREATE INDEX calls_by_callee ON calls (callee, id, kind, matched_at, ended_ms, outcome, cause, caller)
    WHERE outcome <> 'unconfirmed';

-- One person's ratings lie together: their own history asks for them, line by line.
CREATE TABLE ratings_2 (
    user       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    call       BLOB NOT NULL CHECK (length(call) = 16),
    stars      INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user, call)
) STRICT, WITHOUT ROWID;
INSERT INTO ratings_2 SELECT user, call, stars, created_at FROM ratings;
DROP TABLE ratings;
ALTER TABLE ratings_2 RENAME TO ratings;
CREATE INDEX ratings_by_call ON ratings (call, stars);

-- Whom somebody blocked, without the row. SQLite adds the key to an index by itself.
DROP INDEX blocks_by_id;
CREATE INDEX blocks_by_id ON blocks (blocker, id, created_at);
