import ArgumentParser
import Foundation
import Store

struct DeadLettersShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "All that is known of a dead letter, its record included.")

    @Argument(
        help: "Its origin, as `dead-letters list` shows it: topic/partition/offset.", transform: DeadLetterName.read)
    var origin: DeadLetterName

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let name = self.origin
        let letters = try await Surroundings.withDatabase { try await name.find(on: $0) }
        if self.json {
            for letter in letters { print(try DeadLetterView(letter).json) }
        } else {
            print(letters.map { Self.text(DeadLetterView($0)) }.joined(separator: "\n\n"))
        }
    }

    static func text(_ view: DeadLetterView) -> String {
        let settled = view.settledAt.map { "\(view.state) \($0) by \(view.settledBy ?? "?")" }
        let facts: [(String, String?)] = [
            ("origin", view.origin), ("taken by the broker", view.takenAt), ("recorded", view.recordedAt),
            ("reason", view.reason), ("attempts", String(view.attempts)), ("state", settled ?? view.state),
            ("id", view.id), ("service", view.serviceID), ("user", view.userID), ("trace", view.traceparent),
            ("event type", view.eventType), ("accepted", view.acceptedAt), ("due", view.dueAt),
            ("message", view.message), ("key", view.key.map(Self.readable)),
            ("value", view.value.map(Self.hex) ?? "none"),
        ]
        let width = 20
        return facts.compactMap { name, fact in
            fact.map { name + String(repeating: " ", count: width - name.count) + " " + $0.printable }
        }.joined(separator: "\n")
    }

    private static func readable(_ bytes: Data) -> String {
        let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : Self.hex(bytes)
    }

    private static func hex(_ bytes: Data) -> String {
        let most = 1_024
        let digits = Array("0123456789abcdef")
        let text = bytes.prefix(most).reduce(into: "") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return bytes.count > most ? "\(text)… (\(bytes.count) bytes; all of them by --json)" : text
    }
}
