import Foundation
import Logging
import Operations
import Testing

private enum Mode: String, Sendable, CaseIterable {
    case fast, slow
}

private enum Keys {
    static let text = Setting<String>("some.text", default: "fallback", help: "A text.")
    static let maybeText = Setting<String?>("some.maybe-text", help: "Perhaps a text.")
    static let secret = Setting<Secret?>(secret: "some.secret", help: "A secret.")
    static let number = Setting<Int>("some.number", default: 7, range: -5...500, help: "A number.")
    static let maybeNumber = Setting<Int?>("some.maybe-number", range: 0...9, help: "Perhaps a number.")
    static let flag = Setting<Bool>("some.flag", default: false, help: "A flag.")
    static let wait = Setting<Duration>("some.wait-ms", milliseconds: 250, range: 0...60_000, help: "Milliseconds.")
    static let pace = Setting<Duration>("some.pace-seconds", seconds: 30, range: 1...60, help: "Seconds.")
    static let list = Setting<[String]>("some.list", help: "A list.")
    static let mode = Setting<Mode>("some.mode", default: .slow, help: "A mode.")
    static let all: [any AnySetting] = [
        text, maybeText, secret, number, maybeNumber, flag, wait, pace, list, mode,
    ]
}

@Suite struct SettingsTests {
    private func load(_ environment: [String: String], file: String? = nil) throws -> Settings {
        guard let file else { return try Settings.load(Keys.all, environment: environment) }
        return try withFile(file) { path in
            try Settings.load(
                Keys.all, environment: environment.merging(["NOTIFI_CONFIG_FILE": path]) { $1 })
        }
    }

    private func faults(_ environment: [String: String], file: String? = nil) throws -> [String] {
        try #require(throws: SettingsError.self) { try self.load(environment, file: file) }.faults
    }

    @Test func defaults() throws {
        let settings = try self.load([:])
        #expect(settings[Keys.text] == "fallback")
        #expect(settings[Keys.maybeText] == nil)
        #expect(settings[Keys.secret] == nil)
        #expect(settings[Keys.number] == 7)
        #expect(settings[Keys.maybeNumber] == nil)
        #expect(!settings[Keys.flag])
        #expect(settings[Keys.wait] == .milliseconds(250))
        #expect(settings[Keys.pace] == .seconds(30))
        #expect(settings[Keys.list] == [])
        #expect(settings[Keys.mode] == .slow)
        #expect(settings.warnings == [])
    }

    @Test(arguments: [("-5", -5), ("0", 0), ("500", 500), ("+12", 12)])
    func goodIntegers(text: String, expected: Int) throws {
        #expect(try self.load(["NOTIFI_SOME_NUMBER": text])[Keys.number] == expected)
    }

    @Test(arguments: ["-6", "501", "1.5", "one", " 1", "1 ", "0x10", "1e2", "99999999999999999999", "٣", "--1"])
    func badIntegers(text: String) throws {
        let faults = try self.faults(["NOTIFI_SOME_NUMBER": text])
        try #require(faults.count == 1)
        #expect(faults[0].hasPrefix("NOTIFI_SOME_NUMBER (some.number): expected an integer from -5 to 500, found"))
        #expect(faults[0].contains(text.debugDescription))
    }

    @Test func integersAtAndBeyondTheirRange() throws {
        for number in -600...600 {
            let text = String(number)
            if (-5...500).contains(number) {
                #expect(try self.load(["NOTIFI_SOME_NUMBER": text])[Keys.number] == number)
            } else {
                #expect(throws: SettingsError.self) { try self.load(["NOTIFI_SOME_NUMBER": text]) }
            }
        }
    }

    @Test(arguments: [
        ("true", true), ("TRUE", true), ("yes", true), ("1", true), ("false", false), ("No", false), ("0", false),
    ])
    func goodBooleans(text: String, expected: Bool) throws {
        #expect(try self.load(["NOTIFI_SOME_FLAG": text])[Keys.flag] == expected)
    }

