/**
 * Milliseconds since the Unix epoch.
 */
export type UnixMillis = number;
/**
 * A person, as far as we know one: a guest today, perhaps an account tomorrow.
 */
export type UserId = string;
/**
 * One proof of a user's identity: a token in one browser (or in one tab).
 */
export type LoginId = string;
/**
 * One signaling connection, from its hello to its end.
 */
export type SessionId = string;
/**
 * One attempt of two people to talk, from the match to its end.
 */
export type CallId = string;
/**
 * One block: names it to the user who made it, without naming the other person.
 */
export type BlockId = string;
/**
 * One report.
 */
export type ReportId = string;
/**
 * One ban.
 */
export type BanId = string;
/**
 * One action of a moderator.
 */
export type ActId = string;
/**
 * One key of an app's own backend.
 */
export type ApiKeyId = string;
/**
 * Why a request or a frame was refused. Codes are never renamed; a new cause gets a new code.
 */
export type ErrorCode = "bad_request" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "too_large" | "unsupported_media_type" | "rate_limited" | "age_unanswered" | "busy" | "not_in_call" | "invite_invalid" | "wrong_credentials" | "slowed_down" | "banned" | "on_hold" | "token_invalid" | "password_needed" | "proof_required" | "oidc_ended" | "oidc_failed" | "oidc_unverified" | "storage_full" | "internal" | "unavailable";
/**
 * The answer to the age question, asked once. A hard partition of random matching.
 */
export type AgeClass = "adult" | "minor";
/**
 * The caller's own user.
 */
export type User = {
    /**
     * The user's id.
     */
    id: UserId;
    /**
     * The answer to the age question; `null` until it is given.
     */
    age: AgeClass | null;
};
/**
 * `POST /v1/guests`: make a user and a login with one click.
 */
export type CreateGuest = {
    /**
     * The answer to the age question, if the page has asked it already.
     */
    age?: AgeClass | null;
    /**
     * The browser's own name, kept in its storage. Bans may name it.
     */
    device?: string | null;
};
/**
 * The answer to `POST /v1/guests`.
 */
export type GuestCreated = {
    /**
     * The new user.
     */
    user: User;
    /**
     * The login's token: 256 bits, base64url. `null` if an `HttpOnly` cookie was set instead, which is so for the
     * page's own origin unless the server runs on loopback. There each tab is a guest of its own.
     */
    token: string | null;
};
/**
 * `PUT /v1/me/age`: answer the age question. A second, different answer is a conflict.
 */
export type SetAge = {
    /**
     * The answer.
     */
    age: AgeClass;
};
/**
 * The answer to `POST /v1/invites`.
 */
export type Invite = {
    /**
     * 128 bits, base64url. Its holder may join as the second person.
     */
    code: string;
    /**
     * The page that opens the invite: `<origin>/i/<code>`.
     */
    url: string;
    /**
     * When it stops working.
     */
    expires_at: UnixMillis;
};
/**
 * The notice that a banned person gets.
 */
export type BanNotice = {
    /**
     * The reason, in a moderator's words; empty if there is none.
     */
    reason: string;
    /**
     * The end of the ban; `null` is for ever.
     */
    until: UnixMillis | null;
    /**
     * The way to object: an address or a sentence of the operator's; empty if they gave none.
     */
    contact: string;
};
/**
 * An error, as `application/problem+json` (RFC 9457).
 */
export type Problem = {
    /**
     * Always `about:blank`: `code` says what happened.
     */
    type: string;
    /**
     * The HTTP status in words.
     */
    title: string;
    /**
     * The HTTP status.
     */
    status: number;
    /**
     * One sentence for people.
     */
    detail: string;
    /**
     * Which error it is, for programs.
     */
    code: ErrorCode;
    /**
     * The id to name when you ask the operator about it.
     */
    request_id: string;
    /**
     * When to try again, with `rate_limited` and `unavailable`.
     */
    retry_after_ms?: number;
    /**
     * The details of the ban, with `banned`.
     */
    ban?: BanNotice;
};
/**
 * `GET /v1/stats`, for the operator: the present state, and the outcomes of the calls since the start.
 */
export type Stats = {
    /**
     * Signaling sessions that are open now.
     */
    sessions: number;
    /**
     * Sessions that wait for a partner now.
     */
    waiting: number;
    /**
     * Matches that wait for both confirmations now.
     */
    proposed: number;
    /**
     * Calls that run now.
     */
    calls: number;
    /**
     * Calls on record, by outcome.
     */
    outcomes: Outcomes;
    /**
     * The figures of the last calls.
     */
    recent: RecentCalls;
    /**
     * The relay; `null` if there is none.
     */
    relay: RelayStats | null;
    /**
     * Hosted TURN services.
     */
    ice_services: Array<IceServiceStats>;
    /**
     * Whole days until the certificate ends, negative once it has; `null` if something else speaks HTTPS.
     */
    certificate_days: number | null;
    /**
     * The database.
     */
    store: StoreStats;
    /**
     * The answers that are kept.
     */
    cache: CacheStats;
};
/**
 * Calls on record, counted by their outcome.
 */
export type Outcomes = {
    /**
     * Both sides decoded a frame within 10 s of the match.
     */
    success: number;
    /**
     * Both stayed for 10 s, or the connection failed, and at least one saw nothing.
     */
    failure: number;
    /**
     * Somebody left before the 10 s were over and before both saw a frame.
     */
    left: number;
    /**
     * Somebody's browser or person denied camera and microphone.
     */
    denied: number;
};
/**
 * The last 1,000 calls, of the last 24 hours: matches that never became a call are left out.
 */
export type RecentCalls = {
    /**
     * How many there are.
     */
    calls: number;
    /**
     * Successes among successes and failures, in percent; `null` if there are none.
     */
    success_percent: number | null;
    /**
     * Calls that broke after both had seen each other: the path was lost, or a side left without a word, even by
     * closing the page.
     */
    dropped: number;
    /**
     * Calls by how they ended.
     */
    causes: {
        [key in EndCause]?: number;
    };
    /**
     * Calls by the most indirect kind of address on their path, if a browser reported it.
     */
    paths: {
        [key in CandidateKind]?: number;
    };
    /**
     * The time that the steps of the set-up took.
     */
    setup: Setup;
    /**
     * The quality, for the sides that reported it.
     */
    quality: RecentQuality;
};
/**
 * Steps of a set-up. Each counts from the match, but `ice` from the answer and `dtls` from the end of ICE.
 */
export type Setup = {
    /**
     * Until both had confirmed.
     */
    confirmed: Percentiles;
    /**
     * Until the first offer passed.
     */
    offer: Percentiles;
    /**
     * Until the first answer passed.
     */
    answer: Percentiles;
    /**
     * From the answer until a path was found; both sides count.
     */
    ice: Percentiles;
    /**
     * From there until the keys were there; both sides count.
     */
    dtls: Percentiles;
    /**
     * Until a side decoded the first frame of the other side; both sides count.
     */
    first_frame: Percentiles;
};
/**
 * Of so many amounts: half, 95 % and 99 % were no larger.
 */
export type BytesPercentiles = {
    /**
     * How many there are.
     */
    count: number;
    /**
     * The median, in bytes.
     */
    p50: number;
    /**
     * In bytes.
     */
    p95: number;
    /**
     * In bytes.
     */
    p99: number;
};
/**
 * Of so many times: half, 95 % and 99 % took no longer.
 */
export type Percentiles = {
    /**
     * How many times there are.
     */
    count: number;
    /**
     * The median, in milliseconds.
     */
    p50_ms: number;
    /**
     * In milliseconds.
     */
    p95_ms: number;
    /**
     * In milliseconds.
     */
    p99_ms: number;
};
/**
 * Summaries of the sides that reported the quality of their call.
 */
export type RecentQuality = {
    /**
     * How many there are.
     */
    summaries: number;
    /**
     * The mean score, 0 to 95; `null` if there are none.
     */
    score: number | null;
    /**
     * Share of the time, in percent.
     */
    excellent_percent: number;
    /**
     * Share of the time, in percent.
     */
    good_percent: number;
    /**
     * Share of the time, in percent.
     */
    poor_percent: number;
    /**
     * Share of the time, in percent: the picture did not move, though the other side sent one.
     */
    frozen_percent: number;
    /**
     * Share of the time, in percent.
     */
    disconnected_percent: number;
    /**
     * Round trips between the two, each a call's mean.
     */
    round_trip: Percentiles;
    /**
     * How many people rated their call.
     */
    ratings: number;
    /**
     * The mean of their stars, 1 to 5.
     */
    stars: number | null;
};
/**
 * A hosted TURN service since the start of the process.
 */
