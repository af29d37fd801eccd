-- Browsers that an account was signed in with: guesses at its password do not slow these down.
CREATE TABLE known_browsers (
    "user" uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device bytea NOT NULL CHECK (octet_length(device) = 32),
    at     bigint NOT NULL,
    PRIMARY KEY ("user", device)
);
INSERT INTO known_browsers
    SELECT l."user", l.device, max(l.last_used_at)
    FROM logins l JOIN users u ON u.id = l."user"
    WHERE l.device IS NOT NULL AND u.email IS NOT NULL
    GROUP BY l."user", l.device;
