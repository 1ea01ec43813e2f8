import Foundation
import Notifications
import Testing

/// A service that sends, looks and cancels, with its token.
struct SendingService: Sendable {
    let http: HTTPClient
    let token: String
    let id: UUID

    // MARK: Sending

    func post(_ outgoing: Outgoing, key: String? = nil) async throws -> HTTPAnswer {
        try await self.request("POST", "/api/notifications", outgoing, key.map { ["Idempotency-Key": $0] } ?? [:])
    }

    /// Posts one that has to be accepted.
    @discardableResult
    func send(
        _ outgoing: Outgoing, key: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Record {
        let answer = try await self.post(outgoing, key: key)
        try #require(answer.status == 202, "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        let record: Record = try answer.decode()
        #expect(answer.header("Location") == "/api/notifications/\(record.id)", sourceLocation: sourceLocation)
        return record
    }

    func postBatch(_ batch: [Outgoing]) async throws -> HTTPAnswer {
        try await self.request("POST", "/api/notifications/batch", batch)
    }

    func sendBatch(_ batch: [Outgoing]) async throws -> [BatchAnswer.Result] {
        let answer = try await self.postBatch(batch)
        try #require(answer.status == 200, "\(answer.status) \(answer.text)")
        return try answer.decode(BatchAnswer.self).results
    }

    // MARK: What was sent

    func get(_ id: String) async throws -> HTTPAnswer {
        try await self.request("GET", "/api/notifications/\(id)")
    }

    /// Asks until it is in that state, as long as it may take.
    func record(
        of id: String, in state: String, within limit: Duration = .seconds(20),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Record {
        let last = Shared<(text: String, record: Record?)>(("no answer", nil))
        try await require(
            "\(id) is \(state), but: \(last.value.text)", within: limit, sourceLocation: sourceLocation
        ) {
            let answer = try await self.get(id)
            let record: Record? = answer.status == 200 ? try answer.decode() : nil
            last.change { $0 = (answer.text, record) }
            return record?.state == state
        }
        return try #require(last.value.record)
    }

    /// The ids of what this query finds, page after page.
    func list(_ query: String) async throws -> [String] {
        struct Page: Decodable {
            let notifications: [Record]
            let nextCursor: String?

            enum CodingKeys: String, CodingKey {
                case notifications
                case nextCursor = "next_cursor"
            }
        }
        var ids: [String] = []
        var cursor: String?
        repeat {
            let answer = try await self.request(
                "GET", "/api/notifications?limit=100&\(query)\(cursor.map { "&cursor=\($0)" } ?? "")")
            try #require(answer.status == 200, "\(answer.status) \(answer.text)")
            let page: Page = try answer.decode()
            ids += page.notifications.map(\.id)
            cursor = page.nextCursor
        } while cursor != nil
        return ids
    }

    func cancel(_ id: String) async throws -> CancelDecision {
        let answer = try await self.delete(id)
        try #require(answer.status == 200, "\(answer.status) \(answer.text)")
        return try answer.decode()
    }

    func delete(_ id: String) async throws -> HTTPAnswer {
        try await self.request("DELETE", "/api/notifications/\(id)")
    }

    func reschedule(_ id: String, to schedule: Instant) async throws -> HTTPAnswer {
        try await self.request("PATCH", "/api/notifications/\(id)", ["schedule": schedule.description])
    }

    private func request(
        _ method: String, _ path: String, _ body: (any Encodable & Sendable)? = nil, _ headers: [String: String] = [:]
    ) async throws -> HTTPAnswer {
        try await self.http.send(
            method, path, headers: headers.merging(["Authorization": "Bearer \(self.token)"]) { $1 },
            body: body.map { try JSONEncoder().encode($0) })
    }
}