export type IceServiceStats = {
    /**
     * The kind of the service: `cloudflare` or `twilio`.
     */
    kind: string;
    /**
     * Servers that a hello names now; none if the service never answered, or not for so long that its credentials
     * ended.
     */
    servers: number;
    /**
     * Times that it gave credentials.
     */
    answered: number;
    /**
     * Times that it did not give them.
     */
    failed: number;
    /**
     * Whether the last request failed.
     */
    is_failing: boolean;
};
/**
 * The relay since the start of the process.
 */
export type RelayStats = {
    /**
     * Allocations that there are now.
     */
    allocations: number;
    /**
     * Allocations that were made.
     */
    allocated: number;
    /**
     * Packets from clients to peers.
     */
    out_packets: number;
    /**
     * Bytes of payload from clients to peers.
     */
    out_bytes: number;
    /**
     * Packets from peers to clients.
     */
    in_packets: number;
    /**
     * Bytes of payload from peers to clients.
     */
    in_bytes: number;
    /**
     * Packets that went directly to the call's other side; counted above too, on either side.
     */
    direct_packets: number;
    /**
     * Packets that the system did not take.
     */
    unsent_packets: number;
    /**
     * Packets that went nowhere, by reason.
     */
    dropped: {
        [key in string]: number;
    };
    /**
     * Requests that were refused, by reason.
     */
    refused: {
        [key in string]: number;
    };
    /**
     * Bytes of the last 1,000 sides of calls that were relayed, both ways together.
     */
    call_bytes: BytesPercentiles;
    /**
     * UDP datagrams that found no room in a socket's buffer, of the whole machine or container.
     */
    rcvbuf_errors: number;
};
/**
 * The answers that are kept, now.
 */
export type CacheStats = {
    /**
     * How many there are, the outdated ones among them.
     */
    answers: number;
    /**
     * Their memory, in bytes.
     */
    bytes: number;
    /**
     * What was kept of each route, in the order of their table.
     */
    routes: Array<CachedRouteStats>;
};
/**
 * What the kept answers of one route did since the start of the process.
 */
export type CachedRouteStats = {
    /**
     * Its path, with `{name}` for its parts.
     */
    route: string;
    /**
     * Requests that a kept answer served.
     */
    hits: number;
    /**
     * Requests that it did not.
     */
    misses: number;
    /**
     * Those among the misses that were served by what another request read at the same time.
     */
    shared: number;
    /**
     * Those among the hits and the misses that were answered with 304: the caller had the bytes.
     */
    not_modified: number;
    /**
     * Answers that were not kept: something touched them while they were read, or they end at once.
     */
    not_kept: number;
    /**
     * Answers that were dropped, since something touched them or their time was over.
     */
    outdated: number;
    /**
     * Answers that left for others.
     */
    evicted: number;
    /**
     * Statements that the database was not asked.
     */
    reads_avoided: number;
};
/**
 * The database, now.
 */
export type StoreStats = {
    /**
     * The size of the embedded database, in bytes; `null` with PostgreSQL.
     */
    bytes: number | null;
    /**
     * The size of its write-ahead log, in bytes.
     */
    log_bytes: number | null;
    /**
     * The free space on the disk of the embedded database, in bytes.
     */
    free_bytes: number | null;
    /**
     * Guests and attributes refused since the start of the process, because the disk was nearly full (`disk_reserve_mb`).
     */
    refused_for_room: number;
    /**
     * The connections to PostgreSQL; `null` with the embedded database.
     */
    pool: PoolStats | null;
    /**
     * Backups of the embedded database; `null` before the first, and if none are made.
     */
    backup: BackupStats | null;
};
/**
 * Connections to PostgreSQL, now and since the start of the process.
 */
export type PoolStats = {
    /**
     * The most there may be.
     */
    connections_max: number;
    /**
     * Held by writes now.
     */
    checked_out: number;
    /**
     * Reads that are under way now, over connections that they share.
     */
    reading: number;
    /**
     * Writes that wait for a connection now.
     */
    waiting: number;
    /**
     * How often somebody asked for a connection.
     */
    waits: number;
    /**
     * How long they waited, all together, in milliseconds.
     */
    wait_ms_total: number;
    /**
     * The longest wait, in milliseconds.
     */
    wait_ms_max: number;
    /**
     * How many gave up.
     */
    timeouts: number;
};
/**
 * Backups of the embedded database.
 */
export type BackupStats = {
    /**
     * When the last good one was made.
     */
    at: UnixMillis | null;
    /**
     * Its size.
     */
    bytes: number;
    /**
     * Why the last try failed, if it did.
     */
    failure: string | null;
};
/**
 * The statements of the database since the start of the process: the answer to `GET /v1/metrics/statements`.
 */
export type Statements = {
    /**
     * Those that ran, the one with the most time first.
     */
    statements: Array<StatementStats>;
};
/**
 * What one statement of the database cost.
 */
export type StatementStats = {
    /**
     * Its name in the sources.
     */
    name: string;
    /**
     * How often it ran.
     */
    count: number;
    /**
     * The rows that it read or changed.
     */
    rows: number;
    /**
     * How long it took, all together, in microseconds. With PostgreSQL that includes the way there and back.
     */
    total_us: number;
    /**
     * Half of the runs took no longer, within 9 %.
     */
    p50_us: number;
    /**
     * 95 % of the runs took no longer, within 9 %.
     */
    p95_us: number;
    /**
     * Its share of the time of all statements, from 0 to 1.
     */
    share: number;
};
/**
 * One event of `GET /v1/metrics/live`: the server at one moment. docs/MONITORING.md has the names.
 */
export type LiveSample = {
    /**
     * The moment.
     */
    at: UnixMillis;
    /**
     * The gauges that are known now.
     */
    gauges: {
        [key in string]: number;
    };
    /**
     * The counters since the start of the process.
     */
    counters: {
        [key in string]: number;
    };
};
/**
 * The answer to one question about a metric.
 */
export type Figures = {
    /**
     * The metric, as it was asked for.
     */
    metric: string;
    /**
     * The unit of the values: `ms`, `s`, `bytes`, `ratio`, `points`, `days`, or empty for things that are counted.
     */
    unit: string;
    /**
     * When the first stretch of time begins.
     */
    start: UnixMillis;
    /**
     * How long each stretch is, in milliseconds.
     */
    step_ms: number;
    /**
     * The series, in the order of their labels.
     */
    series: Array<FigureSeries>;
};
/**
 * One line of a chart.
 */
export type FigureSeries = {
    /**
     * What it is about, such as a route; empty if series are not told apart.
     */
    label: string;
    /**
     * A value for each stretch of time; null where there is none.
     */
    values: Array<number | null>;
    /**
     * How many values came in for each stretch, each counted once: a percentile of few says little.
     */
    counts: Array<number>;
};
/**
 * What was measured of the promises in two spans of days.
 */
export type Scorecard = {
    /**
     * The days of `now`, as in `2026-11-01..2026-11-30`.
     */
    current: string;
    /**
     * The days of `before`, `imported` if a file told them, or null without a baseline.
     */
    baseline: string | null;
    /**
     * Each promise.
     */
    lines: Array<ScoreLine>;
    /**
     * Users who came in the days of `now`, by the ids that the app gives.
     */
    users: number;
    /**
     * What it costs in 30 days, by the given prices.
     */
    costs: Array<ScoreCost>;
    /**
     * What it may bring in 30 days, by the given shares and prices.
     */
    revenues: Array<ScoreRevenue>;
};
/**
 * One promise.
 */
