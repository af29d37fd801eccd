/**
 * The data part of a video app by Express 5 and pg, at its fair best: a pool of 12, prepared statements, the indexes that the
 * questions need, the login checked with the question itself where one statement can do both.
 *
 * `node data.mjs URL USERS CALLS` makes its tables, fills them with as much as `callbox-store`'s example `seed`, and prints its port.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import pg from "pg";
import { listen } from "./guests.mjs";

const [url, users = "5000", calls = "100000"] = process.argv.slice(2);
const SCHEMA = `
DROP SCHEMA IF EXISTS peer CASCADE; CREATE SCHEMA peer; SET search_path TO peer;
CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL, bio text NOT NULL, interests jsonb NOT NULL, languages jsonb NOT NULL, country text,
  public jsonb NOT NULL DEFAULT '{}', private jsonb NOT NULL DEFAULT '{}', created_at bigint NOT NULL);
CREATE TABLE logins (id uuid PRIMARY KEY, "user" uuid NOT NULL REFERENCES users, token_hash bytea NOT NULL UNIQUE);
CREATE TABLE calls (id uuid PRIMARY KEY, caller uuid NOT NULL, callee uuid NOT NULL, matched_at bigint NOT NULL, ended_ms bigint NOT NULL, cause text NOT NULL, outcome text NOT NULL);
CREATE TABLE blocks (id uuid PRIMARY KEY, blocker uuid NOT NULL, blocked uuid NOT NULL, created_at bigint NOT NULL, UNIQUE (blocker, blocked));
CREATE TABLE ratings (call uuid NOT NULL, "user" uuid NOT NULL, stars bigint NOT NULL, created_at bigint NOT NULL, PRIMARY KEY (call, "user"));
INSERT INTO users SELECT md5('u' || n)::uuid, 'User ' || n, 'I like long walks and short calls.', '[]', '[]', NULL, '{}', '{}', n FROM generate_series(0, ${users} - 1) n;
INSERT INTO logins SELECT md5('l' || n)::uuid, md5('u' || n)::uuid, sha256(('bench-token-' || lpad(n::text, 31, '0'))::bytea) FROM generate_series(0, ${users} - 1) n;
INSERT INTO calls SELECT (lpad(to_hex(n), 12, '0') || substr(md5('c' || n), 1, 20))::uuid, md5('u' || n % ${users})::uuid, md5('u' || (n * 7919 + 1) % ${users})::uuid, n, 240000, 'hangup', 'success'
  FROM generate_series(0, ${calls} - 1) n;
INSERT INTO blocks SELECT md5('b' || n)::uuid, md5('u' || n % ${users})::uuid, md5('u' || (n % ${users} + (n / ${users} + 1) * 37) % ${users})::uuid, n FROM generate_series(0, ${users} * 10 - 1) n;
INSERT INTO ratings SELECT id, caller, 4, 1 FROM calls WHERE matched_at % 3 = 0;
CREATE INDEX ON calls (caller, id); CREATE INDEX ON calls (callee, id); CREATE INDEX ON blocks (blocker, id);
ANALYZE;`;

const maker = new pg.Client({ connectionString: url });
await maker.connect();
await maker.query(SCHEMA);
await maker.end();
const db = new pg.Pool({ connectionString: url, max: 12, options: "-c search_path=peer" });
const ask = async (name, text, values) => (await db.query({ name, text, values })).rows;

const ME = `SELECT u.id, u.name, u.bio, u.interests, u.languages, u.country, u.public, u.private, u.created_at, l.id AS login
  FROM logins l JOIN users u ON u.id = l."user" WHERE l.token_hash = $1`;
const WHO = 'SELECT "user" FROM logins WHERE token_hash = $1';
const CALLS = `SELECT c.id, c.matched_at, c.ended_ms, c.outcome, c.cause, o.name, b.blocker IS NOT NULL AS blocked, r.stars FROM (
    (SELECT * FROM calls WHERE caller = $1 ORDER BY id DESC LIMIT $2) UNION ALL (SELECT * FROM calls WHERE callee = $1 ORDER BY id DESC LIMIT $2)
    ORDER BY id DESC LIMIT $2) c
  LEFT JOIN users o ON o.id = CASE WHEN c.caller = $1 THEN c.callee ELSE c.caller END
  LEFT JOIN blocks b ON b.blocker = $1 AND b.blocked = o.id LEFT JOIN ratings r ON r.call = c.id AND r."user" = $1 ORDER BY c.id DESC`;
const BLOCKS = "SELECT b.id, u.name, b.created_at FROM blocks b JOIN users u ON u.id = b.blocked WHERE b.blocker = $1 ORDER BY b.id DESC LIMIT $2";
const SET_PROFILE = "UPDATE users SET name = $2, bio = $3, interests = $4, languages = $5, country = $6 WHERE id = $1";
const SET_ATTRIBUTES = "UPDATE users SET public = coalesce($2, public), private = coalesce($3, private) WHERE id = $1 RETURNING public, private";
const RATE = `INSERT INTO ratings SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM calls WHERE id = $1 AND $2 IN (caller, callee))
  ON CONFLICT (call, "user") DO UPDATE SET stars = excluded.stars`;

const hashOf = (request) =>
  createHash("sha256")
    .update((request.get("authorization") ?? "").slice("Bearer ".length))
    .digest();

const app = express();
app.disable("x-powered-by");
app.set("etag", false);
app.use(express.json({ limit: "48kb" }));

app.get("/v1/me", async (request, response) => {
  const [me] = await ask("me", ME, [hashOf(request)]);
  if (!me) return response.status(401).json({ code: "unauthenticated" });
  const { name, bio, interests, languages, country, public: shown, private: own, ...rest } = me;
  response.json({ ...rest, profile: { name, bio, interests, languages, country }, attributes: { public: shown, private: own } });
});

/** The caller; the rest of the routes need no more of them. */
app.use(async (request, response, next) => {
  const [login] = await ask("who", WHO, [hashOf(request)]);
  if (!login) return response.status(401).json({ code: "unauthenticated" });
  request.user = login.user;
  next();
});

const limitOf = (request) => Math.min(Math.max(Number(request.query.limit) || 20, 1), 100);

app.get("/v1/me/calls", async (request, response) => {
  response.json({ items: await ask("calls", CALLS, [request.user, limitOf(request)]), next: null });
});
app.get("/v1/me/blocks", async (request, response) => {
  response.json({ items: await ask("blocks", BLOCKS, [request.user, limitOf(request)]), next: null });
});
app.put("/v1/me/profile", async (request, response) => {
  const { name = "", bio = "", interests = [], languages = [], country = null } = request.body ?? {};
  if (typeof name !== "string" || name.length > 40 || typeof bio !== "string" || bio.length > 500) return response.status(400).json({ code: "bad_request" });
  await ask("profile", SET_PROFILE, [request.user, name, bio, JSON.stringify(interests), JSON.stringify(languages), country]);
  response.json({ name, bio, interests, languages, country });
});
app.put("/v1/me/attributes", async (request, response) => {
  const { public: shown, private: own } = request.body ?? {};
  const [kept] = await ask("attributes", SET_ATTRIBUTES, [request.user, shown ? JSON.stringify(shown) : null, own ? JSON.stringify(own) : null]);
  response.json(kept);
});
app.put("/v1/calls/:call/rating", async (request, response) => {
  const stars = Number(request.body?.stars);
  if (!(stars >= 1 && stars <= 5)) return response.status(400).json({ code: "bad_request" });
  await ask("rate", RATE, [request.params.call, request.user, stars, Date.now()]);
  response.status(204).end();
});

listen(createServer(app));
