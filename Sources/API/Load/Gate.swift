import CoreMetrics
import Hummingbird
import Operations
import Synchronization

/// Lets so much begin at once of one kind of work, and answers the rest with 503, at once and before it costs anything.
final class Gate: Sendable {
    private static let shed = Metric(
        "api_shed", help: "Requests that were refused since too much was under way, by kind of work and reason.")
    private static let underWay = Metric("api_under_way", help: "Requests under way, by kind of work.")
    private static let underWayBytes = Metric(
        "api_under_way_bytes", help: "Bytes of the bodies of those requests, by kind of work.")

    private let admission: Mutex<Admission>
    private let spreadSeconds: Int
    private let refusals: [Admission.Refusal: Counter]
    private let underWay: Gauge
    private let bytes: Gauge

    /// - Parameters:
    ///   - kind: as the metrics name it.
    ///   - spreadSeconds: within so many seconds those that are refused are to come back, each at a moment of its own.
    init(_ kind: String, _ admission: Admission, spreadSeconds: Int) {
        self.admission = Mutex(admission)
        self.spreadSeconds = max(1, spreadSeconds)
        self.refusals = Dictionary(
            uniqueKeysWithValues: Admission.Refusal.allCases.map {
                ($0, Self.shed.counter(("kind", kind), ("reason", $0.rawValue)))
            })
        self.underWay = Self.underWay.gauge(("kind", kind))
        self.bytes = Self.underWayBytes.gauge(("kind", kind))
    }

    /// - Parameter size: the bytes that it will hold.
    /// - Throws: `Problem`, 503, where too much is under way, and what `body` throws.
    nonisolated(nonsending) func admit<Answer>(
        _ size: Int = 0, _ body: nonisolated(nonsending) () async throws -> Answer
    ) async throws -> Answer {
        try self.begin(size)
        defer { self.end(size) }
        return try await body()
    }

    /// For what cannot be within a body of `admit`: who began ends, with the same size.
    ///
    /// - Throws: `Problem`, 503, where too much is under way; nothing has begun then.
    func begin(_ size: Int = 0) throws {
        guard let refusal = self.change({ $0.begin(size) }) else { return }
        self.refusals[refusal]?.increment()
        throw Problem.overloaded(retryAfterSeconds: Int.random(in: 1...self.spreadSeconds))
    }

    func end(_ size: Int = 0) {
        self.change { $0.end(size) }
    }

    /// The same route, but behind this gate.
    func limiting(
        _ handle: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) -> @Sendable (Request, APIContext) async throws -> Response {
        { request, context in try await self.admit { try await handle(request, context) } }
    }

    /// How many are under way.
    var requests: Int { self.admission.withLock { $0.requests } }

    private func change<Result: Sendable>(_ body: (inout Admission) -> Result) -> Result {
        self.admission.withLock { admission in
            let result = body(&admission)
            // Within the lock, so that the last to change it is the last to tell.
            self.underWay.record(admission.requests)
            self.bytes.record(admission.bytes)
            return result
        }
    }
}

extension Problem {
    static func overloaded(retryAfterSeconds: Int) -> Problem {
        Problem(
            .serviceUnavailable, code: "overloaded", title: "Too much at once",
            detail: "more is under way than can be answered in time; nothing of this was done",
            retryAfterSeconds: retryAfterSeconds)
    }
}
