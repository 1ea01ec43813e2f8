import Operations

/// How much the API lets begin at once. What is beyond is answered with 503 and `Retry-After`.
enum LoadSettings {
    static let connections = Setting<Int>(
        "http.connections", default: 20_000, range: 1...1_000_000,
        help: "Connections that are open at once; others wait in the system's queue. Each needs a file descriptor.")
    static let backlog = Setting<Int>(
        "http.backlog", default: 4_096, range: 1...65_535,
        help: "Connections that wait in the system's queue, where net.core.somaxconn allows so many.")
    static let sends = Setting<Int>(
        "http.sends-at-once", default: 256, range: 1...100_000,
        help: "POSTs of one notification that are under way at once, each with up to 64 KiB.")
    static let batches = Setting<Int>(
        "http.batches-at-once", default: 32, range: 1...100_000, help: "POSTs of batches that are under way at once.")
    static let batchMegabytes = Setting<Int>(
        "http.batch-megabytes-at-once", default: 64, range: 1...65_536,
        help: "MiB that the bodies of these have together; in memory they take several times as much.")
    static let queries = Setting<Int>(
        "http.queries-at-once", default: 64, range: 1...100_000,
        help: "Other requests of services that are under way at once, each with a query.")
    static let inboxQueries = Setting<Int>(
        "http.inbox-queries-at-once", default: 64, range: 1...100_000,
        help: "Requests of people that ask Postgres, or wait for it, at once.")
    static let inboxLookups = Setting<Int>(
        "http.inbox-lookups-waiting", default: 10_000, range: 1...1_000_000,
        help: "Polls that wait at once for whether anything changed; Postgres is asked for many in one query.")

    static let all: [any AnySetting] = [
        Self.connections, Self.backlog, Self.sends, Self.batches, Self.batchMegabytes, Self.queries, Self.inboxQueries,
        Self.inboxLookups,
    ]
}
