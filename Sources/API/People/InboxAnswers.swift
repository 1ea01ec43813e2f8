import HTTPTypes
import Hummingbird
import Notifications
import Operations
import Store
import Synchronization

/// What the answers about an inbox have in common: the `ETag` by which a client asks only for what changed, the pace at
/// which it is to ask, and how often it still may.
final class InboxAnswers: Sendable {
    static let policy = "inbox"

    private let versions: InboxVersions
    private let requestsPerMinute: Int
    private let gate: Gate
    private let pace: Mutex<PollPace>

    /// - Parameters:
    ///   - pollIntervalSeconds: without load.
    ///   - connections: how many requests Postgres answers at a time.
    ///   - gate: bounds how many wait for that.
    init(
        versions: InboxVersions, pollIntervalSeconds: Int, connections: Int, requestsPerMinute: Int, gate: Gate
    ) {
        self.versions = versions
        self.gate = gate
        self.requestsPerMinute = requestsPerMinute
        self.pace = Mutex(PollPace(baseSeconds: pollIntervalSeconds, connections: connections, at: .now))
    }

    /// Asks Postgres for a person, as part of the load.
    ///
    /// - Parameter body: is given how many requests a user has in a minute.
    /// - Throws: `Problem`, 503, where too many ask already, and what `body` throws.
    nonisolated(nonsending) func asking<Answer>(
        _ body: nonisolated(nonsending) (_ requestsPerMinute: Int) async throws -> Answer
    ) async throws -> Answer {
        try self.begin()
        defer { self.end() }
        return try await body(self.requestsPerMinute)
    }

    /// For what cannot be within a body of `asking`: who began ends.
    ///
    /// - Throws: `Problem`, 503, where too many ask already; nothing has begun then.
    func begin() throws {
        try self.gate.begin()
        self.pace.withLock { $0.began(at: .now) }
    }

    func end() {
        self.pace.withLock { $0.ended(at: .now) }
        self.gate.end()
    }

    private nonisolated(nonsending) func counted<Answer>(
        _ body: nonisolated(nonsending) () async throws -> Answer
    ) async rethrows -> Answer {
        self.pace.withLock { $0.began(at: .now) }
        defer { self.pace.withLock { $0.ended(at: .now) } }
        return try await body()
    }

    /// - Returns: a 304 where the client has what there is, which is not counted; `nil` where it has to be told.
    func notModified(_ request: Request, for person: Person) async throws -> Response? {
        guard let known = request.headers[.ifNoneMatch] else { return nil }
        let version = try await self.counted { try await self.versions.version(of: person) }
        return self.confirmed(known, version, of: person).map(Response.init)
    }

    /// What memory alone tells of the inbox that a client knows.
    enum Memory {
        /// The 304.
        case unchanged(Answer)
        case changed
        /// Postgres has to be asked for the version.
        case unknown
    }

    /// - Parameter known: the `If-None-Match`.
    func compareAtOnce(_ known: String, for person: Person) -> Memory {
        guard let version = self.versions.known(of: person) else { return .unknown }
        self.versions.countKnown()
        return self.confirmed(known, version, of: person).map(Memory.unchanged) ?? .changed
    }

    private func confirmed(_ known: String, _ version: Int64, of person: Person) -> Answer? {
        let etag = Self.etag(version, of: person, at: .now)
        guard Self.matches(known, etag) else { return nil }
        return Answer(.notModified, self.common + [.eTag: etag])
    }

    /// Of a page that is true for this version. Postgres may have been faster than the tail, and whoever has the page is
    /// then not to be sent it again.
    func headers(version: Int64, of person: Person, _ allowance: RequestAllowance) -> HTTPFields {
        self.versions.changed(person.key, version: version)
        return self.headers(allowance) + [.eTag: Self.etag(version, of: person, at: .now)]
    }

    /// Of any answer that was counted.
    func headers(_ allowance: RequestAllowance) -> HTTPFields { self.common + RateLimit(allowance).fields }

    private var common: HTTPFields {
        [
            .pollInterval: String(self.pace.withLock { $0.seconds(at: .now) }), .cacheControl: "private, no-cache",
            .vary: "Authorization, Cookie",
        ]
    }

    /// The user is in it, so that a browser that changes hands never takes one person's page for another's. And the day
    /// (UTC): what retention takes away changes no version, and nobody is to be told for ever that it is still there.
    static func etag(_ version: Int64, of person: Person, at now: Instant) -> String {
        "\"\(version)-\(person.tag).\(now.microseconds / 86_400_000_000)\""
    }

    /// `If-None-Match` by weak comparison (RFC 9110 section 13.1.2).
    static func matches(_ header: String, _ etag: String) -> Bool {
        if header == etag { return true }
        return header.split(separator: ",").contains { part in
            let candidate = part.trimmed
            return candidate == "*" || candidate == etag || candidate == "W/\(etag)"
        }
    }
}

extension RateLimit {
    init(_ allowance: RequestAllowance) {
        self.init(
            policy: InboxAnswers.policy, quota: allowance.limit, windowSeconds: 60, remaining: allowance.left,
            resetSeconds: allowance.secondsLeft)
    }
}