export type ScoreLine = {
    /**
     * Its name.
     */
    name: string;
    /**
     * What is measured, and how.
     */
    definition: string;
    /**
     * The unit of the values, as in `Figures`.
     */
    unit: string;
    /**
     * The target, as in `< 400` or `+50 %`.
     */
    target: string;
    /**
     * The figure of the baseline; null if there is none.
     */
    before: ScoreFigure | null;
    /**
     * The figure of now; null if nothing was measured.
     */
    now: ScoreFigure | null;
    /**
     * By how much now is more than before, as a share of before, where the target is a change; `n` is the smaller one.
     */
    change: ScoreFigure | null;
    /**
     * Whether the promise is kept.
     */
    verdict: Verdict;
};
/**
 * A value, and where the true one lies 19 times of 20.
 */
export type ScoreFigure = {
    /**
     * The value.
     */
    value: number;
    /**
     * The lower end of the 95 % interval; null if there is none.
     */
    low: number | null;
    /**
     * The upper end of the 95 % interval; null if there is none.
     */
    high: number | null;
    /**
     * Of how many values it is.
     */
    n: number;
    /**
     * The 75th percentile beside a mean of page loads.
     */
    p75: number | null;
};
/**
 * Whether a promise is kept.
 */
export type Verdict = "pass" | "fail" | "not_enough_data" | "no_baseline" | "not_applicable";
/**
 * One cost, for 30 days.
 */
export type ScoreCost = {
    /**
     * What is paid for.
     */
    name: string;
    /**
     * What it costs here, in dollars.
     */
    dollars: number;
    /**
     * The same for each user; null without users.
     */
    per_user: number | null;
    /**
     * What the guide sets for it, in dollars; null if it names none.
     */
    guide_dollars: number | null;
    /**
     * By what it was computed.
     */
    basis: string;
};
/**
 * One revenue, for 30 days: an input and no promise.
 */
export type ScoreRevenue = {
    /**
     * Its label.
     */
    name: string;
    /**
     * The share of users who pay.
     */
    share: number;
    /**
     * What each pays, in dollars.
     */
    price: number;
    /**
     * All together, in dollars.
     */
    dollars: number;
    /**
     * This revenue alone less all costs, as a share of the costs; null without costs.
     */
    roi: number | null;
};
/**
 * The state of a rule.
 */
export type AlertState = "ok" | "pending" | "firing" | "no_data" | "not_applicable";
/**
 * A rule and its state.
 */
export type Alert = {
    /**
     * The name of the rule.
     */
    rule: string;
    /**
     * What is wrong when it fires.
     */
    about: string;
    /**
     * `warning` or `critical`.
     */
    severity: string;
    /**
     * Its state.
     */
    state: AlertState;
    /**
     * Since when it is so.
     */
    since: UnixMillis;
    /**
     * The last value, with its unit; null if there was none.
     */
    value: string | null;
    /**
     * Of how many the value is; null for what is read and not counted.
     */
    count: number | null;
    /**
     * When it fires.
     */
    fires: string;
    /**
     * When it clears.
     */
    clears: string;
    /**
     * Why it may have no data, or where it is written what to do. May be empty.
     */
    note: string;
    /**
     * Where it is written what to do. May be empty.
     */
    runbook: string;
    /**
     * It fires and clears so often that nobody is told each time.
     */
    is_flapping: boolean;
    /**
     * Nobody is told until then.
     */
    silenced_until: UnixMillis | null;
    /**
     * Nobody is told while this rule fires.
     */
    inhibited_by: string | null;
    /**
     * Nobody is told until then, since there was a deploy.
     */
    muted_until: UnixMillis | null;
};
/**
 * All rules: `GET /v1/alerts`.
 */
export type Alerts = {
    /**
     * When rules were looked at last; null if never, which is so in the first seconds and without figures.
     */
    at: UnixMillis | null;
    /**
     * What fires, the critical first, then the others in the order of the rules.
     */
    alerts: Array<Alert>;
    /**
     * Silences that hold.
     */
    silences: Array<AlertSilence>;
    /**
     * The last deploys, the newest first.
     */
    deploys: Array<Deploy>;
    /**
     * How many targets are told.
     */
    targets: number;
    /**
     * Notices that could not be delivered yet.
     */
    waiting: number;
    /**
     * Notices that were given up, since the start.
     */
    lost: number;
    /**
     * Why the file of rules was not taken, which means that older rules hold.
     */
    rules_error: string | null;
};
/**
 * A silence: nobody is told of a rule.
 */
export type AlertSilence = {
    /**
     * Names it.
     */
    id: number;
    /**
     * The rule, or `*` for all.
     */
    rule: string;
    /**
     * When it ends.
     */
    until: UnixMillis;
    /**
     * Why.
     */
    why: string;
};
/**
 * Silences a rule: `POST /v1/alerts/silences`.
 */
export type SilenceAlert = {
    /**
     * The rule, or `*` for all.
     */
    rule: string;
    /**
     * For how many minutes, from 1 to 43,200 (30 days).
     */
    minutes: number;
    /**
     * Why: 1 to 200 characters.
     */
    why: string;
};
/**
 * A deploy, as it was named.
 */
export type Deploy = {
    /**
     * When.
     */
    at: UnixMillis;
    /**
     * Its name.
     */
    name: string;
};
/**
 * Names a deploy that happens now: `POST /v1/deploys`.
 */
export type NameDeploy = {
    /**
     * Such as the version of the app: 1 to 60 characters.
     */
    name: string;
};
/**
 * `PUT /v1/calls/{call}/rating`: the caller's rating of the call. A second rating replaces the first.
 */
export type RateCall = {
    /**
     * 1, bad, to 5, good.
     */
    stars: number;
};
/**
 * `POST /v1/calls/{call}/report`: a complaint about the other person of a call, who is blocked as well. A second
 * report of the same call replaces the first.
 */
export type ReportCall = {
    /**
     * The reason of the complaint.
     */
    reason: ReportReason;
    /**
     * In the person's own words, 1,000 characters at most.
     */
    note?: string;
    /**
     * Whether moderators are to see the chat's last 20 lines, as the server relayed them. It keeps them until half an hour after
     * the call's end.
     */
    with_lines?: boolean;
};
/**
 * Why somebody is reported.
 */
export type ReportReason = "nudity" | "harassment" | "hate" | "violence" | "underage" | "spam" | "other";
/**
 * A line of a call's chat, as the reporter saw it.
 */
export type ReportLine = {
    /**
     * The side that wrote it.
     */
    from: Side;
    /**
     * The text, 500 characters at most.
     */
    text: string;
};
/**
 * The proof that a change of credentials needs, beside a login.
 */
export type Proof = "nothing" | "password" | "mailbox" | "sign_in";
/**
 * A change of the credentials of an account, or its deletion.
 */
export type Change = "address" | "password" | "identities" | "deletion";
/**
 * `POST /v1/me/approvals`: asks the mailbox of the account to approve one change. To open the mail's link is to
 * approve, and the login that asked may then make this change once, within ten minutes.
 */
export type AskApproval = {
    /**
     * The change to approve.
     */
    change: Change;
};
/**
 * `POST /v1/approvals`: the mailbox's approval.
 */
export type Approve = {
    /**
     * The token after the `#` of the link.
     */
    token: string;
};
/**
 * The change that was approved.
 */
export type Approved = {
    /**
     * The change that the login which asked may make now.
     */
    change: Change;
};
/**
 * `DELETE /v1/me/identities/{identity}`.
 */
export type Unlink = {
    /**
     * The password, if there is one.
     */
    password?: string | null;
};
/**
 * The rights of a user.
 */
export type Role = "user" | "moderator" | "admin";
/**
 * The way in which a login was made.
 */
export type LoginKind = "guest" | "password" | "mail" | "oidc" | "setup";
/**
 * An app's own data on a user or a call.
 */
export type Attributes = {
    /**
     * Read by people who are in a call with the user, or in the call. 16 KB at most.
     */
    public: Record<string, unknown>;
    /**
     * Read by the user alone, and by the app's own backend. 16 KB at most.
     */
    private: Record<string, unknown>;
};
/**
 * Sets either part of attributes, or both; a part that is not there stays as it is.
 */
export type SetAttributes = {
    /**
     * Instead of the public part.
     */
    public?: Record<string, unknown>;
    /**
     * Instead of the private part.
     */
    private?: Record<string, unknown>;
};
/**
 * A person's own description.
 */
