-- The metrics that have rows: a small number is kept with each row, and its name is here.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,
    -- How many minutes a row is about: 1, 60 or 1440.
    step INTEGER NOT NULL,
    -- By what the cells of a row are told apart.
    split INTEGER NOT NULL,
    UNIQUE (metric, step, split)
) STRICT;

-- Figures by the minute, the hour and the day. Rows have up to some KB, so they are kept apart from their key.
CREATE TABLE rollups (
    series INTEGER NOT NULL,
    -- Minutes since 1970, UTC.
    at INTEGER NOT NULL,
    node INTEGER NOT NULL,
    cells BLOB NOT NULL,
    PRIMARY KEY (series, at, node)
) STRICT;

-- When each node last said that it is there: the gap until its next start is time without a process.
CREATE TABLE nodes (
    node INTEGER PRIMARY KEY,
    alive_at INTEGER NOT NULL
) STRICT;