    @Test(arguments: ["2", "on", "truth", " true", "-1"])
    func badBooleans(text: String) throws {
        #expect(try self.faults(["NOTIFI_SOME_FLAG": text]).count == 1)
    }

    @Test func durations() throws {
        let settings = try self.load(["NOTIFI_SOME_WAIT_MS": "60000", "NOTIFI_SOME_PACE_SECONDS": "1"])
        #expect(settings[Keys.wait] == .seconds(60))
        #expect(settings[Keys.pace] == .seconds(1))
        #expect(try self.faults(["NOTIFI_SOME_WAIT_MS": "60001", "NOTIFI_SOME_PACE_SECONDS": "0"]).count == 2)
        #expect(try self.faults(["NOTIFI_SOME_WAIT_MS": "1s"]).count == 1)
    }

    @Test(arguments: [("a", ["a"]), ("a,b", ["a", "b"]), (" a , b ", ["a", "b"])])
    func goodLists(text: String, expected: [String]) throws {
        #expect(try self.load(["NOTIFI_SOME_LIST": text])[Keys.list] == expected)
    }

    @Test(arguments: [",", "a,", "a,,b", " "])
    func badLists(text: String) throws {
        #expect(try self.faults(["NOTIFI_SOME_LIST": text]).count == 1)
    }

    @Test(arguments: [("fast", Mode.fast), ("SLOW", .slow)])
    private func goodChoices(text: String, expected: Mode) throws {
        #expect(try self.load(["NOTIFI_SOME_MODE": text])[Keys.mode] == expected)
    }

    @Test(arguments: ["quick", "fast ", "fastslow"])
    func badChoices(text: String) throws {
        let faults = try self.faults(["NOTIFI_SOME_MODE": text])
        #expect(faults.first?.contains("expected one of fast, slow") == true)
    }

    @Test func anEmptyVariableIsNotSet() throws {
        let settings = try self.load(["NOTIFI_SOME_NUMBER": "", "NOTIFI_SOME_MODE": "", "NOTIFI_CONFIG_FILE": ""])
        #expect(settings[Keys.number] == 7)
    }

    @Test func aRequiredKeyIsMissed() throws {
        let keys: [any AnySetting] = [
            Setting<String>("need.text", help: ""), Setting<Int>("need.number", range: 1...2, help: ""),
            Setting<Secret>(secret: "need.secret", help: ""), Setting<Bool>("need.flag", help: ""),
            Setting<Mode>("need.mode", help: ""),
        ]
        let error = try #require(throws: SettingsError.self) { try Settings.load(keys, environment: [:]) }
        #expect(error.faults.count == keys.count)
        for (key, fault) in zip(keys, error.faults) {
            #expect(fault.contains(key.definition.environmentName) && fault.contains("required"))
        }
    }

    @Test func allFaultsAreNamedAtOnce() throws {
        let faults = try self.faults(
            ["NOTIFI_SOME_NUMBER": "x", "NOTIFI_SOME_FLAG": "x", "NOTIFI_SOME_MODE": "x"],
            file: #"{"some": {"wait-ms": "x", "list": 3}}"#)
        #expect(faults.count == 5)
    }

    @Test func aFaultStaysOnItsLine() throws {
        let faults = try self.faults(["NOTIFI_SOME_NUMBER": "1\n2\u{1B}[31m" + String(repeating: "9", count: 500)])
        let fault = try #require(faults.first)
        #expect(!fault.contains { $0.isNewline || $0 == "\u{1B}" })
        #expect(fault.count < 250)
    }

    @Test func warnsOfUnknownVariables() throws {
        let warnings = try self.load([
            "NOTIFI_SOME_NUMBR": "shown nowhere", "NOTIFI_ENTIRELY_DIFFERENT_THING": "1", "NOTIFI_TEST_ANYTHING": "1",
            "NOTIFI_READY_FILE": "/x", "NOTIFI_POLLER_BATCH_SIZE": "1", "PATH": "/bin", "OTHER_SOME_NUMBER": "1",
        ]).warnings
        #expect(
            warnings == [
                "unknown environment variable NOTIFI_ENTIRELY_DIFFERENT_THING is ignored",
                "unknown environment variable NOTIFI_SOME_NUMBR is ignored; did you mean NOTIFI_SOME_NUMBER?",
            ])
    }

