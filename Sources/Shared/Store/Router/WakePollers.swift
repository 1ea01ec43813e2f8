public import Notifications
internal import Postgres

/// Tells the pollers that something of these shards is due earlier than they may be waiting for.
public enum WakePollers {
    /// The channel that pollers listen on. A payload is the `Wake` as text.
    public static let channel = "notifi_outbox"

    private static let sql = "SELECT pg_notify($1, $2)"

    /// A payload has fewer than 8,000 bytes; one shard takes at most 33.
    private static let shardsAPayload = 240

    /// Within a transaction it is sent at its commit. One for a batch, but for a great many shards: each takes a lock
    /// that all commits share.
    public static func run(_ wake: Wake, on store: some Querying) async throws {
        var rest = wake.earliest.sorted { $0.key < $1.key }[...]
        while !rest.isEmpty {
            let part = Wake(
                earliest: Dictionary(uniqueKeysWithValues: rest.prefix(Self.shardsAPayload).map { ($0, $1) }))
            _ = try await store.query(
                PostgresStatement(Self.sql, [.text(Self.channel), .text(part.description)]))
            rest = rest.dropFirst(Self.shardsAPayload)
        }
    }
}

/// The earliest due time that a batch brought to each shard: `0:1790000000000000,1:…`.
public struct Wake: Sendable, Hashable, CustomStringConvertible {
    public let earliest: [Int32: Instant]

    public init(earliest: [Int32: Instant]) {
        self.earliest = earliest
    }

    /// The earliest of each shard among these; `nil` where none is due before `horizon`. Later ones need no wake-up:
    /// pollers look again within a second anyhow.
    public init?(of rows: [(shard: Int32, dueAt: Instant)], before horizon: Instant) {
        let soon = rows.filter { $0.dueAt < horizon }
        guard !soon.isEmpty else { return nil }
        self.earliest = soon.reduce(into: [:]) { $0[$1.shard] = min($0[$1.shard] ?? $1.dueAt, $1.dueAt) }
    }

    /// `nil` for what `description` cannot have written.
    public init?(_ text: String) {
        var earliest: [Int32: Instant] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", omittingEmptySubsequences: false)
            guard pair.count == 2, let shard = Int32(pair[0]), let time = Int64(pair[1]) else { return nil }
            earliest[shard] = Instant(microseconds: time)
        }
        self.earliest = earliest
        guard self.description == text else { return nil }
    }

    public var description: String {
        self.earliest.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.microseconds)" }.joined(separator: ",")
    }
}
