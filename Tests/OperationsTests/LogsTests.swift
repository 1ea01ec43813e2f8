import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Operations

@Suite struct LogsTests {
    /// A logger that keeps its lines.
    private func capture(_ format: LogFormat, level: Logger.Level = .trace) -> (Logger, Lines) {
        let lines = Lines()
        let logger = Logger(label: "x") { _ in
            LineLogHandler(
                formatter: LineFormatter(daemon: "notifi-sample", format: format), output: LogOutput { lines.add($0) },
                level: level)
        }
        return (logger, lines)
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { self.lines.withLock { $0.append(line) } }
        var all: [String] { self.lines.withLock { $0 } }
    }

    private func object(_ line: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "it broke" }
    }

    @Test func aJSONLine() throws {
        var (logger, lines) = self.capture(.json)
        logger[metadataKey: "base"] = "b"
        logger.warning(
            "hello", error: Broken(),
            metadata: [
                "text": "t", "number": .stringConvertible(3), "flag": .stringConvertible(true),
                "ratio": .stringConvertible(0.5), "list": ["p", "q"], "inner": ["k": "v"], "level": "mine",
            ])
        let line = try #require(lines.all.first)
        let object = try self.object(line)
        #expect(line.hasSuffix("}\n") && line.hasPrefix(#"{"time":"#))
        #expect(object["level"] as? String == "warning")
        #expect(object["daemon"] as? String == "notifi-sample")
        #expect(object["message"] as? String == "hello")
        #expect(object["base"] as? String == "b")
        #expect(object["text"] as? String == "t")
        #expect(object["number"] as? Int == 3)
        #expect(object["flag"] as? Bool == true)
        #expect(object["ratio"] as? Double == 0.5)
        #expect(object["list"] as? [String] == ["p", "q"])
        #expect(object["inner"] as? [String: String] == ["k": "v"])
        #expect(object["level_"] as? String == "mine")
        #expect(object["error"] as? String == "it broke")
        let time = try #require(object["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
    }

    @Test func everyCharacterSurvivesAsJSONOnOneLine() throws {
        let (logger, lines) = self.capture(.json)
        let odd: [UInt32] = Array(0...0x2FF) + [0x2028, 0x2029, 0xFEFF, 0xFFFD, 0x1F600, 0x10FFFF]
        for value in odd {
            let scalar = try #require(Unicode.Scalar(value))
            logger.info("a\(scalar)b", metadata: ["key\(scalar)": "v\(scalar)w"])
            let line = try #require(lines.all.last)
            #expect(line.unicodeScalars.filter { $0.value < 0x20 }.count == 1 && line.hasSuffix("\n"))
            let object = try self.object(line)
            #expect(object["message"] as? String == "a\(scalar)b")
            #expect(object["key\(scalar)"] as? String == "v\(scalar)w")
        }
    }

    @Test func textStaysOnItsLine() throws {
        let (logger, lines) = self.capture(.text)
        logger.error("one\ntwo\u{1B}[31m", metadata: ["b": "2", "a": "x\r\u{85}"])
        let line = try #require(lines.all.first)
        #expect(line.contains(#" error notifi-sample: one\ntwo\u{1b}[31m a=x\r\u{85} b=2"#))
        #expect(line.filter(\.isNewline).count == 1)
    }

    @Test func theLevelCuts() {
        let (logger, lines) = self.capture(.json, level: .warning)
        logger.info("no")
        logger.warning("yes")
        #expect(lines.all.count == 1)
    }

    @Test func aNotificationIsOnEveryLineAboutIt() throws {
        let (logger, lines) = self.capture(.json)
        let about = logger.about("0190-id", trace: "abc")
        about.info("one")
        about.error("two")
        logger.info("three")
        for line in lines.all.prefix(2) {
            let object = try self.object(line)
            #expect(object[LogKey.notificationID] as? String == "0190-id")
            #expect(object[LogKey.traceID] as? String == "abc")
        }
        #expect(lines.all.last?.contains("notification_id") == false)
    }

    @Test func secretsAreNotLogged() {
        for format in LogFormat.allCases {
            let (logger, lines) = self.capture(format)
            let secret = Secret("hunter2")
            logger.info("with \(secret)", metadata: ["a": "\(secret)", "b": .stringConvertible(secret)])
            #expect(lines.all.count == 1 && !lines.all[0].contains("hunter2"))
        }
    }

    @Test func linesOfManyThreadsDoNotMix() async throws {
        let (logger, lines) = self.capture(.json)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<200 { logger.info("\(task) \(number)") } }
            }
        }
        #expect(lines.all.count == 1_600)
        for line in lines.all {
            _ = try self.object(line)
        }
    }

    /// As the API does it: what one piece of work logs, and all that it calls, is one write.
    @Test func gatheredLinesAreWrittenTogetherInTheirOrder() throws {
        let (logger, lines) = self.capture(.json)
        logger.info("before")
        let result = Logs.gathered {
            for number in 0..<200 { logger.info("\(number)", metadata: ["text": "one\ntwo"]) }
            #expect(lines.all.count == 1, "not before it is done")
            return 7
        }
        #expect(result == 7)
        logger.info("after")
        try #require(lines.all.count == 3)
        #expect(try self.messages(lines) == ["before"] + (0..<200).map(String.init) + ["after"])
        // An empty piece of work writes nothing.
        Logs.gathered {}
        #expect(lines.all.count == 3)
    }

    @Test func gatheredLinesAreNotLostWhereTheWorkThrows() throws {
        let (logger, lines) = self.capture(.json)
        #expect(throws: Broken.self) {
            try Logs.gathered {
                logger.info("one")
                logger.info("two")
                throw Broken()
            }
        }
        #expect(try self.messages(lines) == ["one", "two"])
        #expect(lines.all.count == 1)
    }

    @Test func gatheredLinesOfTwoOutputsKeepTheirOrder() throws {
        let written = Lines()
        let outputs = ["a", "b"].map { name in LogOutput { written.add("\(name): \($0)") } }
        Logs.gathered {
            outputs[0].write("1\n")
            outputs[0].write("2\n")
            outputs[1].write("3\n")
            outputs[0].write("4\n")
        }
        #expect(written.all == ["a: 1\n2\n", "b: 3\n", "a: 4\n"])
    }

    @Test func gatheredLinesOfManyThreadsStayWholeAndTogether() async throws {
        let (logger, lines) = self.capture(.json)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<20 {
                        Logs.gathered { for number in 0..<10 { logger.info("\(task) \(round) \(number)") } }
                    }
                }
            }
        }
        #expect(lines.all.count == 160)
        let expected = (0..<8).flatMap { task in
            (0..<20).flatMap { round in (0..<10).map { "\(task) \(round) \($0)" } }
        }
        // Those of one piece of work are in one write; the pieces of a task are in their order.
        let writes = try lines.all.map { try self.messages(of: $0) }.enumerated().sorted { one, other in
            let (first, second) = (one.element[0].prefix { $0 != " " }, other.element[0].prefix { $0 != " " })
            return (String(first), one.offset) < (String(second), other.offset)
        }
        #expect(writes.flatMap(\.element) == expected)
    }

    private func messages(_ lines: Lines) throws -> [String] { try lines.all.flatMap { try self.messages(of: $0) } }

    /// - Parameter written: whole lines, one behind the other.
    private func messages(of written: String) throws -> [String] {
        #expect(written.hasSuffix("}\n"))
        return try written.split(separator: "\n").map { line in
            try #require(try self.object(String(line))["message"] as? String)
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (1_709_251_199_123_456, "2024-02-29T23:59:59.123456Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
    ])
    func timestamps(microseconds: Int, expected: String) {
        #expect(Timestamp.text(microseconds: Int64(microseconds)) == expected)
    }

    /// Within the Gregorian calendar; before 1582 Foundation counts by the Julian one.
    @Test func timestampsAgreeWithFoundation() {
        var generator = SeededGenerator(seed: 7)
        let style = Date.ISO8601FormatStyle()
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: -11_000_000_000...200_000_000_000, using: &generator)
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
            #expect(Timestamp.text(microseconds: seconds * 1_000_000) == expected.dropLast() + ".000000Z")
        }
    }
}
