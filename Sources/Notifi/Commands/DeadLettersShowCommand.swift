import ArgumentParser
import FoundationEssentials
import Notifications
import Store
import Wire

struct DeadLettersShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "All that is known of a dead letter, its record included.")

    @Argument(help: "Its origin, as `dead-letters list` shows it: topic/partition/offset.")
    var origin: String

    func validate() throws {
        guard DeadLetterOrigin(self.origin) != nil else {
            throw ValidationError("'\(self.origin)' is no origin like notifi.deliveries/3/42")
        }
    }

    func run() async throws {
        guard let origin = DeadLetterOrigin(self.origin) else { return }
        let letters = try await Surroundings.withDatabase { try await FindDeadLetters.run(origin, on: $0) }
        guard !letters.isEmpty else { throw CommandFailure("there is no dead letter \(origin)") }
        print(letters.map(Self.text).joined(separator: "\n\n"))
    }

    static func text(_ letter: FindDeadLetters.Letter) -> String {
        let row = letter.row
        var facts: [(String, String?)] = [
            ("origin", "\(row.origin)"), ("taken by the broker", "\(row.recordAt)"),
            ("recorded", "\(row.recordedAt)"), ("reason", row.reason), ("attempts", String(row.attempts)),
            ("state", row.settled.map { "\($0.how.rawValue) \($0.at) by \($0.by ?? "?")" } ?? "open"),
            ("id", row.id?.description), ("service", row.service?.uuidString.lowercased()), ("user", row.userID),
            ("trace", letter.trace?.description), ("key", letter.key.map(Self.readable)),
        ]
        if let value = letter.value, let notification = try? Notification(encoded: value, trace: letter.trace) {
            facts += [
                ("event type", notification.content.eventType), ("accepted", "\(notification.acceptedAt)"),
                ("due", "\(notification.dueAt)"), ("message", notification.content.message),
            ]
        }
        facts.append(("value", letter.value.map(Self.hex) ?? "none"))
        return Table.text(["", ""], facts.compactMap { name, value in value.map { [name, $0] } })
            .drop { $0 == "\n" }.description
    }

    /// Control characters of a stranger's bytes would reach the operator's terminal.
    private static func readable(_ bytes: [UInt8]) -> String {
        let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : Self.hex(bytes)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
    }
}
