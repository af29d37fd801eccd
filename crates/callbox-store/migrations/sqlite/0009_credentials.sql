-- What opens an account, and since when: a change of it needs a proof, and a reset takes away what was linked since the
-- owner last signed in. `signed_in_at` is the last sign-in by password or by a link in a mail.

ALTER TABLE users ADD COLUMN signed_in_at INTEGER;
UPDATE users SET signed_in_at =
    (SELECT max(created_at) FROM logins WHERE logins.user = users.id AND kind IN ('password', 'mail', 'setup'));

-- When the login's holder proved who they are, and the one change that the mailbox has said yes to.
ALTER TABLE logins ADD COLUMN proved_at INTEGER;
UPDATE logins SET proved_at = created_at WHERE kind <> 'guest';
ALTER TABLE logins ADD COLUMN approved TEXT CHECK (approved IN ('address', 'password', 'identities', 'deletion'));
ALTER TABLE logins ADD COLUMN approved_at INTEGER;

-- `email` is the address that the issuer had verified when the identity was linked. The account was made of a founder.
ALTER TABLE identities ADD COLUMN email TEXT;
ALTER TABLE identities ADD COLUMN used_at INTEGER;
ALTER TABLE identities ADD COLUMN is_founder INTEGER NOT NULL DEFAULT 0 CHECK (is_founder IN (0, 1));
UPDATE identities SET is_founder = 1,
    email = (SELECT users.email FROM users WHERE users.id = identities.user)
    WHERE created_at = (SELECT users.created_at FROM users WHERE users.id = identities.user);

-- A mail may also ask for a yes to one change. SQLite changes a CHECK only by making the table anew.
CREATE TABLE mail_tokens_2 (
    token_hash    BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose       TEXT NOT NULL CHECK (purpose IN ('verify', 'sign_in', 'reset', 'approve')),
    user          BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    login         BLOB,
    email         TEXT NOT NULL,
    password_hash TEXT,
    change        TEXT CHECK (change IN ('address', 'password', 'identities', 'deletion')),
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO mail_tokens_2 (token_hash, purpose, user, login, email, password_hash, created_at, expires_at)
    SELECT token_hash, purpose, user, login, email, password_hash, created_at, expires_at FROM mail_tokens;
DROP TABLE mail_tokens;
ALTER TABLE mail_tokens_2 RENAME TO mail_tokens;
CREATE INDEX mail_tokens_by_user ON mail_tokens (user, purpose, created_at);
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);