export type Profile = {
    /**
     * 40 characters at most; empty if there is none.
     */
    name: string;
    /**
     * 500 characters at most.
     */
    bio: string;
    /**
     * As in `seek`: 8 of 32 characters each.
     */
    interests: Array<string>;
    /**
     * BCP 47 tags, such as `de` or `pt-BR`; 8 at most.
     */
    languages: Array<string>;
    /**
     * ISO 3166-1 alpha-2, such as `AT`.
     */
    country: string | null;
};
/**
 * The data on a user that people in a call with them see.
 */
export type PublicProfile = {
    /**
     * The profile.
     */
    profile: Profile;
    /**
     * The public part of their attributes.
     */
    attributes: Record<string, unknown>;
};
/**
 * `GET /v1/me`: the caller's own user, whole.
 */
export type Account = {
    /**
     * The user's id.
     */
    id: UserId;
    /**
     * The answer to the age question; `null` until it is given.
     */
    age: AgeClass | null;
    /**
     * The verified address; `null` for a guest.
     */
    email: string | null;
    /**
     * Whether a password is set.
     */
    has_password: boolean;
    /**
     * The proof that is needed to change the address, the password or the identities, and to delete the account.
     */
    proof: Proof;
    /**
     * Their rights.
     */
    role: Role;
    /**
     * Set by an admin or by the app's own backend, in its own words.
     */
    plan: string | null;
    /**
     * Their own description.
     */
    profile: Profile;
    /**
     * The app's own data.
     */
    attributes: Attributes;
    /**
     * When the user was made.
     */
    created_at: UnixMillis;
    /**
     * The login that asks.
     */
    login: LoginId;
};
/**
 * `PUT /v1/me/email`: sends a link to an address; it is the user's once the link is opened. The answer is the same
 * whether the address is free or another user's.
 */
export type SetEmail = {
    /**
     * The address.
     */
    email: string;
    /**
     * A guest's new password: it is set when the link is opened in the browser that asked, and nowhere else. An
     * account's current password: it proves that the change is its owner's.
     */
    password?: string | null;
};
/**
 * Uses up a link of a mail: `POST /v1/verifications` and `POST /v1/logins/redeem`.
 */
export type Redeem = {
    /**
     * The token after the `#` of the link.
     */
    token: string;
    /**
     * The browser's own name, kept in its storage.
     */
    device?: string | null;
};
/**
 * `POST /v1/logins`: signs in by address and password.
 */
export type SignIn = {
    /**
     * The address.
     */
    email: string;
    /**
     * The password.
     */
    password: string;
    /**
     * The browser's own name, kept in its storage.
     */
    device?: string | null;
};
/**
 * The answer to every way of signing in.
 */
export type SignedIn = {
    /**
     * The user.
     */
    user: User;
    /**
     * As in `GuestCreated`.
     */
    token: string | null;
};
/**
 * The answer to `POST /v1/verifications`.
 */
export type Verified = {
    /**
     * The user that this browser is signed in as; `null` if an account's other address was verified in a browser
     * that is not signed in as its user: that signs nobody in.
     */
    user: User | null;
    /**
     * As in `GuestCreated`, if a guest's first address was verified in another browser than the one that asked.
     */
    token: string | null;
};
/**
 * Asks for a mail: `POST /v1/logins/mail` and `POST /v1/passwords/mail`. The answer is the same whether there is
 * such an account or not.
 */
export type SendMail = {
    /**
     * The address.
     */
    email: string;
    /**
     * The browser's own name, kept in its storage. If the account was signed in with it, strangers' requests do not
     * count.
     */
    device?: string | null;
};
/**
 * `POST /v1/passwords/reset`: a new password, by the link of a mail. All logins of the user end, other links are
 * void, and identities that were linked since the owner last signed in do not open the account any more.
 */
export type ResetPassword = {
    /**
     * The token after the `#` of the link.
     */
    token: string;
    /**
     * The new password.
     */
    password: string;
};
/**
 * `PUT /v1/me/password`: sets or changes the password. The user's other logins end, and links that wait are void.
 */
export type ChangePassword = {
    /**
     * The current one, if there is one.
     */
    current?: string | null;
    /**
     * The new one.
     */
    new: string;
};
/**
 * A login of the caller's, as a line of a list.
 */
export type LoginItem = {
    /**
     * Its name.
     */
    id: LoginId;
    /**
     * The name by which people recognise it, such as `Firefox on Linux`.
     */
    label: string;
    /**
     * The way in which it was made.
     */
    kind: LoginKind;
    /**
     * The time at which it was made.
     */
    created_at: UnixMillis;
    /**
     * The time of its last use, to the hour.
     */
    last_used_at: UnixMillis;
    /**
     * Whether it is the one that asks.
     */
    is_current: boolean;
};
/**
 * `GET /v1/me/logins`: the 50 that were used last.
 */
export type Logins = {
    /**
     * The last used first.
     */
    items: Array<LoginItem>;
};
/**
 * `DELETE /v1/me`: deletes the account and all its data.
 */
export type DeleteMe = {
    /**
     * The password, if there is one.
     */
    password?: string | null;
};
/**
 * A call of the caller's, as a line of a list.
 */
export type HistoryCall = {
    /**
     * The call.
     */
    id: CallId;
    /**
     * Why the two met.
     */
    kind: CallKind;
    /**
     * When they were matched.
     */
    at: UnixMillis;
    /**
     * From the match to the end, in milliseconds.
     */
    duration_ms: number;
    /**
     * Whether both saw each other.
     */
    is_success: boolean;
    /**
     * The cause of its end.
     */
    cause: EndCause;
    /**
     * The other person's name now; empty if they have none, or if the user is deleted.
     */
    partner_name: string;
    /**
     * Whether the caller has blocked the other person.
     */
    is_blocked: boolean;
    /**
     * The caller's rating.
     */
    stars: number | null;
};
/**
 * Somebody whom the caller has blocked.
 */
export type BlockItem = {
    /**
     * Names the block, not the person.
     */
    id: BlockId;
    /**
     * Their name now; empty if there is none.
     */
    name: string;
    /**
     * Since when.
     */
    at: UnixMillis;
};
/**
 * The caller's identity at an issuer of OpenID Connect.
 */
export type ExportedIdentity = {
    /**
     * Its URL.
     */
    issuer: string;
    /**
     * Its own name for them.
     */
    subject: string;
    /**
     * Their address there when it was linked, if the issuer had verified it.
     */
    email: string | null;
    /**
     * Since when it opens the account.
     */
    at: UnixMillis;
};
/**
 * A report that the caller made.
 */
export type ExportedReport = {
    /**
     * The call that it is about.
     */
    call: CallId;
    /**
     * One of `ReportReason`, or of a later version.
     */
    reason: string;
    /**
     * In the caller's own words.
     */
    note: string;
    /**
     * The chat's last lines.
     */
    lines: Array<ReportLine>;
    /**
     * When.
     */
    at: UnixMillis;
};
/**
 * `GET /v1/me/export`: all data on the caller; 10,000 calls, blocks and reports at most.
 */
export type Export = {
    /**
     * When it was collected.
     */
    at: UnixMillis;
    /**
     * As in `GET /v1/me`.
     */
    account: Account;
    /**
     * As in `GET /v1/me/logins`.
     */
    logins: Array<LoginItem>;
    /**
     * The identities that open the account by OpenID Connect.
     */
    identities: Array<ExportedIdentity>;
    /**
     * As in `GET /v1/me/calls`.
     */
    calls: Array<HistoryCall>;
    /**
     * As in `GET /v1/me/blocks`.
     */
    blocks: Array<BlockItem>;
    /**
     * Reports that the caller made.
     */
    reports: Array<ExportedReport>;
};
/**
 * `POST /v1/setup`: the first admin, by the link that a new server prints.
 */
export type SetUp = {
    /**
     * The token after the `#` of the link.
     */
    token: string;
    /**
     * The admin's address, taken as verified: a person who reads the server's output runs the server.
     */
    email: string;
    /**
     * The admin's password.
     */
    password: string;
};
/**
 * A sign-in by OpenID Connect that the operator offers.
 */
export type Provider = {
    /**
     * In paths.
     */
    id: string;
    /**
     * On buttons.
     */
    name: string;
};
/**
 * `GET /v1/oidc`.
 */
