import NIOHTTP1

/// One of the requests that are answered before the framework sees them, as its head tells. Pure.
///
/// Only what is plain is taken: whatever could mean something more (`Expect`, an `Origin`, a body of unknown length, a
/// field that is there twice) is the framework's to understand.
enum HotRequest: Sendable, Equatable {
    /// Larger than the largest notification that is as short as it can be written. While an event loop is at one, it is at
    /// nothing else.
    static let largestBody = 16 * 1_024

    /// `POST /api/notifications`.
    case send(Send)
    /// `GET /api/notifications/unread` without a query.
    case poll(Poll)

    struct Send: Sendable, Equatable {
        var authorization: String?
        var contentType: String?
        var idempotencyKey: String?
        var traceparent: String?
    }

    struct Poll: Sendable, Equatable {
        var authorization: String?
        var cookie: String?
        var ifNoneMatch: String?
        var traceparent: String?
    }

    /// - Returns: `nil` for what goes to the framework.
    init?(_ head: HTTPRequestHead) {
        guard head.version == .http1_1 else { return nil }
        if head.method == .POST, head.uri == SendRoute.path {
            guard let fields = Fields(head.headers), let length = fields.contentLength.flatMap({ Int($0) }),
                (0...Self.largestBody).contains(length)
            else { return nil }
            self = .send(
                Send(
                    authorization: fields.authorization, contentType: fields.contentType,
                    idempotencyKey: fields.idempotencyKey, traceparent: fields.traceparent))
        } else if head.method == .GET, head.uri == UnreadRoute.path {
            guard let fields = Fields(head.headers), fields.contentLength == nil else { return nil }
            self = .poll(
                Poll(
                    authorization: fields.authorization, cookie: fields.cookie, ifNoneMatch: fields.ifNoneMatch,
                    traceparent: fields.traceparent))
        } else {
            return nil
        }
    }

    /// The fields that matter, each at most once.
    private struct Fields {
        var host: String?
        var authorization: String?
        var cookie: String?
        var contentType: String?
        var contentLength: String?
        var idempotencyKey: String?
        var traceparent: String?
        var ifNoneMatch: String?
        var connection: String?

        init?(_ headers: HTTPHeaders) {
            for (name, value) in headers {
                guard let isTaken = self.take(name, value) else { return nil }
                guard !isTaken || Self.isPlain(value) else { return nil }
            }
            guard self.host != nil, self.connection == nil || self.connection?.lowercased() == "keep-alive" else {
                return nil
            }
        }

        /// - Returns: whether the field matters; `nil` where it makes the request one for the framework.
        private mutating func take(_ name: String, _ value: String) -> Bool? {
            // Told apart by length first: most fields of a browser do not matter.
            switch name.utf8.count {
            case 4 where name.isField("host"): Self.set(&self.host, value)
            case 6 where name.isField("cookie"): Self.set(&self.cookie, value)
            case 6 where name.isField("origin"), 6 where name.isField("expect"): nil
            case 7 where name.isField("upgrade"), 7 where name.isField("trailer"): nil
            case 10 where name.isField("connection"): Self.set(&self.connection, value)
            case 11 where name.isField("traceparent"): Self.set(&self.traceparent, value)
            case 12 where name.isField("content-type"): Self.set(&self.contentType, value)
            case 13 where name.isField("authorization"): Self.set(&self.authorization, value)
            case 13 where name.isField("if-none-match"): Self.set(&self.ifNoneMatch, value)
            case 14 where name.isField("content-length"): Self.set(&self.contentLength, value)
            case 15 where name.isField("idempotency-key"): Self.set(&self.idempotencyKey, value)
            case 17 where name.isField("transfer-encoding"): nil
            default: false
            }
        }

        private static func set(_ field: inout String?, _ value: String) -> Bool? {
            guard field == nil else { return nil }
            field = value
            return true
        }

        /// Printable ASCII without blanks around it: the same text to everybody who reads it.
        private static func isPlain(_ value: String) -> Bool {
            value.utf8.allSatisfy { (0x20...0x7E).contains($0) } && value.utf8.first != 0x20 && value.utf8.last != 0x20
        }
    }
}

extension String {
    /// - Parameter name: in lower case. Field names do not tell cases apart.
    fileprivate func isField(_ name: String) -> Bool {
        zip(self.utf8, name.utf8).allSatisfy { ($0 | 0x20) == $1 }
    }
}
