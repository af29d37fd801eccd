-- What a banned person reads, who is kept from strangers, what moderators did, where guests are made slowly, and of which report
-- moderators were reminded.

ALTER TABLE bans ADD COLUMN told text NOT NULL DEFAULT '';

ALTER TABLE users ADD COLUMN held_at bigint;
-- People are searched by name; most guests have none.
CREATE INDEX users_by_name ON users (name) WHERE name <> '';

ALTER TABLE reports ADD COLUMN reminded_at bigint;
CREATE INDEX reports_by_age ON reports (created_at, id) WHERE status = 'open';
CREATE INDEX reports_by_reminder ON reports (reminded_at) WHERE reminded_at IS NOT NULL;

-- `user` is whom it was about.
CREATE TABLE acts (
    id        uuid PRIMARY KEY,
    act       text NOT NULL CHECK (act IN ('banned', 'lifted', 'dismissed', 'reopened')),
    moderator uuid NOT NULL,
    "user"    uuid,
    detail    text NOT NULL,
    at        bigint NOT NULL
);

-- Keyed hashes of addresses that somebody was banned at lately.
CREATE TABLE slow_addresses (
    address bytea PRIMARY KEY CHECK (octet_length(address) = 32),
    until   bigint NOT NULL
);
CREATE INDEX slow_addresses_by_end ON slow_addresses (until);