export type Providers = {
    /**
     * In the order of the settings.
     */
    items: Array<Provider>;
};
/**
 * `POST /v1/oidc/{provider}/start`.
 */
export type StartOidc = {
    /**
     * Whether it is to be linked to the account that asks, in place of signing in.
     */
    link?: boolean;
};
/**
 * The page that the browser goes to, and a proof for later that it is the same browser.
 */
export type OidcStarted = {
    /**
     * The issuer's page. It sends the browser back to `/oidc` of the origin that asked.
     */
    url: string;
    /**
     * The proof, for this browser alone, which keeps it until it returns; valid for 10 minutes.
     */
    flow: string;
};
/**
 * `POST /v1/oidc/finish`: the browser is back from the issuer's page.
 */
export type FinishOidc = {
    /**
     * As `start` gave it.
     */
    flow: string;
    /**
     * From the query of `/oidc`.
     */
    state: string;
    /**
     * From the query of `/oidc`.
     */
    code: string;
    /**
     * From the query of `/oidc`, if it is there (RFC 9207).
     */
    iss?: string | null;
    /**
     * The browser's own name, kept in its storage.
     */
    device?: string | null;
};
/**
 * The result of a sign-in at an issuer.
 */
export type OidcFinished = {
    "outcome": "signed_in";
    /**
     * The user.
     */
    user: User;
    /**
     * As in `GuestCreated`.
     */
    token: string | null;
} | {
    "outcome": "confirm";
    /**
     * The provider's name.
     */
    provider: string;
    /**
     * Their address there, as the issuer says; `null` if it says none.
     */
    email: string | null;
} | {
    "outcome": "mailed";
};
/**
 * `POST /v1/oidc/confirm`: links the identity that `finish` asked about.
 */
export type ConfirmOidc = {
    /**
     * As `start` gave it.
     */
    flow: string;
    /**
     * The account's password, if there is one.
     */
    password?: string | null;
};
/**
 * The caller's identity at an issuer, as a line of a list.
 */
export type IdentityItem = {
    /**
     * In paths.
     */
    id: string;
    /**
     * The provider's name; the issuer's URL if the settings do not have this provider any more.
     */
    name: string;
    /**
     * Since when it opens the account.
     */
    at: UnixMillis;
};
/**
 * `GET /v1/me/identities`.
 */
export type Identities = {
    /**
     * The oldest first; 16 at most.
     */
    items: Array<IdentityItem>;
};
/**
 * One page of a list.
 */
export type Page<T> = {
    /**
     * The newest first.
     */
    items: Array<T>;
    /**
     * `before` of the next page; `null` on the last.
     */
    next: string | null;
};
/**
 * The state of a report.
 */
export type ReportStatus = "open" | "dismissed" | "banned";
/**
 * One of the two people of a report.
 */
export type Party = {
    /**
     * Their id.
     */
    user: UserId;
    /**
     * Their name; empty if there is none.
     */
    name: string;
    /**
     * Their rights; `null` if the user is deleted.
     */
    role: Role | null;
    /**
     * How many people have reported them.
     */
    reports: number;
    /**
     * Whether they are banned now.
     */
    is_banned: boolean;
    /**
     * Whether they are kept from strangers until a moderator has decided on what is said about them.
     */
    is_held: boolean;
    /**
     * Since when they are here.
     */
    created_at: UnixMillis | null;
};
/**
 * A report, with its context.
 */
export type ReportItem = {
    /**
     * Its name.
     */
    id: ReportId;
    /**
     * The call that it is about.
     */
    call: CallId;
    /**
     * When it was made.
     */
    at: UnixMillis;
    /**
     * Its state.
     */
    status: ReportStatus;
    /**
     * The reason of the complaint.
     */
    reason: ReportReason;
    /**
     * In the reporter's own words.
     */
    note: string;
    /**
     * The chat's last lines, if the reporter sent them.
     */
    lines: Array<ReportLine>;
    /**
     * Which of the call's sides the reporter was, for the lines; `null` while the call is not over.
     */
    reporter_side: Side | null;
    /**
     * The person who complains.
     */
    reporter: Party;
    /**
     * The person whom the complaint is about.
     */
    reported: Party;
};
/**
 * The target of a ban.
 */
export type BanScope = "user" | "device" | "address";
/**
 * `POST /v1/moderation/reports/{report}/ban` and `POST /v1/users/{user}/ban`.
 */
export type CreateBan = {
    /**
     * The targets, one at least.
     */
    scopes: Array<BanScope>;
    /**
     * The number of days; for ever if it is left out.
     */
    days?: number | null;
    /**
     * The reason, for other moderators. 500 characters at most.
     */
    reason?: string;
    /**
     * The reason, for the person: they read it when they return. 500 characters at most.
     */
    told?: string;
};
/**
 * A ban that has not ended.
 */
export type BanItem = {
    /**
     * Its name.
     */
    id: BanId;
    /**
     * Its target.
     */
    scope: BanScope;
    /**
     * The user that it was meant for.
     */
    user: UserId | null;
    /**
     * Their name when they were banned.
     */
    name: string;
    /**
     * The reason, for moderators.
     */
    reason: string;
    /**
     * The reason, as the person reads it.
     */
    told: string;
    /**
     * Since when.
     */
    created_at: UnixMillis;
    /**
     * Until when; `null` is for ever.
     */
    expires_at: UnixMillis | null;
};
/**
 * Bans that were just made.
 */
export type Bans = {
    /**
     * One a scope and device or address.
     */
    items: Array<BanItem>;
};
/**
 * A kind of moderator's action.
 */
export type Act = "banned" | "lifted" | "dismissed" | "reopened";
/**
 * One action of a moderator.
 */
export type ActItem = {
    /**
     * Its name.
     */
    id: ActId;
    /**
     * Its kind.
     */
    act: Act;
    /**
     * The moderator who did it.
     */
    moderator: UserId;
    /**
     * Their name now; empty if there is none.
     */
    moderator_name: string;
    /**
     * The user that it was about.
     */
    user: UserId | null;
    /**
     * Their name now; empty if there is none.
     */
    user_name: string;
    /**
     * A ban's reason.
     */
    detail: string;
    /**
     * When.
     */
    at: UnixMillis;
};
/**
 * A person that a moderator's search found.
 */
export type PersonItem = {
    /**
     * Their id.
     */
    user: UserId;
    /**
     * Their name; empty if there is none.
     */
    name: string;
    /**
     * Their rights.
     */
    role: Role;
    /**
     * Since when they are here.
     */
    created_at: UnixMillis;
    /**
     * The verified address, for admins; `null` for moderators.
     */
    email: string | null;
    /**
     * How many people have reported them.
     */
    reports: number;
    /**
     * Whether they are banned now.
     */
    is_banned: boolean;
    /**
     * Whether they are kept from strangers until a moderator has decided on what is said about them.
     */
    is_held: boolean;
};
/**
 * `GET /v1/moderation/people`: 50 at most.
 */
export type People = {
    /**
     * The newest first.
     */
    items: Array<PersonItem>;
};
/**
 * A user, for an admin or an app's own backend.
 */
export type UserItem = {
    /**
     * Their id.
     */
    id: UserId;
    /**
     * Their name; empty if there is none.
     */
    name: string;
    /**
     * The verified address.
     */
    email: string | null;
    /**
     * Their rights.
     */
    role: Role;
    /**
     * In the app's own words.
     */
    plan: string | null;
    /**
     * The answer to the age question.
     */
    age: AgeClass | null;
    /**
     * Since when they are here.
     */
    created_at: UnixMillis;
    /**
     * Whether they are banned now.
     */
    is_banned: boolean;
    /**
     * The app's own data.
     */
    attributes: Attributes;
};
/**
 * `PUT /v1/users/{user}/role`.
 */
export type SetRole = {
    /**
     * The new one.
     */
    role: Role;
};
/**
 * `PUT /v1/users/{user}/plan`.
 */
export type SetPlan = {
    /**
     * In the app's own words, 64 characters at most; `null` is none.
     */
    plan: string | null;
};
/**
 * `POST /v1/api-keys`.
 */
