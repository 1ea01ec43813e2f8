import FoundationEssentials
import Notifications
import Operations
import Postgres
import Store
import Synchronization

/// The requests that each service token may make in a calendar minute.
///
/// Decided in memory, since accepting needs no Postgres (P4): exactly for one replica. Several tell each other what they
/// let through each time that tokens are read anew, so together they may go over a limit by what comes in within those
/// two seconds, and by more while Postgres is away.
final class TokenLimits: Sendable {
    /// For tokens without a limit of their own; 0 for none.
    private let fallback: Int
    private let replica = UUID()
    private let usage = Mutex(TokenUsage())

    init(fallback: Int) {
        self.fallback = fallback
    }

    /// - Returns: what is left; `nil` where this token has no limit.
    /// - Throws: `Problem`: 429 where less than `count` is left, 422 where it is more than a whole minute's. Nothing is
    ///   taken then.
    func spend(_ count: Int, of token: ServiceToken, at now: Instant = .now) throws -> RateLimit? {
        guard let limit = self.limit(of: token) else { return nil }
        guard count <= limit else { throw Self.neverFits(count, limit) }
        let (isGranted, left) = self.usage.withLock { $0.spend(count, of: token.id, limit: limit, at: now) }
        guard isGranted else { throw Self.refusal(of: count, left) }
        return left
    }

    /// Tells the other replicas what was let through here, and learns what they did. Without limited tokens nothing is
    /// asked.
    func share(_ tokens: some Sequence<ServiceToken>, on pool: PostgresPool) async throws {
        let limited = tokens.filter { self.limit(of: $0) != nil }.map(\.id)
        guard !limited.isEmpty else { return }
        let (minute, own) = self.usage.withLock { usage in
            usage.begin(at: .now)
            return (usage.minute, usage.own)
        }
        let others = try await ShareTokenUsage.run(
            of: limited.map { ($0, own[$0] ?? 0) }, in: minute, by: self.replica, on: pool)
        self.usage.withLock { $0.learn(others, of: minute) }
    }

    private func limit(of token: ServiceToken) -> Int? {
        token.requestsPerMinute.map(Int.init) ?? (self.fallback > 0 ? self.fallback : nil)
    }

    /// Waiting would not help.
    private static func neverFits(_ count: Int, _ limit: Int) -> Problem {
        .invalid(Faults([Fault("", .tooMany, "these are \(count), and the token has \(limit) a minute")]))
    }

    private static func refusal(of count: Int, _ left: RateLimit) -> Problem {
        let detail =
            count > 1
            ? "these are \(count), and \(left.remaining) of the token's \(left.quota) a minute are left; nothing was accepted"
            : "the token's \(left.quota) requests a minute are used up"
        return .tooManyRequests(detail: detail, limit: left)
    }
}
