import FoundationEssentials
import HTTPTypes
import Notifications

/// An accepted notification as JSON, the same bytes as Foundation's encoder makes of its `NotificationView` with sorted
/// keys, at a twentieth of the time: the answer to every POST.
enum AcceptedText {
    /// What became of each of a batch: `{"results":[{"notification":{…},"status":202},{"problem":{…},"status":422}]}`.
    static func json(_ results: [Result<Notification, Problem>]) throws -> [UInt8] {
        var bytes = Array("{\"results\":[".utf8)
        bytes.reserveCapacity(results.count * 400)
        for (place, result) in results.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            var item = JSONText()
            switch result {
            case .success(let notification):
                item.member("notification", json: Self.json(notification))
                item.member("status", json: String(HTTPResponse.Status.accepted.code).utf8)
            case .failure(let problem):
                item.member("problem", json: try problem.json())
                item.member("status", json: String(problem.status.code).utf8)
            }
            bytes += item.finish()
        }
        bytes += "]}".utf8
        return bytes
    }

    static func json(_ notification: Notification) -> [UInt8] {
        let content = notification.content
        var text = JSONText()
        text.member("accepted_at", notification.acceptedAt.description)
        if let url = content.actionURL { text.member("action_url", url) }
        if let data = content.data { text.member("data", json: Self.readBack(data).utf8) }
        text.member("due_at", notification.dueAt.description)
        text.member("event_type", content.eventType)
        if let expiresAt = notification.expiresAt { text.member("expires_at", expiresAt.description) }
        text.member("id", notification.id.description)
        text.member("message", content.message)
        text.member("priority", content.priority.rawValue)
        if notification.isScheduled { text.member("schedule", notification.dueAt.description) }
        text.member("state", State.accepted.description)
        if let title = content.title { text.member("title", title) }
        text.member("user_id", notification.userID)
        return text.finish()
    }

    /// The text of `data`, which was written with sorted keys when it was accepted, as it reads back. That is the same,
    /// but for a large number with an exponent, which may read back as an integer.
    private static func readBack(_ data: String) -> String {
        guard data.utf8.contains(UInt8(ascii: "+")) else { return data }
        return (try? JSONValue(parsing: Data(data.utf8)).canonicalText()) ?? data
    }
}

/// Writes the members of one JSON object.
struct JSONText {
    private var bytes: [UInt8] = []

    init() {
        self.bytes.reserveCapacity(512)
        self.bytes.append(UInt8(ascii: "{"))
    }

    mutating func member(_ name: StaticString, _ value: String) {
        self.name(name)
        self.string(value)
    }

    /// - Parameter json: is JSON already.
    mutating func member(_ name: StaticString, json: some Sequence<UInt8>) {
        self.name(name)
        self.bytes += json
    }

    mutating func finish() -> [UInt8] {
        self.bytes.append(UInt8(ascii: "}"))
        return self.bytes
    }

    private mutating func name(_ name: StaticString) {
        if self.bytes.count > 1 { self.bytes.append(UInt8(ascii: ",")) }
        self.string("\(name)")
        self.bytes.append(UInt8(ascii: ":"))
    }

    /// With the escapes of Foundation's encoder, slashes left as they are.
    private mutating func string(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): self.bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: self.bytes += "\\b".utf8
            case 0x09: self.bytes += "\\t".utf8
            case 0x0A: self.bytes += "\\n".utf8
            case 0x0C: self.bytes += "\\f".utf8
            case 0x0D: self.bytes += "\\r".utf8
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                self.bytes += "\\u00".utf8
                self.bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }
}
