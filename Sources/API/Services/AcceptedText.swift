import Notifications

/// An accepted notification as JSON, the same bytes as Foundation's encoder makes of its `NotificationView` with sorted
/// keys, at a twentieth of the time: the answer to every POST.
enum AcceptedText {
    static func json(_ notification: Notification) -> [UInt8] {
        let content = notification.content
        var text = JSONText()
        text.member("accepted_at", notification.acceptedAt.description)
        if let url = content.actionURL { text.member("action_url", url) }
        // It was written with sorted keys when it was accepted, and reads back as it is.
        if let data = content.data { text.member("data", json: data) }
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
    mutating func member(_ name: StaticString, json: String) {
        self.name(name)
        self.bytes += json.utf8
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
