import NIOCore
import Notifications
import Operations
import Postgres
import Store

/// The requests that are sent to an API, made before a load.
extension BenchSite {
    var traffic: BenchTraffic { BenchTraffic(service: self.service) }

    /// A POST for each of `count` users.
    func posts(_ count: Int = BenchTraffic.defaultUsers) -> @Sendable (Int) -> ByteBuffer {
        let requests = (0..<count).map { self.post(json: self.traffic.json($0)) }
        return { requests[$0 % count] }
    }

    /// Batches of `size` for different users.
    func batches(_ count: Int, of size: Int) -> @Sendable (Int) -> ByteBuffer {
        let requests = (0..<count).map { batch in
            let items = (0..<size).map { self.traffic.json(batch * size + $0) }
            return RequestBytes.post(
                "/api/notifications/batch", headers: self.serviceHeaders,
                json: "[\(items.joined(separator: ","))]")
        }
        return { requests[$0 % count] }
    }

    func post(json: String) -> ByteBuffer {
        RequestBytes.post("/api/notifications", headers: self.serviceHeaders, json: json)
    }

    private var serviceHeaders: [(String, String)] { [("authorization", "Bearer \(self.serviceToken)")] }

    /// The headers of so many users' sessions.
    func sessions(_ users: Int) async throws -> [(String, String)] {
        var headers: [(String, String)] = []
        for number in 0..<users { headers.append(try await self.session("user-\(number)")) }
        return headers
    }

    func session(_ user: String) async throws -> (String, String) {
        let token = try await UserToken.make(user: user, lifetime: .seconds(6 * 3_600), secret: self.sessionSecret)
        return ("authorization", "Bearer \(token)")
    }

    static func unread(_ session: (String, String), etag: String? = nil) -> ByteBuffer {
        RequestBytes.get(
            "/api/notifications/unread", headers: [session] + (etag.map { [("if-none-match", $0)] } ?? []))
    }

    /// Polls of an inbox that has not changed since these users looked at it, which they do here.
    func polls(_ sessions: [(String, String)], port: Int) async throws -> @Sendable (Int) -> ByteBuffer {
        let lanes = 8
        let parts = try await withThrowingTaskGroup(of: [(Int, ByteBuffer)].self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    try await HTTPDialogue.with(port: port) { dialogue in
                        var polls: [(Int, ByteBuffer)] = []
                        for number in stride(from: lane, to: sessions.count, by: lanes) {
                            let answer = try await dialogue.ask(Self.unread(sessions[number]))
                            guard answer.status == 200, let etag = answer.header("etag") else {
                                throw CommandFailure("an inbox is answered by \(answer.text.prefix(200))")
                            }
                            polls.append((number, Self.unread(sessions[number], etag: etag)))
                        }
                        return polls
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let requests = parts.sorted { $0.0 < $1.0 }.map(\.1)
        return { requests[$0 % requests.count] }
    }
}

extension BenchSite {
    /// `rows` delivered and unread notifications for each of so many users, as delivery would have written them.
    func fillInboxes(users: Int, rows: Int) async throws {
        let service = self.service
        try await self.withPool { pool in
            try await CreateInboxPartition.run(Week(of: .now), on: pool)
            _ = try await pool.query(
                """
                INSERT INTO inbox_heads (user_id, version)
                SELECT 'user-' || u, $2::int8 FROM generate_series(0, $1::int8 - 1) u
                """, [.int8(Int64(users)), .int8(Int64(rows))])
            _ = try await pool.query(
                """
                INSERT INTO inbox (user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled,
                    revision, accepted_at)
                SELECT 'user-' || u, gen_random_uuid(), clock_timestamp(), 'delivered', s, $3, 'status_change', 'normal',
                    $4, false, 0, clock_timestamp()
                FROM generate_series(1, $2::int8) s, generate_series(0, $1::int8 - 1) u
                """,
                [.int8(Int64(users)), .int8(Int64(rows)), .uuid(service), .text(BenchTraffic.message(1))])
            _ = try await pool.query("VACUUM ANALYZE inbox")
        }
    }
}
