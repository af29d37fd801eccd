/**
 * Milliseconds since the Unix epoch.
 */
export type UnixMillis = number;
/**
 * A person, as far as we know one: a guest today, perhaps an account tomorrow.
 */
export type UserId = string;
/**
 * One proof of who somebody is: a token in one browser (or in one tab).
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
 * Why a request or a frame was refused. Codes are never renamed; a new cause gets a new code.
 */
export type ErrorCode = "bad_request" | "unauthenticated" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "too_large" | "unsupported_media_type" | "rate_limited" | "age_unanswered" | "busy" | "not_in_call" | "invite_invalid" | "internal" | "unavailable";
/**
 * The answer to the age question, asked once. A hard partition of random matching.
 */
export type AgeClass = "adult" | "minor";
/**
 * The caller's own user.
 */
export type User = {
    /**
     * Who this is.
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
     * The login's token: 256 bits, base64url. `null` where an `HttpOnly` cookie was set instead, which is so for
     * the page's own origin unless the server runs on loopback, where each tab is a guest of its own.
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
     * 128 bits, base64url: whoever has it may take the second seat.
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
     * What to name when you ask the operator about it.
     */
    request_id: string;
    /**
     * When to try again, with `rate_limited` and `unavailable`.
     */
    retry_after_ms?: number;
};
/**
 * `GET /v1/stats`, for the operator: what happens now, and what became of the calls since the start.
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
     * How calls went lately.
     */
    recent: RecentCalls;
    /**
     * The relay; `null` where there is none.
     */
    relay: RelayStats | null;
};
/**
 * Calls on record, counted by what became of them.
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
     * Successes among successes and failures, in percent; `null` where there are none.
     */
    success_percent: number | null;
    /**
     * Calls that broke after both had seen each other: no path any more, or somebody gone without a word.
     */
    dropped: number;
    /**
     * Calls by how they ended.
     */
    causes: {
        [key in EndCause]?: number;
    };
    /**
     * Calls by the most indirect kind of address on their way, where a browser told.
     */
    paths: {
        [key in CandidateKind]?: number;
    };
    /**
     * How long the steps of the set-up took.
     */
    setup: Setup;
    /**
     * How it was for those who told.
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
     * Until a side decoded the first frame of the other; both sides count.
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
 * Summaries of sides that told how their call was.
 */
export type RecentQuality = {
    /**
     * How many there are.
     */
    summaries: number;
    /**
     * The mean score, 0 to 95; `null` where there are none.
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
     * Packets that went straight across to the call's other side; counted above too, on either side.
     */
    across_packets: number;
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
 * `PUT /v1/calls/{call}/rating`: how the call was, to the one who asks. A second rating replaces the first.
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
     * What it is about.
     */
    reason: ReportReason;
    /**
     * In the person's own words, 1,000 characters at most.
     */
    note?: string;
    /**
     * The chat's last lines, 20 at most, where the person agreed to send them.
     */
    lines?: Array<ReportLine>;
};
/**
 * Why somebody is reported.
 */
export type ReportReason = "nudity" | "harassment" | "hate" | "violence" | "underage" | "spam" | "other";
/**
 * A line of a call's chat, as the one who reports saw it.
 */
export type ReportLine = {
    /**
     * Who wrote it.
     */
    from: Side;
    /**
     * The text, 500 characters at most.
     */
    text: string;
};
/**
 * One of the two seats of a call. The caller makes the offer; the callee is the polite side, which gives
 * way when two offers cross (the "perfect negotiation" pattern of the `WebRTC` specification, 1.0, section 10.7).
 */
export type Side = "caller" | "callee";
/**
 * Why two people are in a call with each other.
 */
export type CallKind = "random" | "invite";
/**
 * How a call ended. `next` and `hangup` are no failures.
 */
export type EndCause = "hangup" | "next" | "unconfirmed" | "declined" | "blocked" | "peer_lost" | "media_failed" | "media_lost" | "media_denied";
/**
 * What a client may give as the cause when it ends a call.
 */
export type LeaveCause = "hangup" | "media_failed" | "media_lost" | "media_denied";
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
 * Why the server asks a client to leave.
 */
export type LeaveReason = "shutdown" | "full" | "misuse" | "superseded" | "duplicate";
/**
 * What a client should do after a `leave`.
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
     * Who we are to a TURN server.
     */
    username?: string;
    /**
     * The TURN password.
     */
    credential?: string;
};
/**
 * Whether two people in a call learn each other's address.
 */
