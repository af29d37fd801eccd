-- The state of alerts: what fires, what was told of it, and what is still to be told.
CREATE TABLE callbox_monitor.alert_state (
    node bigint PRIMARY KEY,
    state text NOT NULL,
    at bigint NOT NULL
);
