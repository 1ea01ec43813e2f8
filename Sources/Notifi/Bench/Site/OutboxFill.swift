import Foundation
import Notifications
import Operations
import Postgres
import Wire

/// Rows for the outbox, made within Postgres, so that filling it takes little of what is measured.
struct OutboxFill: Sendable {
    private static let insert = """
        INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, payload)
        SELECT 0, gen_random_uuid(), clock_timestamp() + $1::float8 * interval '1 second', $2, 'user-' || n, 0,
            clock_timestamp(), ($3::bytea[])[1 + n % array_length($3::bytea[], 1)]
        FROM generate_series(1, $4::int8) AS n
        """

    private let service: UUID
    /// Of a few users, so that no partition of the topic gets all of it.
    private let payloads: [[UInt8]]

    init(service: UUID) throws {
        self.service = service
        let traffic = BenchTraffic(service: service)
        self.payloads = try (0..<64).map { number in
            try traffic.notification(number, due: .now, now: .now).encoded()
        }
    }

    /// - Parameter seconds: from now on until they are due; below 0: they were.
    func add(_ rows: Int, dueIn seconds: Double, on pool: PostgresPool) async throws {
        _ = try await pool.query(
            Self.insert,
            [.float8(seconds), .uuid(self.service), .byteaArray(self.payloads), .int8(Int64(rows))])
    }
}
