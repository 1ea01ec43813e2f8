import FoundationEssentials
import Hummingbird
import HummingbirdCore
import Notifications
import Postgres
import Store

/// `GET /api/notifications`: what this service sent, newest first.
struct ListRoute: Sendable {
    static let defaultLimit = 20
    static let largestLimit = 100
    static let largestOffset = 10_000

    let access: ServiceAccess
    let sent: Sent

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.read, of: request, in: context)
        var query = try Self.query(request.uri)
        // One more than asked for tells whether there is a next page.
        let limit = query.limit
        query.limit += 1
        let rows = try await self.sent.pool.withConnection { [query] connection in
            try await ListSent.run(query, of: token.service, reading: Sent.read, on: connection)
        }
        let page = rows.prefix(limit)
        return try Response(
            json: Page(
                notifications: page.map {
                    NotificationView(id: $0.place.id, state: $0.state, userID: $0.userID, $0.notification)
                },
                nextCursor: rows.count > limit ? page.last.map { Cursor.text($0.place) } : nil))
    }

    struct Page: Encodable {
        let notifications: [NotificationView]
        let nextCursor: String?

        enum CodingKeys: String, CodingKey {
            case notifications
            case nextCursor = "next_cursor"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(self.notifications, forKey: .notifications)
            try container.encode(self.nextCursor, forKey: .nextCursor)
        }
    }

    /// - Throws: `Problem`, 422, that names every parameter that is wrong.
    static func query(_ uri: URI) throws -> ListSent.Query {
        var parameters = QueryReader(uri)
        let limit = parameters.integer("limit", in: 1...Self.largestLimit) ?? Self.defaultLimit
        let offset = parameters.integer("offset", in: 0...Self.largestOffset)
        let cursor = parameters.value("cursor") { Cursor.place($0) }
        let status = parameters.value("status") { text in
            State(text).flatMap { $0 == .accepted || $0 == .claimed ? nil : text }
        }
        let withDeleted = parameters.value("deleted") { ["true": true, "false": false][$0] }
        let user = parameters.value("user_id") { $0.isEmpty || $0.contains("\0") ? nil : $0 }
        if offset != nil, cursor != nil { parameters.fault("offset", "give offset or cursor, not both") }
        try parameters.finish()
        // Asking for a cancelled one means to see it.
        let asksForDeleted = status == State.cancelled.description || status == State.recalled.description
        return ListSent.Query(
            after: cursor, user: user, status: status, withDeleted: withDeleted ?? false || asksForDeleted,
            limit: limit, offset: offset ?? 0)
    }
}

/// An opaque place in a list.
enum Cursor {
    static func text(_ place: ListSent.Place) -> String {
        Data("\(place.acceptedAt.microseconds).\(place.id)".utf8).base64URL
    }

    static func place(_ text: String) -> ListSent.Place? {
        guard let data = Data(base64URL: text) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ".")
        // Beyond what `timestamptz` holds Postgres would refuse it.
        guard parts.count == 2, let time = Int64(parts[0]), (0...253_402_300_799_999_999).contains(time),
            let id = NotificationID(String(parts[1]))
        else { return nil }
        return ListSent.Place(acceptedAt: Instant(microseconds: time), id: id)
    }
}
