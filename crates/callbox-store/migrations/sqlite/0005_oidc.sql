-- Links in mails that let an identity of an issuer of OpenID Connect open an account that is there.
CREATE TABLE identity_links (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_links_by_user ON identity_links (user, created_at);
CREATE INDEX identity_links_by_end ON identity_links (expires_at);
