import FoundationEssentials
import Notifications
import TestSupport
import Testing

@testable import API

@Suite struct AcceptedTextTests {
    private static let now = Instant(microseconds: 1_790_000_000_123_000)
    private static let types = ["new_message": EventType(name: "new_message", label: "New message")]

    /// Byte for byte what answers were before they were written by hand.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func isWhatFoundationWrites(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let notification = try Self.notification(&random)
            let expected = try Answer.json(NotificationView(notification, state: .accepted))
            #expect(
                String(decoding: AcceptedText.json(notification), as: UTF8.self)
                    == String(decoding: expected, as: UTF8.self))
        }
    }

    private struct Results: Encodable {
        let results: [Item]

        struct Item: Encodable {
            let status: Int
            var notification: NotificationView?
            var problem: Problem.Body?
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func isWhatFoundationWritesOfABatch(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let problem = Problem.invalid(Faults([Fault("/a~1b", .tooLong, "\"at most\" 4 bytes")]))
        let results: [Result<Notification, Problem>] = try (0..<Int(seed)).map { _ in
            Bool.random(using: &random) ? .success(try Self.notification(&random)) : .failure(problem)
        }
        let items = results.map { result in
            switch result {
            case .success(let accepted):
                Results.Item(status: 202, notification: NotificationView(accepted, state: .accepted))
            case .failure(let problem): Results.Item(status: 422, problem: problem.body)
            }
        }
        let expected = try Answer.json(Results(results: items))
        #expect(try AcceptedText.json(results) == [UInt8](expected))
    }

    /// As it comes out of a body, with whatever may be in one.
    static func notification(_ random: inout SeededGenerator) throws -> Notification {
        var members: [String: JSONValue] = [
            "user_id": .string(Self.text(&random, allowsControls: false)), "event_type": .string("new_message"),
            "message": .string("m" + Self.text(&random)),
        ]
        if Bool.random(using: &random) { members["title"] = .string("t" + Self.text(&random)) }
        if Bool.random(using: &random) { members["action_url"] = .string("https://example.com/a?b=c&d=/") }
        if Bool.random(using: &random) { members["priority"] = .string("high") }
        if Bool.random(using: &random) { members["schedule"] = .string("2030-01-31T09:00:00.25+01:00") }
        if Bool.random(using: &random) { members["expires_at"] = .string("2031-01-31T09:00:00Z") }
        if Bool.random(using: &random) {
            members["data"] = .object([
                Self.text(&random): .number(.random(in: -1e20...1e20, using: &random)), "z": .integer(.max),
                "a/b": .array([.null, .bool(true), .string(Self.text(&random)), .number(1e19), .number(-1.5e-7)]),
                "A": .object(["é": .string("/"), "e": .integer(-1)]), "_": .object([:]),
            ])
        }
        let draft = try Draft.read(.object(members), types: Self.types, hosts: AllowedHosts([]), now: Self.now).get()
        return Notification.accept(
            draft, from: UUID(), key: Bool.random(using: &random) ? "k" : nil, now: Self.now, trace: nil, using: &random
        )
    }

    private static func text(_ random: inout SeededGenerator, allowsControls: Bool = true) -> String {
        let pieces = ["a", "é", "e\u{301}", "😀", "\"", "\\", "/", "\u{2028}", "\u{7F}", "<b>", "&amp;"]
        let controls = ["\n", "\t", "\r\n", "\u{B}", "\u{1}", "\u{1F}", "\u{8}", "\u{C}"]
        let all = allowsControls ? pieces + controls : pieces.filter { $0 != "\u{7F}" }
        return "u" + (0..<8).map { _ in all.randomElement(using: &random) ?? "" }.joined()
    }
}
