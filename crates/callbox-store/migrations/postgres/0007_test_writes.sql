-- One row, written to see whether the database takes writes.
CREATE TABLE test_writes (
    one bigint PRIMARY KEY CHECK (one = 1),
    at bigint NOT NULL
);
