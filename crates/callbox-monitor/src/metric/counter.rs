//! What is counted since the start of the process.
//!
//! A counter goes up only, and begins at zero with each process. Most are added to where the thing happens; those
//! that another part counts by itself (the relay, the pool of connections) are read from there when somebody asks.

super::metrics! {
    /// A number that only goes up while the process runs.
    Counter:

    "http_requests" Count "HTTP requests that were answered, by the access rule of the route and the class of the status." {
        HttpPublic1xx ["access" = "public", "status" = "1xx"],
        HttpPublic2xx ["access" = "public", "status" = "2xx"],
        HttpPublic3xx ["access" = "public", "status" = "3xx"],
        HttpPublic4xx ["access" = "public", "status" = "4xx"],
        HttpPublic5xx ["access" = "public", "status" = "5xx"],
        HttpAnyone1xx ["access" = "anyone", "status" = "1xx"],
        HttpAnyone2xx ["access" = "anyone", "status" = "2xx"],
        HttpAnyone3xx ["access" = "anyone", "status" = "3xx"],
        HttpAnyone4xx ["access" = "anyone", "status" = "4xx"],
        HttpAnyone5xx ["access" = "anyone", "status" = "5xx"],
        HttpLogin1xx ["access" = "login", "status" = "1xx"],
        HttpLogin2xx ["access" = "login", "status" = "2xx"],
        HttpLogin3xx ["access" = "login", "status" = "3xx"],
        HttpLogin4xx ["access" = "login", "status" = "4xx"],
        HttpLogin5xx ["access" = "login", "status" = "5xx"],
        HttpStaff1xx ["access" = "staff", "status" = "1xx"],
        HttpStaff2xx ["access" = "staff", "status" = "2xx"],
        HttpStaff3xx ["access" = "staff", "status" = "3xx"],
        HttpStaff4xx ["access" = "staff", "status" = "4xx"],
        HttpStaff5xx ["access" = "staff", "status" = "5xx"],
        HttpBackend1xx ["access" = "backend", "status" = "1xx"],
        HttpBackend2xx ["access" = "backend", "status" = "2xx"],
        HttpBackend3xx ["access" = "backend", "status" = "3xx"],
        HttpBackend4xx ["access" = "backend", "status" = "4xx"],
        HttpBackend5xx ["access" = "backend", "status" = "5xx"],
    }
    "rate_limited" Count "Requests that were refused since their caller asked too often, by the class of the limit." {
        RateLimitedRead ["class" = "read"],
        RateLimitedWrite ["class" = "write"],
        RateLimitedGuest ["class" = "guest"],
        RateLimitedCostly ["class" = "costly"],
        RateLimitedBackend ["class" = "backend"],
    }
    "log_lines" Count "Warnings and errors that the server logged, by level and by the crate that they come from." {
        LogWarnServer ["level" = "warn", "origin" = "server"],
        LogWarnStore ["level" = "warn", "origin" = "store"],
        LogWarnMedia ["level" = "warn", "origin" = "media"],
        LogWarnOther ["level" = "warn", "origin" = "other"],
        LogErrorServer ["level" = "error", "origin" = "server"],
        LogErrorStore ["level" = "error", "origin" = "store"],
        LogErrorMedia ["level" = "error", "origin" = "media"],
        LogErrorOther ["level" = "error", "origin" = "other"],
    }
    "connections" Count "Connections that arrived at a listener." {
        ConnectionsAccepted ["result" = "accepted"],
        ConnectionsRefused ["result" = "refused"],
        ConnectionsFailed ["result" = "failed"],
    }
    "sockets_opened" Count "WebSockets that were opened." { SocketsOpened }
    "sockets_ended" Count "WebSockets that ended, by the reason." {
        SocketsEndedBye ["reason" = "bye"],
        SocketsEndedPageGone ["reason" = "page_gone"],
        SocketsEndedLost ["reason" = "lost"],
        SocketsEndedSilent ["reason" = "silent"],
        SocketsEndedMisuse ["reason" = "misuse"],
        SocketsEndedFull ["reason" = "full"],
        SocketsEndedUnknown ["reason" = "unauthenticated"],
        SocketsEndedByServer ["reason" = "server"],
        SocketsEndedFault ["reason" = "fault"],
    }
    "sessions" Count "Hellos that were answered, by whether the session began or continued." {
        SessionsBegun ["hello" = "new"],
        SessionsRecovered ["hello" = "recovered"],
    }
    "frames" Count "Signaling frames, by direction." {
        FramesReceived ["direction" = "in"],
        FramesSent ["direction" = "out"],
    }
    "matches" Count "Matches of two people, and calls that were taken over from the last process or restored by a grant." { Matches }
    "calls" Count "Calls that ended, by what became of them." {
        CallsSuccess ["outcome" = "success"],
        CallsFailure ["outcome" = "failure"],
        CallsLeft ["outcome" = "left"],
        CallsDenied ["outcome" = "denied"],
        CallsUnconfirmed ["outcome" = "unconfirmed"],
    }
    "call_ends" Count "Calls that ended, by the cause of the end." {
        CallEndsHangup ["cause" = "hangup"],
        CallEndsNext ["cause" = "next"],
        CallEndsUnconfirmed ["cause" = "unconfirmed"],
        CallEndsDeclined ["cause" = "declined"],
        CallEndsBlocked ["cause" = "blocked"],
        CallEndsPeerLost ["cause" = "peer_lost"],
        CallEndsLeft ["cause" = "left"],
        CallEndsMediaFailed ["cause" = "media_failed"],
        CallEndsMediaLost ["cause" = "media_lost"],
        CallEndsMediaDenied ["cause" = "media_denied"],
    }
    "call_failures" Count "Calls that failed or were dropped, by the one cause that was found." {
        CallFailuresUnconfirmed ["cause" = "unconfirmed"],
        CallFailuresPermissionDenied ["cause" = "permission_denied"],
        CallFailuresNoOffer ["cause" = "no_offer"],
        CallFailuresNoAnswer ["cause" = "no_answer"],
        CallFailuresNoCandidates ["cause" = "no_candidates"],
        CallFailuresUdpBlocked ["cause" = "udp_blocked"],
        CallFailuresRelayRefused ["cause" = "relay_refused"],
        CallFailuresRelayUnreachable ["cause" = "relay_unreachable"],
        CallFailuresIceFailed ["cause" = "ice_failed"],
        CallFailuresDtlsFailed ["cause" = "dtls_failed"],
        CallFailuresNoFirstFrame ["cause" = "no_first_frame"],
        CallFailuresPathDied ["cause" = "path_died"],
        CallFailuresPageGone ["cause" = "page_gone"],
        CallFailuresSignalingLost ["cause" = "signaling_lost"],
        CallFailuresServerRestarted ["cause" = "server_restarted"],
        CallFailuresTooSlow ["cause" = "too_slow"],
        CallFailuresUnknown ["cause" = "unknown"],
    }
    "sign_ins" Count "Logins that were made, by the way." {
        SignInsGuest ["way" = "guest"],
        SignInsPassword ["way" = "password"],
        SignInsMail ["way" = "mail"],
        SignInsOidc ["way" = "oidc"],
        SignInsSetup ["way" = "setup"],
    }
    "sign_ins_failed" Count "Attempts to sign in that proved nothing, by the way." {
        SignInsFailedGuest ["way" = "guest"],
        SignInsFailedPassword ["way" = "password"],
        SignInsFailedMail ["way" = "mail"],
        SignInsFailedOidc ["way" = "oidc"],
        SignInsFailedSetup ["way" = "setup"],
    }
    "security_events" Count "Lines of the security log other than sign-ins, by their event." {
        SecurityProofFailed ["event" = "proof_failed"],
        SecurityGuessesSlowed ["event" = "guesses_slowed"],
        SecurityBannedRefused ["event" = "banned_refused"],
        SecurityAccessRefused ["event" = "access_refused"],
        SecuritySignedOut ["event" = "signed_out"],
        SecurityRightsChanged ["event" = "rights_changed"],
        SecurityBans ["event" = "bans"],
        SecurityLinks ["event" = "links"],
        SecurityLinksRefused ["event" = "links_refused"],
        SecurityCredentialsChanged ["event" = "credentials_changed"],
        SecurityAccountsDeleted ["event" = "account_deleted"],
        SecuritySilences ["event" = "alert_silences"],
    }
    "mails" Count "Mails, by what became of them: a mail that waits for another try counts each time." {
        MailsSent ["result" = "sent"],
        MailsWritten ["result" = "written"],
        MailsRefused ["result" = "refused"],
        MailsDeferred ["result" = "deferred"],
        MailsLost ["result" = "lost"],
    }
    "reports" Count "Reports of people about others." { Reports }
    "store_failures" Count "Requests and hellos that the store could not serve, by the cause." {
        StoreBusy ["cause" = "busy"],
        StoreFull ["cause" = "full"],
        StoreUnavailable ["cause" = "unavailable"],
        StoreFault ["cause" = "fault"],
    }
    "database_connections" Count "Attempts to connect to PostgreSQL, by their result." {
        DatabaseConnected ["result" = "connected"],
        DatabaseConnectFailed ["result" = "failed"],
    }
    "database_waits" Count "Waits for a connection to PostgreSQL, by their result." {
        DatabaseWaitsServed ["result" = "served"],
        DatabaseWaitsTimedOut ["result" = "timed_out"],
    }
    "database_wait" Milliseconds "Time that was spent in waits for a connection to PostgreSQL, all together." { DatabaseWait }
    "database_statements" Count "Statements that the database ran." { DatabaseStatements }
    "cache_questions" Count "Requests to routes whose answers are kept, by what served them: a kept answer, another's read at the same time, or a read of their own." {
        CacheHit ["by" = "kept"],
        CacheShared ["by" = "shared"],
        CacheRead ["by" = "read"],
    }
    "cache_not_modified" Count "Requests that were answered with 304." { CacheNotModified }
    "cache_evicted" Count "Kept answers that left for others." { CacheEvicted }
    "cache_reads_avoided" Count "Statements that the database was not asked, since an answer was kept." { CacheReadsAvoided }
    "relay_allocated" Count "Allocations that the relay made." { RelayAllocated }
    "relay_packets" Count "Packets that the relay forwarded, by direction: out is from a client to a peer." {
        RelayPacketsOut ["direction" = "out"],
        RelayPacketsIn ["direction" = "in"],
    }
    "relay" Bytes "Bytes of payload that the relay forwarded, by direction: out is from a client to a peer." {
        RelayBytesOut ["direction" = "out"],
        RelayBytesIn ["direction" = "in"],
    }
    "relay_direct_packets" Count "Packets that went directly to the other side of the call; counted in both directions too." { RelayPacketsDirect }
    "relay_unsent_packets" Count "Packets that the operating system did not take from the relay." { RelayPacketsUnsent }
    "relay_overflowed_packets" Count "UDP datagrams of the whole machine that found no room in the buffer of a socket." { RelayOverflowed }
    "relay_dropped_packets" Count "Packets that the relay did not forward, by the reason." {
        RelayDroppedGarbage ["reason" = "garbage"],
        RelayDroppedNoAllocation ["reason" = "no_allocation"],
        RelayDroppedNoCall ["reason" = "no_call"],
        RelayDroppedNoPermission ["reason" = "no_permission"],
        RelayDroppedNoChannel ["reason" = "no_channel"],
        RelayDroppedForbidden ["reason" = "forbidden_peer"],
        RelayDroppedOverShare ["reason" = "over_share"],
        RelayDroppedUnproven ["reason" = "unproven"],
    }
    "relay_refused" Count "Requests that the relay refused, by the reason." {
        RelayRefusedBadRequest ["reason" = "bad_request"],
        RelayRefusedUnauthenticated ["reason" = "unauthenticated"],
        RelayRefusedForbidden ["reason" = "forbidden"],
        RelayRefusedUnknownAttribute ["reason" = "unknown_attribute"],
        RelayRefusedMismatch ["reason" = "allocation_mismatch"],
        RelayRefusedStaleNonce ["reason" = "stale_nonce"],
        RelayRefusedNoSuchFamily ["reason" = "no_such_family"],
        RelayRefusedWrongCredentials ["reason" = "wrong_credentials"],
        RelayRefusedTransport ["reason" = "transport"],
        RelayRefusedOtherFamily ["reason" = "other_family"],
        RelayRefusedQuota ["reason" = "quota"],
        RelayRefusedCapacity ["reason" = "capacity"],
    }
    "ice_services" Count "Questions to hosted TURN services, by their result." {
        IceServicesAnswered ["result" = "answered"],
        IceServicesFailed ["result" = "failed"],
    }
    "certificate_orders" Count "Orders of a certificate, by their result." {
        CertificateOrdersMade ["result" = "made"],
        CertificateOrdersFailed ["result" = "failed"],
    }
    "backups" Count "Backups of the embedded database, by their result." {
        BackupsMade ["result" = "made"],
        BackupsFailed ["result" = "failed"],
    }
    "sweeps" Count "Sweeps of rows that nobody needs, by their result." {
        SweepsDone ["result" = "done"],
        SweepsFailed ["result" = "failed"],
    }
    "disk_refused" Count "Guests and attributes that were refused since the disk was nearly full." { DiskRefused }
    "beacons" Count "Beacons of browsers, by what became of them." {
        BeaconsAccepted ["result" = "accepted"],
        BeaconsMalformed ["result" = "malformed"],
        BeaconsTooLarge ["result" = "too_large"],
        BeaconsLimited ["result" = "limited"],
        BeaconsForeign ["result" = "foreign"],
        BeaconsDuplicate ["result" = "duplicate"],
        BeaconsBot ["result" = "bot"],
        BeaconsShed ["result" = "shed"],
    }
    "beacon_values" Count "Values in beacons that were not taken as they came." {
        BeaconValuesDropped ["result" = "dropped"],
        BeaconValuesClocks ["result" = "clock"],
    }
    "beacon_capped" Count "Names in beacons that counted as `other` since there were too many, by the kind of name." {
        BeaconCappedRoute ["kind" = "route"],
        BeaconCappedRelease ["kind" = "release"],
        BeaconCappedError ["kind" = "error"],
        BeaconCappedEvent ["kind" = "event"],
    }
    "page_views" Count "Page views that browsers reported, by the kind of navigation." {
        PageViewsHard ["navigation" = "hard"],
        PageViewsSoft ["navigation" = "soft"],
    }
    "page_views_failed" Count "Page views in which an error happened, each once." { PageViewsFailed }
    "visits" Count "Visits that browsers reported." { Visits }
    "visible_time" Milliseconds "For how long pages were seen, as browsers reported: all views together." { VisibleTime }
    "browser_errors" Count "Errors that browsers reported, by their kind." {
        BrowserErrorsUncaught ["kind" = "uncaught"],
        BrowserErrorsRejection ["kind" = "rejection"],
        BrowserErrorsResource ["kind" = "resource"],
        BrowserErrorsSdk ["kind" = "sdk"],
        BrowserErrorsMedia ["kind" = "media"],
    }
    "feature_events" Count "Uses of features that browsers reported." { FeatureEvents }
    "reported_calls" Count "Calls of other apps that browsers reported, by what became of them." {
        ReportedCallsSuccess ["outcome" = "success"],
        ReportedCallsFailure ["outcome" = "failure"],
        ReportedCallsDropped ["outcome" = "dropped"],
        ReportedCallsLeft ["outcome" = "left"],
        ReportedCallsDenied ["outcome" = "denied"],
        ReportedCallsOther ["outcome" = "other"],
    }
    "complaints" Count "Complaints that apps reported by the monitor." { Complaints }
    "probes" Count "The own probes of whether the server does its work, by their result." {
        ProbesUp ["result" = "up"],
        ProbesDown ["result" = "down"],
    }
    "alerts" Count "Notices of alerts, by whether the rule fires or is well again." {
        AlertsFired ["state" = "fires"],
        AlertsCleared ["state" = "clears"],
    }
    "monitor_dropped" Count "Samples that the monitor did not keep since its memory for a minute was full." { MonitorDropped }
}
