-- A page of a user's calls is read from one range of an index, and nothing is looked up for each line but who the other is.

DROP INDEX calls_by_caller;
DROP INDEX calls_by_callee;
CREATE INDEX calls_by_caller ON calls (caller, id) INCLUDE (kind, matched_at, ended_ms, outcome, cause, callee)
    WHERE outcome <> 'unconfirmed';
CREATE INDEX calls_by_callee ON calls (callee, id) INCLUDE (kind, matched_at, ended_ms, outcome, cause, caller)
    WHERE outcome <> 'unconfirmed';

-- One person's ratings lie together: their own history asks for them, line by line.
DROP INDEX ratings_by_user;
ALTER TABLE ratings DROP CONSTRAINT ratings_pkey;
ALTER TABLE ratings ADD PRIMARY KEY ("user", call) INCLUDE (stars);
CREATE INDEX ratings_by_call ON ratings (call) INCLUDE (stars);

-- Whom somebody blocked, without the row.
DROP INDEX blocks_by_id;
CREATE UNIQUE INDEX blocks_by_id ON blocks (blocker, id) INCLUDE (blocked, created_at);