    @Test func warnsWithinAFamilyOfItsOwn() throws {
        let keys: [any AnySetting] = [Setting<Int>("poller.batch-size", default: 1, range: 1...9, help: "")]
        let warnings = try Settings.load(
            keys, environment: ["NOTIFI_POLLER_BATCHSIZE": "2", "NOTIFI_HTTP_PORT": "1"]
        ).warnings
        #expect(
            warnings == [
                "unknown environment variable NOTIFI_POLLER_BATCHSIZE is ignored; "
                    + "did you mean NOTIFI_POLLER_BATCH_SIZE?"
            ])
    }

    @Test func commonKeys() throws {
        let settings = try Settings.load(
            Settings.common + Settings.kafka + Settings.postgres,
            environment: [
                "NOTIFI_KAFKA_BROKERS": "a:1,b:2", "NOTIFI_POSTGRES_URL": "postgres://x",
                "NOTIFI_LOG_LEVEL": "debug", "NOTIFI_LOG_FORMAT": "text",
            ])
        #expect(settings[CommonSettings.logLevel] == .debug)
        #expect(settings[CommonSettings.logFormat] == .text)
        #expect(settings[CommonSettings.adminHost] == "127.0.0.1")
        #expect(settings[CommonSettings.adminPort] == 0)
        #expect(settings[KafkaSettings.brokers] == "a:1,b:2")
        #expect(settings[KafkaSettings.sessionTimeout] == .seconds(45))
        #expect(settings[PostgresSettings.poolSize] == 4)
        #expect(settings[PostgresSettings.url].reveal() == "postgres://x")
    }

    /// What bounds memory is bounded itself.
    @Test(
        arguments: [
            ("NOTIFI_KAFKA_CONSUMER_QUEUE_KIB", "1023"), ("NOTIFI_KAFKA_CONSUMER_QUEUE_KIB", "1048577"),
            ("NOTIFI_KAFKA_BATCH_KIB", "15"), ("NOTIFI_KAFKA_BATCH_KIB", "131073"), ("NOTIFI_KAFKA_BATCH_KIB", "8 MB"),
            ("NOTIFI_KAFKA_PRODUCER_QUEUE_KIB", "1023"), ("NOTIFI_KAFKA_PRODUCER_QUEUE_KIB", "1048577"),
            ("NOTIFI_KAFKA_LAG_LOOK_SECONDS", "0"), ("NOTIFI_KAFKA_LAG_LOOK_SECONDS", "3601"),
        ])
    func boundsOutOfRange(name: String, value: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(
                Settings.kafka + [LagWatch.lookEvery], environment: ["NOTIFI_KAFKA_BROKERS": "a:1", name: value])
        }
        #expect(error.faults.count == 1 && error.faults[0].hasPrefix("\(name) ("), "\(error.faults)")
    }

    @Test func namesAreUniqueAndMapToVariables() {
        let names = (Settings.common + Settings.kafka + Settings.postgres).map(\.definition)
        #expect(Set(names.map(\.name)).count == names.count)
        #expect(Set(names.map(\.environmentName)).count == names.count)
        #expect(KafkaSettings.topicPrefix.environmentName == "NOTIFI_KAFKA_TOPIC_PREFIX")
        #expect(
            KafkaSettings.endpointIdentification.environmentName
                == "NOTIFI_KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM")
    }

    @Test func everyVariableIsReadByTheNameThatHelpShows() throws {
        for setting in Keys.all + Settings.common + Settings.kafka where setting.definition.kind != .text {
            let definition = setting.definition
            // A comma alone is wrong for every kind but plain text.
            let error = #expect(throws: SettingsError.self) {
                try Settings.load([setting], environment: [definition.environmentName: ","])
            }
            #expect(error?.faults.first?.contains("found \",\"") == true, "\(definition.name) was not read")
        }
    }
}
