-- Why calls failed: what is judged of each a moment after its end, and what both browsers knew of their media connection.

ALTER TABLE calls ADD COLUMN failure TEXT;
ALTER TABLE calls ADD COLUMN relay_packets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN relay_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN relay_refused INTEGER;
ALTER TABLE calls ADD COLUMN restarts_ms TEXT NOT NULL DEFAULT '[]';
ALTER TABLE calls ADD COLUMN is_restored INTEGER NOT NULL DEFAULT 0 CHECK (is_restored IN (0, 1));

-- No foreign key on calls: evidence may be written before the record.
CREATE TABLE call_evidence (
    call           BLOB NOT NULL CHECK (length(call) = 16),
    side           TEXT NOT NULL CHECK (side IN ('caller', 'callee')),
    gathered_host  INTEGER NOT NULL,
    gathered_srflx INTEGER NOT NULL,
    gathered_relay INTEGER NOT NULL,
    received_host  INTEGER NOT NULL,
    received_srflx INTEGER NOT NULL,
    received_relay INTEGER NOT NULL,
    relay_error    INTEGER,
    ice            TEXT NOT NULL,
    dtls           TEXT NOT NULL,
    PRIMARY KEY (call, side)
) STRICT, WITHOUT ROWID;