export type CreateApiKey = {
    /**
     * Its purpose, 64 characters at most.
     */
    name: string;
};
/**
 * A key of an app's own backend.
 */
export type ApiKeyItem = {
    /**
     * Its name in paths.
     */
    id: ApiKeyId;
    /**
     * Its purpose.
     */
    name: string;
    /**
     * When it was made.
     */
    created_at: UnixMillis;
    /**
     * The time of its last use, to the hour; `null` if it was not used yet.
     */
    last_used_at: UnixMillis | null;
};
/**
 * `GET /v1/api-keys`: 100 at most.
 */
export type ApiKeys = {
    /**
     * The newest first.
     */
    items: Array<ApiKeyItem>;
};
/**
 * The answer to `POST /v1/api-keys`.
 */
export type ApiKeyCreated = {
    /**
     * As in the list.
     */
    item: ApiKeyItem;
    /**
     * The key itself, `cbk_` and 43 letters. It is shown once, and kept as its hash.
     */
    key: string;
};
/**
 * `POST /v1/introspect`: asks whose token this is. After RFC 7662, in JSON.
 */
export type Introspect = {
    /**
     * A login's token, as a browser sent it to the app's own backend.
     */
    token: string;
};
/**
 * The answer. All members but `active` are there only if that is true.
 */
export type Introspected = {
    /**
     * Whether it is a login's token now, and nobody banned its user.
     */
    active: boolean;
    /**
     * The user.
     */
    user?: UserItem;
    /**
     * The login.
     */
    login?: LoginId;
};
/**
 * One of the two sides of a call. The caller makes every offer and the callee answers, so that two offers never
 * cross; a callee that needs another offer asks for it by `restart`.
 */
export type Side = "caller" | "callee";
/**
 * Why two people are in a call with each other.
 */
export type CallKind = "random" | "invite";
/**
 * How a call ended. `next` and `hangup` are no failures.
 */
export type EndCause = "hangup" | "next" | "unconfirmed" | "declined" | "blocked" | "peer_lost" | "left" | "media_failed" | "media_lost" | "media_denied";
/**
 * The causes that a client may give when it ends a call.
 */
export type LeaveCause = "hangup" | "media_failed" | "media_lost" | "media_denied" | "left";
/**
 * A step of the media connection that only a client can see.
 */
export type Stage = "connected" | "first_frame";
/**
 * The kind of a candidate (RFC 8445, section 4), as in the selected pair.
 */
export type CandidateKind = "host" | "srflx" | "prflx" | "relay";
/**
 * Which way the media goes: the selected candidate pair, seen from one side.
 */
export type Path = {
    /**
     * This side's end.
     */
    local: CandidateKind;
    /**
     * The other side's end.
     */
    remote: CandidateKind;
};
/**
 * The one cause of a call that failed or was dropped. A call that a person ended after both had seen each other has none.
 */
export type FailureCause = "unconfirmed" | "permission_denied" | "no_offer" | "no_answer" | "no_candidates" | "udp_blocked" | "relay_refused" | "relay_unreachable" | "ice_failed" | "dtls_failed" | "no_first_frame" | "path_died" | "page_gone" | "signaling_lost" | "server_restarted" | "too_slow" | "unknown";
/**
 * How many candidates there are of each kind (RFC 8445, section 4), in the description that holds now. 255 means more.
 */
export type CandidateCounts = {
    /**
     * Addresses of the machine itself.
     */
    host: number;
    /**
     * Addresses that a STUN server saw.
     */
    srflx: number;
    /**
     * Addresses on a TURN server.
     */
    relay: number;
};
/**
 * The state of ICE, by the words of `RTCIceConnectionState`.
 */
export type IceState = "new" | "checking" | "connected" | "completed" | "disconnected" | "failed" | "closed";
/**
 * The state of DTLS, by the words of `RTCDtlsTransportState`.
 */
export type DtlsState = "new" | "connecting" | "connected" | "closed" | "failed";
/**
 * The state of one side's media connection at the end of a call, for the record: once a call, also after its end.
 */
export type Evidence = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * Candidates of this side.
     */
    gathered: CandidateCounts;
    /**
     * Candidates of the other side that came here.
     */
    received: CandidateCounts;
    /**
     * The last error of a STUN or TURN server: its code (RFC 8656, section 19), or 701 if it was not reached.
     */
    relay_error?: number;
    /**
     * ICE.
     */
    ice: IceState;
    /**
     * DTLS.
     */
    dtls: DtlsState;
};
/**
 * The outcome of a call.
 */
export type Outcome = "unconfirmed" | "success" | "failure" | "left" | "denied";
/**
 * Why the server asks a client to leave.
 */
export type LeaveReason = "shutdown" | "full" | "misuse" | "superseded" | "duplicate" | "signed_out" | "banned";
/**
 * The client's next step after a `leave`.
 */
export type LeaveAction = "disconnect" | "resume" | "reconnect";
/**
 * A server that helps two browsers find a path: the shape of the browser's `RTCIceServer`.
 */
export type IceServer = {
    /**
     * `stun:`, `turn:` or `turns:` URLs.
     */
    urls: Array<string>;
    /**
     * Our name at a TURN server.
     */
    username?: string;
    /**
     * The TURN password.
     */
    credential?: string;
};
/**
 * Whether two people in a call learn each other's address. A stricter one is greater.
 */
export type RelayPolicy = "auto" | "until-both-stay" | "always";
/**
 * The numbers of a frame, beside its `type`. Each side counts its own frames of one session from 1; `hello`,
 * `ping`, `pong`, `ack`, `ice_servers`, `stale`, `put` and `leave` are not counted, since they mean nothing on another socket.
 */
export type Numbers = {
    /**
     * Which of its sender's frames this is. A client that never resumes may leave it out.
     */
    seq?: number;
    /**
     * The last frame of the recipient that the sender has; it has all before.
     */
    ack?: number;
};
/**
 * A client's memory of the session that it would like to continue.
 */
export type Resume = {
    /**
     * The session.
     */
    session: SessionId;
    /**
     * The epoch that the server's hello named.
     */
    epoch: string;
    /**
     * The last frame of the server that the client has; it has all before.
     */
    ack: number;
};
/**
 * The state of a session, for a client that may have missed the frames which reported it.
 */
export type Snapshot = {
    "state": "idle";
} | {
    "state": "queued";
    /**
     * For a stranger, or for the other person of an invite.
     */
    kind: CallKind;
    /**
     * Since when.
     */
    waited_ms: number;
} | {
    "state": "call";
    /**
     * The call.
     */
    call: CallId;
    /**
     * Whether both have confirmed.
     */
    has_begun: boolean;
    /**
     * Whether the other side has a socket.
     */
    is_peer_here: boolean;
};
/**
 * The first frame of a client, within 5 s of the upgrade.
 */
export type ClientHello = {
    /**
     * The session to continue.
     */
    resume?: Resume;
    /**
     * The grant of the call that the client is in, from its `match`. If the server has forgotten the call, this
     * restores it.
     */
    grant?: string;
    /**
     * The login's token; left out if the page's cookie came with the upgrade.
     */
    token?: string;
    /**
     * The page only watches answers: its session neither waits nor calls, and stands beside others of the same login.
     */
    observes?: boolean;
};
/**
 * Wait for a stranger.
 */
export type Seek = {
    /**
     * The topics that the person would like to talk about, at most 8 of at most 32 characters each.
     */
    interests?: Array<string>;
    /**
     * Hide addresses in the calls that come of this, more strictly than the app does; never less.
     */
    relay?: RelayPolicy;
};
/**
 * Join an invite and wait for the other person.
 */
export type Join = {
    /**
     * The invite's code.
     */
    invite: string;
    /**
     * As in `seek`.
     */
    relay?: RelayPolicy;
};
/**
 * A frame that names a call and nothing more: `confirm`, `decline`.
 */
export type CallRef = {
    /**
     * The call.
     */
    call: CallId;
};
/**
 * Leave the call, if it still runs, and wait for a stranger, in one step.
 */
export type Next = {
    /**
     * The call to leave.
     */
    call: CallId;
    /**
     * As in `seek`; left out: as before.
     */
    interests?: Array<string>;
    /**
     * As in `seek`; left out: as before.
     */
    relay?: RelayPolicy;
};
/**
 * A session description for the other side, opaque to the server.
 */
