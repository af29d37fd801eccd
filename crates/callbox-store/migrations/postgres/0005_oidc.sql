-- Links in mails that let an identity of an issuer of OpenID Connect open an account that is there.
CREATE TABLE identity_links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    issuer     text NOT NULL,
    subject    text NOT NULL,
    "user"     uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email      text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX identity_links_by_user ON identity_links ("user", created_at);
CREATE INDEX identity_links_by_end ON identity_links (expires_at);
