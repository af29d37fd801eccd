-- One row, written to see whether the database takes writes.
CREATE TABLE test_writes (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at INTEGER NOT NULL
) STRICT;
