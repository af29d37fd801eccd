//! What is read anew each time that somebody asks.
//!
//! A gauge may be unknown: without PostgreSQL there is no pool, and without a relay no allocation. Then it is left
//! out, and is not zero.

super::metrics! {
    /// A number that goes up and down.
    Gauge:

    "uptime" Seconds "Time since the start of the process." { Uptime }
    "ready" Count "Whether the database takes writes: 1, else 0." { Ready }
    "sockets" Count "WebSockets that are open." { Sockets }
    "sessions_open" Count "Signaling sessions that are open, with a socket or without one." { Sessions }
    "waiting" Count "Sessions that wait for a stranger or for the person they know." { Waiting }
    "proposed" Count "Matches that wait for both confirmations." { Proposed }
    "calls_running" Count "Calls that run." { Calls }
    "relay_allocations" Count "Allocations of the relay." { RelayAllocations }
    "relay_streams" Count "Connections of the relay by TCP and TLS." { RelayStreams }
    "pool_connections_max" Count "The most connections to PostgreSQL." { PoolMax }
    "pool_checked_out" Count "Connections to PostgreSQL that writes hold." { PoolCheckedOut }
    "pool_reading" Count "Reads from PostgreSQL that are under way, over connections that they share." { PoolReading }
    "pool_waiting" Count "Writes that wait for a connection to PostgreSQL." { PoolWaiting }
    "pool_wait_longest" Milliseconds "The longest wait for a connection to PostgreSQL since the start of the process." { PoolWaitMax }
    "pool_timed_out" Ratio "The share of waits for a connection to PostgreSQL that timed out, since the start of the process." { PoolTimedOut }
    "database_connect_failed" Ratio "The share of attempts to connect to PostgreSQL that failed, since the start of the process." { ConnectFailed }
    "postgres_connections" Count "Connections to PostgreSQL that it counts itself, other programs' included." { PostgresConnections }
    "postgres_connections_max" Count "The most connections that PostgreSQL takes (`max_connections`)." { PostgresConnectionsMax }
    "postgres_connections_used" Ratio "The share of PostgreSQL's connections that are in use, by all programs." { PostgresConnectionsUsed }
    "report_open" Seconds "Time since the oldest report came that nobody has decided on; zero without one." { ReportOpen }
    "write_queue" Count "Writes that wait for the database." { WriteQueue }
    "login_cache" Count "Logins that are kept in memory." { LoginCache }
    "cache_answers" Count "Answers that are kept in memory." { CacheAnswers }
    "watches" Count "Answers that sessions watch." { Watches }
    "cache" Bytes "Memory of the answers that are kept." { CacheBytes }
    "database" Bytes "The size of the embedded database." { DatabaseBytes }
    "database_log" Bytes "The size of the write-ahead log of the embedded database." { DatabaseLogBytes }
    "memory" Bytes "Memory of the process that is in RAM (resident set size)." { Memory }
    "open_files" Count "Files and sockets that the process has open." { OpenFiles }
    "open_files_max" Count "The most files and sockets that the process may have open." { OpenFilesMax }
    "disk_free" Bytes "Free space on the disk of the data folder." { DiskFree }
    "certificate_left" Days "Time until the certificate ends; negative once it has." { CertificateLeft }
    "backup_age" Seconds "Time since the last good backup." { BackupAge }
    "clock_drift" Milliseconds "How far the clock of the machine was moved since the start of the process, either way." { ClockDrift }
}
