-- What opens an account, and since when: a change of it needs a proof, and a reset takes away what was linked since the
-- owner last signed in. `signed_in_at` is the last sign-in by password or by a link in a mail.

ALTER TABLE users ADD COLUMN signed_in_at bigint;
UPDATE users SET signed_in_at =
    (SELECT max(created_at) FROM logins WHERE logins."user" = users.id AND kind IN ('password', 'mail', 'setup'));

-- When the login's holder proved who they are, and the one change that the mailbox has said yes to.
ALTER TABLE logins ADD COLUMN proved_at bigint;
UPDATE logins SET proved_at = created_at WHERE kind <> 'guest';
ALTER TABLE logins ADD COLUMN approved text CHECK (approved IN ('address', 'password', 'identities', 'deletion'));
ALTER TABLE logins ADD COLUMN approved_at bigint;

-- `email` is the address that the issuer had verified when the identity was linked. The account was made of a founder.
ALTER TABLE identities ADD COLUMN email text;
ALTER TABLE identities ADD COLUMN used_at bigint;
ALTER TABLE identities ADD COLUMN is_founder boolean NOT NULL DEFAULT false;
UPDATE identities SET is_founder = true,
    email = (SELECT users.email FROM users WHERE users.id = identities."user")
    WHERE created_at = (SELECT users.created_at FROM users WHERE users.id = identities."user");

-- A mail may also ask for a yes to one change.
ALTER TABLE mail_tokens ADD COLUMN change text CHECK (change IN ('address', 'password', 'identities', 'deletion'));
ALTER TABLE mail_tokens DROP CONSTRAINT mail_tokens_purpose_check;
ALTER TABLE mail_tokens ADD CONSTRAINT mail_tokens_purpose_check
    CHECK (purpose IN ('verify', 'sign_in', 'reset', 'approve'));
