-- SHA-256 of the keys in the data folder that the data were made with.
CREATE TABLE key_fingerprints (
    name        TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32)
) STRICT, WITHOUT ROWID;
