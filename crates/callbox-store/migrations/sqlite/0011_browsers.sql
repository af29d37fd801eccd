-- Browsers that an account was signed in with: guesses at its password do not slow these down.
CREATE TABLE known_browsers (
    user   BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device BLOB NOT NULL CHECK (length(device) = 32),
    at     INTEGER NOT NULL,
    PRIMARY KEY (user, device)
) STRICT, WITHOUT ROWID;
INSERT INTO known_browsers
    SELECT l.user, l.device, max(l.last_used_at)
    FROM logins l JOIN users u ON u.id = l.user
    WHERE l.device IS NOT NULL AND u.email IS NOT NULL
    GROUP BY l.user, l.device;