export type RelayPolicy = "auto" | "always" | "until-both-stay";
/**
 * The numbers of a frame, beside its `type`. Each side counts its own frames of one session from 1; `hello`,
 * `ping`, `pong`, `ack` and `leave` are not counted, since they mean nothing on another socket.
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
 * What a client remembers of the session it would like to go on with.
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
 * What a session is doing, for a client that may have missed the frames which said so.
 */
export type Snapshot = {
    "state": "idle";
} | {
    "state": "queued";
    /**
     * For a stranger, or for the other seat of an invite.
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
};
/**
 * The first frame of a client, within 5 s of the upgrade.
 */
export type ClientHello = {
    /**
     * The session to go on with.
     */
    resume?: Resume;
    /**
     * The grant of the call that the client is in, from its `match`: where the server has forgotten the call,
     * this restores it.
     */
    grant?: string;
    /**
     * The login's token; left out where the page's cookie came with the upgrade.
     */
    token?: string;
};
/**
 * Wait for a stranger.
 */
export type Seek = {
    /**
     * What the person would like to talk about, at most 8 of at most 32 characters each.
     */
    interests?: Array<string>;
};
/**
 * Take a seat of an invite and wait for the other.
 */
export type Join = {
    /**
     * The invite's code.
     */
    invite: string;
};
/**
 * A frame about a call that says nothing more: `confirm`, `decline`.
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
     * An `RTCSessionDescriptionInit`, or whatever the two SDKs agree on.
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
     * What happened just now.
     */
    stage: Stage;
    /**
     * The selected candidate pair, where the browser tells.
     */
    path?: Path;
    /**
     * How long DTLS took after ICE, with `connected`, where the browser tells. By the client's clock.
     */
    dtls_ms?: number;
};
/**
 * How a call is going, in a word.
 */
export type QualityLevel = "excellent" | "good" | "poor" | "disconnected";
/**
 * How a call was, for one side, from the connection to the end. Means are over its seconds.
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
     * The mean of what came.
     */
    received_kbps: number;
    /**
     * The mean of what was sent.
     */
    sent_kbps: number;
    /**
     * How often the picture froze.
     */
    freezes: number;
    /**
     * For how long altogether.
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
 * How a call is going, for one side.
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
     * Packets of the other side that were lost, of a thousand.
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
 * What a client sends.
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
    "type": "offer";
} & Description) | ({
    "type": "answer";
} & Description) | ({
    "type": "candidates";
} & Candidates) | ({
    "type": "chat";
} & Chat) | ({
    "type": "progress";
} & Progress) | ({
    "type": "quality";
} & Quality) | ({
    "type": "sample";
} & Sample) | ({
    "type": "end";
} & End) | {
    "type": "pong";
} | {
    "type": "ack";
};
/**
 * What the server sends.
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
     * The last frame of the client that the server has: whatever came after is to be sent again.
     */
    ack: number;
    /**
     * What the session is doing.
     */
    snapshot: Snapshot;
    /**
     * Who the server takes the client for.
     */
    user: User;
    /**
     * For the browser's peer connection.
     */
    ice_servers: Array<IceServer>;
    /**
     * Whether that connection may use anything but a relay. The server takes other addresses out on their way.
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
    "type": "reveal";
    /**
     * The call.
     */
    call: CallId;
} | {
    "type": "queued";
    /**
     * For a stranger, or for the other seat of an invite.
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
     * The recipient's seat.
     */
    you: Side;
    /**
     * The side that gives way when two offers cross.
     */
    polite: Side;
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
     * Proves this seat of this call to a server that has forgotten it: to be shown in the next `hello`.
     */
    grant: string;
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
     * Who sent it, set by the server.
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
     * Who sent it, set by the server.
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
     * Who sent it, set by the server.
     */
    from: Side;
    /**
     * As they were sent.
     */
    payload: unknown[];
} | {
    "type": "chat";
    /**
     * The call.
     */
    call: CallId;
    /**
     * Who sent it, set by the server.
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
     * Whose doing it was; `null` where it was nobody's, or not known.
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
    "type": "ping";
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
     * What to do then.
     */
    action: LeaveAction;
    /**
     * How long to wait before coming back.
     */
    after_ms?: number;
};
export declare const SUBPROTOCOL = "callbox.v1";
export declare const FRAME_BYTES_MAX = 65536;
export declare const CANDIDATES_MAX = 64;
export declare const CHAT_CHARS_MAX = 2000;
export declare const INTERESTS_MAX = 8;
export declare const INTEREST_CHARS_MAX = 32;
export declare const REPORT_NOTE_CHARS_MAX = 1000;
export declare const REPORT_LINES_MAX = 20;
export declare const REPORT_LINE_CHARS_MAX = 500;
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
