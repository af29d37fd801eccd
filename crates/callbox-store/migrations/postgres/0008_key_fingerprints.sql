-- SHA-256 of the keys in the data folder that the data were made with.
CREATE TABLE key_fingerprints (
    name        text PRIMARY KEY,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32)
);
