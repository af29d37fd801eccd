-- The state of alerts: what fires, what was told of it, and what is still to be told.
CREATE TABLE alert_state (
    node INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