export type Description = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * An `RTCSessionDescriptionInit`, or another value that the two SDKs agree on.
     */
    payload: unknown;
};
/**
 * Candidates for the other side, opaque to the server.
 */
export type Candidates = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * `RTCIceCandidateInit`s; 64 a side and call at most.
     */
    payload: unknown[];
};
/**
 * An offer for this session's next match: it travels with the match, which saves the time to send it afterwards. A
 * waiting user may park one; the last one counts.
 */
export type Park = {
    /**
     * As in `offer`, at most [`PARKED_BYTES_MAX`] bytes.
     */
    payload: unknown;
};
/**
 * The callee asks the caller for another offer.
 */
export type Restart = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * The last offer that the callee has answered, 0 for none: a later one that is on its way is meant for this question too.
     */
    after: number;
    /**
     * Whether the offer is to be of a new peer connection.
     */
    replace: boolean;
    /**
     * Whether later offers may have been lost on the way.
     */
    lost: boolean;
};
/**
 * The media that a side sends, so that the peer can distinguish a picture that is not sent from one that is frozen.
 */
export type Sends = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * The picture.
     */
    picture: Picture;
    /**
     * Whether the microphone is on.
     */
    sound: boolean;
};
/**
 * The picture that a side sends.
 */
export type Picture = "none" | "camera" | "screen";
/**
 * A line of text for the other side.
 */
export type Chat = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * 1 to 2,000 characters of plain text.
     */
    text: string;
};
/**
 * End the call.
 */
export type End = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * Why.
     */
    cause: LeaveCause;
};
/**
 * A step of the media connection, for the call's record.
 */
export type Progress = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * The step that was just reached.
     */
    stage: Stage;
    /**
     * The selected candidate pair, if the browser reports it.
     */
    path?: Path;
    /**
     * How long DTLS took after ICE, with `connected`, if the browser reports it. By the client's clock.
     */
    dtls_ms?: number;
};
/**
 * The level of a call's quality.
 */
export type QualityLevel = "excellent" | "good" | "poor" | "frozen" | "disconnected";
/**
 * The quality of a call, for one side, from the connection to its end, or until now. Means are over its seconds.
 */
export type Quality = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * Seconds at this level.
     */
    excellent_s: number;
    /**
     * Seconds at this level.
     */
    good_s: number;
    /**
     * Seconds at this level.
     */
    poor_s: number;
    /**
     * Seconds at this level.
     */
    frozen_s?: number;
    /**
     * Seconds at this level.
     */
    disconnected_s: number;
    /**
     * The mean score.
     */
    score: number;
    /**
     * The lowest score.
     */
    score_min: number;
    /**
     * The mean round trip.
     */
    rtt_ms: number;
    /**
     * The mean jitter.
     */
    jitter_ms: number;
    /**
     * Packets lost of a thousand.
     */
    loss_permille: number;
    /**
     * The mean of the media received.
     */
    received_kbps: number;
    /**
     * The mean of the media sent.
     */
    sent_kbps: number;
    /**
     * How often the picture froze.
     */
    freezes: number;
    /**
     * How long it was frozen altogether.
     */
    freeze_ms: number;
    /**
     * How often the path was lost.
     */
    interruptions: number;
    /**
     * How many times another path was searched for.
     */
    restarts: number;
    /**
     * Seconds in which our picture was left out, since the network could not carry it.
     */
    audio_only_s: number;
};
/**
 * The present quality of a call, for one side.
 */
export type Sample = {
    /**
     * The call.
     */
    call: CallId;
    /**
     * In a word.
     */
    level: QualityLevel;
    /**
     * 0 to 95: a simplified E-model (ITU-T G.107) of delay, jitter and loss.
     */
    score: number;
    /**
     * Round trip between the two browsers.
     */
    rtt_ms: number;
    /**
     * Jitter (RFC 3550, section 6.4.1), the worse of sound and picture.
     */
    jitter_ms: number;
    /**
     * Packets of the other side that were lost, per thousand.
     */
    loss_permille: number;
    /**
     * Media received.
     */
    received_kbps: number;
    /**
     * Media sent.
     */
    sent_kbps: number;
    /**
     * Whether our picture is sent, or sound alone, since the network cannot carry more.
     */
    sends_picture: boolean;
};
/**
 * One answer to watch.
 */
export type WatchItem = {
    /**
     * The client's name for it, of which the session has no other.
     */
    id: number;
    /**
     * Path and query of a `GET` whose answer has an `ETag`, from `/v1/` on; at most 256 bytes.
     */
    path: string;
    /**
     * The header `Callbox-Commit` of the answer that the client has: what changed since is told at once. Left out, or of
     * another node: `stale` comes at once.
     */
    commit?: string;
};
/**
 * What to watch from now on, and what no longer. `drop` comes first; an id that is added twice has its new path.
 */
export type Watch = {
    /**
     * At most 128 in one session. Each is answered by `stale` or `unwatched`, or by nothing while it is current.
     */
    add?: Array<WatchItem>;
    /**
     * Ids that are not watched any more; unknown ones are passed over.
     */
    drop?: Array<number>;
};
/**
 * A call's use of this server's relay, both sides and both ways together.
 */
export type RelayUse = {
    /**
     * Packets.
     */
    packets: number;
    /**
     * Bytes of payload.
     */
    bytes: number;
    /**
     * The code by which the last allocation of a side was refused, if that side then got none (RFC 8656, section 19).
     */
    refused: number | null;
};
/**
 * One side of a call.
 */
export type SideStory = {
    /**
     * The selected candidate pair.
     */
    path: Path | null;
    /**
     * Its last summary; `null` if it was never connected, or not for a second.
     */
    quality: Quality | null;
    /**
     * The state of its media connection at the end; `null` if its page was gone before it could say so.
     */
    evidence: Evidence | null;
};
/**
 * The kind of an event in a story.
 */
export type StoryEventKind = "matched" | "confirmed" | "offer" | "answer" | "ice_connected" | "dtls_connected" | "first_frame" | "restart" | "sample" | "ended";
/**
 * An event in a story.
 */
export type StoryEvent = {
    /**
     * Milliseconds since the match.
     */
    ms: number;
    /**
     * The kind.
     */
    kind: StoryEventKind;
    /**
     * The side that it is about, or that caused it.
     */
    side: Side | null;
    /**
     * Of a sample.
     */
    level: QualityLevel | null;
    /**
     * Of a sample.
     */
    score: number | null;
};
/**
 * `GET /v1/calls/{call}`: the story of a call that has ended.
 */
export type CallStory = {
    /**
     * The call.
     */
    id: CallId;
    /**
     * Why the two met.
     */
    kind: CallKind;
    /**
     * When they were matched.
     */
    at: UnixMillis;
    /**
     * Milliseconds from there to the end.
     */
    ended_ms: number;
    /**
     * How it ended.
     */
    cause: EndCause;
    /**
     * The side that caused the end, if one did.
     */
    ended_by: Side | null;
    /**
     * The outcome.
     */
    outcome: Outcome;
    /**
     * Why it failed or was dropped; `null` if it did neither.
     */
    failure: FailureCause | null;
    /**
     * Whether the server had forgotten the call, and its people restored it.
     */
    is_restored: boolean;
    /**
     * The side that made the offers.
     */
    caller: SideStory;
    /**
     * The side that answered.
     */
    callee: SideStory;
    /**
     * Its use of the relay.
     */
    relay: RelayUse;
    /**
     * In the order of time.
     */
    events: Array<StoryEvent>;
};
/**
 * A frame of a client.
 */
export type ClientFrame = ({
    "type": "hello";
} & ClientHello) | ({
    "type": "seek";
} & Seek) | ({
    "type": "join";
} & Join) | {
    "type": "cancel";
} | ({
    "type": "confirm";
} & CallRef) | ({
    "type": "decline";
} & CallRef) | ({
    "type": "next";
} & Next) | ({
    "type": "park";
} & Park) | ({
    "type": "offer";
} & Description) | ({
    "type": "answer";
} & Description) | ({
    "type": "candidates";
} & Candidates) | ({
    "type": "restart";
} & Restart) | ({
    "type": "sends";
} & Sends) | ({
    "type": "chat";
} & Chat) | ({
    "type": "progress";
} & Progress) | ({
    "type": "quality";
} & Quality) | ({
    "type": "evidence";
} & Evidence) | ({
    "type": "sample";
} & Sample) | ({
    "type": "watch";
} & Watch) | ({
    "type": "end";
} & End) | {
    "type": "pong";
} | {
    "type": "ping";
} | {
    "type": "ack";
};
/**
 * A frame of the server.
 */
