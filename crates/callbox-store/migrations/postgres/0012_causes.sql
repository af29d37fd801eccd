-- Why calls failed: what is judged of each a moment after its end, and what both browsers knew of their media connection.

ALTER TABLE calls ADD COLUMN failure text;
ALTER TABLE calls ADD COLUMN relay_packets bigint NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN relay_bytes bigint NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN relay_refused bigint;
ALTER TABLE calls ADD COLUMN restarts_ms text NOT NULL DEFAULT '[]';
ALTER TABLE calls ADD COLUMN is_restored boolean NOT NULL DEFAULT false;

-- No foreign key on calls: evidence may be written before the record.
CREATE TABLE call_evidence (
    call           uuid NOT NULL,
    side           text NOT NULL CHECK (side IN ('caller', 'callee')),
    gathered_host  bigint NOT NULL,
    gathered_srflx bigint NOT NULL,
    gathered_relay bigint NOT NULL,
    received_host  bigint NOT NULL,
    received_srflx bigint NOT NULL,
    received_relay bigint NOT NULL,
    relay_error    bigint,
    ice            text NOT NULL,
    dtls           text NOT NULL,
    PRIMARY KEY (call, side)
);