export type ServerFrame = {
    "type": "hello";
    /**
     * This session's name.
     */
    session: SessionId;
    /**
     * This server's memory: a session is known in the epoch that it began in, and in no other.
     */
    epoch: string;
    /**
     * Whether the client's `resume` was granted with nothing lost: what it misses follows. Otherwise both
     * sides count from 1 again.
     */
    recovered: boolean;
    /**
     * The last frame of the client that the server has: later frames are to be sent again.
     */
    ack: number;
    /**
     * The session's state.
     */
    snapshot: Snapshot;
    /**
     * The user that the server takes the client for.
     */
    user: User;
    /**
     * The servers for the browser's peer connection.
     */
    ice_servers: Array<IceServer>;
    /**
     * Whether connections of this app may use anything but a relay; a `match` says it for its call.
     */
    relay_policy: RelayPolicy;
    /**
     * The server is never silent for longer: a `ping` if nothing else. 10 s more, and the socket is dead.
     */
    heartbeat_ms: number;
    /**
     * The server's version.
     */
    version: string;
} | {
    "type": "ice_servers";
    /**
     * As in a hello.
     */
    ice_servers: Array<IceServer>;
} | {
    "type": "reveal";
    /**
     * The call.
     */
    call: CallId;
} | {
    "type": "queued";
    /**
     * For a stranger, or for the other person of an invite.
     */
    kind: CallKind;
    /**
     * How long it has waited already.
     */
    waited_ms: number;
} | {
    "type": "idle";
} | {
    "type": "match";
    /**
     * The new call.
     */
    call: CallId;
    /**
     * Why these two.
     */
    kind: CallKind;
    /**
     * The recipient's side.
     */
    you: Side;
    /**
     * The interests that both named.
     */
    shared_interests: Array<string>;
    /**
     * The two met within the last ten minutes: nobody else is waiting.
     */
    met_before: boolean;
    /**
     * How much time there is to confirm.
     */
    confirm_within_ms: number;
    /**
     * Whether this call may use anything but a relay: the strictest policy of the two apps and the two people.
     * The server removes other addresses as they pass.
     */
    relay_policy: RelayPolicy;
    /**
     * Proves this side of this call to a server that has forgotten it: to be shown in the next `hello`.
     */
    grant: string;
    /**
     * To the callee: the offer that the caller had parked.
     */
    offer?: unknown;
    /**
     * To the caller: whether the other side got its parked offer with its match. Otherwise it is to be sent.
     */
    is_offered: boolean;
} | {
    "type": "begin";
    /**
     * The call.
     */
    call: CallId;
} | {
    "type": "offer";
    /**
     * The call.
     */
    call: CallId;
    /**
     * The side that sent it, set by the server.
     */
    from: Side;
    /**
     * As it was sent.
     */
    payload: unknown;
} | {
    "type": "answer";
    /**
     * The call.
     */
    call: CallId;
    /**
     * The side that sent it, set by the server.
     */
    from: Side;
    /**
     * As it was sent.
     */
    payload: unknown;
} | {
    "type": "candidates";
    /**
     * The call.
     */
    call: CallId;
    /**
     * The side that sent it, set by the server.
     */
    from: Side;
    /**
     * As they were sent.
     */
    payload: unknown[];
} | {
    "type": "restart";
    /**
     * The call.
     */
    call: CallId;
    /**
     * As it was sent.
     */
    after: number;
    /**
     * As it was sent.
     */
    replace: boolean;
    /**
     * As it was sent.
     */
    lost: boolean;
} | {
    "type": "sends";
    /**
     * The call.
     */
    call: CallId;
    /**
     * As it was sent.
     */
    picture: Picture;
    /**
     * As it was sent.
     */
    sound: boolean;
} | {
    "type": "peer";
    /**
     * The call.
     */
    call: CallId;
    /**
     * Whether it has one.
     */
    is_here: boolean;
} | {
    "type": "chat";
    /**
     * The call.
     */
    call: CallId;
    /**
     * The side that sent it, set by the server.
     */
    from: Side;
    /**
     * As it was sent.
     */
    text: string;
} | {
    "type": "end";
    /**
     * The call.
     */
    call: CallId;
    /**
     * Why.
     */
    cause: EndCause;
    /**
     * The side that caused the end; `null` if neither did, or it is not known.
     */
    by: Side | null;
    /**
     * Whether the recipient waits again, with the waiting time it had.
     */
    requeued: boolean;
} | {
    "type": "error";
    /**
     * Which error it is, for programs.
     */
    code: ErrorCode;
    /**
     * One sentence for people.
     */
    message: string;
    /**
     * When to try again, with `rate_limited`.
     */
    retry_after_ms?: number;
} | {
    "type": "stale";
    /**
     * Which watches; empty with `all`.
     */
    ids?: Array<number>;
    /**
     * All of them: the server does not know which.
     */
    all?: boolean;
    /**
     * `node.n`, as in the header `Callbox-Commit`: an answer of the same node with a lower `n` is from before.
     */
    commit: string;
} | {
    "type": "put";
    /**
     * The watch.
     */
    id: number;
    /**
     * As the header `ETag` of a `GET`.
     */
    etag: string;
    /**
     * The answer's body, at most 1 KB of JSON.
     */
    body: unknown;
    /**
     * As in `stale`.
     */
    commit: string;
} | {
    "type": "unwatched";
    /**
     * The watch, which is free again.
     */
    id: number;
    /**
     * `bad_request`: no such path can be watched; `forbidden`, `not_found`, `banned`, ...: as the `GET` would be
     * refused; `too_large`: one more than the most, or a path that is too long; `unavailable`: not by this server.
     */
    error: ErrorCode;
} | {
    "type": "ping";
} | {
    "type": "pong";
} | {
    "type": "ack";
} | {
    "type": "skipped";
} | {
    "type": "leave";
    /**
     * Why.
     */
    reason: LeaveReason;
    /**
     * The client's next step.
     */
    action: LeaveAction;
    /**
     * How long to wait before reconnecting.
     */
    after_ms?: number;
    /**
     * The details of the ban, with `banned`.
     */
    ban?: BanNotice;
};
export declare const SUBPROTOCOL = "callbox.v1";
export declare const FRAME_BYTES_MAX = 65536;
export declare const PARKED_BYTES_MAX = 16384;
export declare const CANDIDATES_MAX = 64;
export declare const CHAT_CHARS_MAX = 2000;
export declare const INTERESTS_MAX = 8;
export declare const INTEREST_CHARS_MAX = 32;
export declare const REPORT_NOTE_CHARS_MAX = 1000;
export declare const REPORT_LINES_MAX = 20;
export declare const REPORT_LINE_CHARS_MAX = 500;
export declare const EMAIL_CHARS_MAX = 254;
export declare const PASSWORD_CHARS_MIN = 8;
export declare const PASSWORD_CHARS_MAX = 256;
export declare const NAME_CHARS_MAX = 40;
export declare const BIO_CHARS_MAX = 500;
export declare const LANGUAGES_MAX = 8;
export declare const BAN_REASON_CHARS_MAX = 500;
export declare const WATCHES_MAX = 128;
export declare const WATCH_PATH_BYTES_MAX = 256;
export declare const RESUME_MS = 60000;
export declare const KEPT_BYTES_MAX = 65536;
export declare const ACK_FRAMES = 16;
export declare const ACK_BYTES = 16384;
export declare const CLOSE_BAD_FRAME = 4400;
export declare const CLOSE_UNAUTHENTICATED = 4401;
export declare const CLOSE_TIMEOUT = 4408;
export declare const CLOSE_SUPERSEDED = 4409;
export declare const CLOSE_GAP = 4410;
export declare const CLOSE_RATE_LIMITED = 4429;
export declare const CLOSE_SLOW_READER = 4430;
