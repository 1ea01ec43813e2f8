import Foundation
import Operations
import Testing

private enum Keys {
    static let text = Setting<String>("a.text", default: "fallback", help: "")
    static let number = Setting<Int>("a.b.number", default: 7, range: 0...100, help: "")
    static let flag = Setting<Bool>("a.flag", default: false, help: "")
    static let list = Setting<[String]>("a.list", default: ["x"], help: "")
    static let secret = Setting<Secret?>(secret: "a.secret", help: "")
    static let all: [any AnySetting] = [text, number, flag, list, secret]
}

@Suite struct SettingsFileTests {
    private func load(_ file: String, _ environment: [String: String] = [:]) throws -> Settings {
        try withFile(file) { path in
            try Settings.load(Keys.all, environment: environment.merging(["NOTIFI_CONFIG_FILE": path]) { $1 })
        }
    }

    @Test(arguments: [
        #"{"a": {"text": "t", "b": {"number": 3}, "flag": true, "list": ["p", "q"], "secret": "s"}}"#,
        #"{"a.text": "t", "a.b.number": 3, "a.flag": true, "a.list": ["p", "q"], "a.secret": "s"}"#,
        #"{"a": {"text": "t", "b.number": 3.0, "flag": true, "list": ["p", "q"]}, "a.secret": "s"}"#,
    ])
    func nestedAndDotted(file: String) throws {
        let settings = try self.load(file)
        #expect(settings[Keys.text] == "t")
        #expect(settings[Keys.number] == 3)
        #expect(settings[Keys.flag])
        #expect(settings[Keys.list] == ["p", "q"])
        #expect(settings[Keys.secret]?.reveal() == "s")
        #expect(settings.warnings == [])
    }

    @Test func theEnvironmentGoesFirst() throws {
        let settings = try self.load(
            #"{"a": {"text": "file", "b": {"number": 3}}}"#, ["NOTIFI_A_TEXT": "environment"])
        #expect(settings[Keys.text] == "environment")
        #expect(settings[Keys.number] == 3)
    }

    @Test func anEmptyVariableDoesNotHideTheFile() throws {
        #expect(try self.load(#"{"a.text": "file"}"#, ["NOTIFI_A_TEXT": ""])[Keys.text] == "file")
    }

    @Test func nullAndAnEmptyListAreTakenAsWritten() throws {
        let settings = try self.load(#"{"a": {"text": null, "list": []}}"#)
        #expect(settings[Keys.text] == "fallback")
        #expect(settings[Keys.list] == [])
    }

    @Test(arguments: [
        (#"{"a.b.number": "3"}"#, #"found "3" in the file"#), (#"{"a.b.number": 3.5}"#, "found 3.5 in the file"),
        (#"{"a.b.number": true}"#, "found true in the file"), (#"{"a.b.number": 101}"#, "found 101 in the file"),
        (#"{"a.flag": 1}"#, "found 1 in the file"), (#"{"a.flag": "yes"}"#, #"found "yes" in the file"#),
        (#"{"a.text": 1}"#, "found 1 in the file"), (#"{"a.text": ""}"#, #"found "" in the file"#),
        (#"{"a.text": ["t"]}"#, #"found ["t"] in the file"#), (#"{"a.list": "p,q"}"#, #"found "p,q" in the file"#),
        (#"{"a.list": ["p", 1]}"#, "found a list of other things in the file"),
        (#"{"a": {"text": "1"}, "a.text": "2"}"#, "given twice"),
    ])
    func wrongTypes(file: String, expected: String) throws {
        let error = try #require(throws: SettingsError.self) { try self.load(file) }
        #expect(error.faults.count == 1)
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test(arguments: ["", "[]", "3", "{", #"{"a": }"#, "\u{FEFF}nonsense"])
    func notAnObject(file: String) throws {
        let error = try #require(throws: SettingsError.self) { try self.load(file) }
        #expect(error.faults.count == 1 && error.description.contains("is not a JSON object"))
    }

    @Test func aFileThatIsNotThere() throws {
        let path = temporaryPath()
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(Keys.all, environment: ["NOTIFI_CONFIG_FILE": path])
        }
        #expect(error.faults == ["NOTIFI_CONFIG_FILE: \(path) cannot be read"])
    }

    @Test func warnsOfUnknownKeys() throws {
        let warnings = try self.load(#"{"a": {"txet": "x", "text": {"deep": 1}}, "http": {"port": 1}}"#).warnings
        #expect(
            warnings == [
                #"unknown key "a.text.deep" in the file is ignored"#,
                #"unknown key "a.txet" in the file is ignored; did you mean a.text?"#,
            ])
    }
}

@Suite struct SecretTests {
    private static let needle = "hunter2"

    @Test func nothingShowsIt() {
        let secret = Secret(Self.needle)
        var dumped = ""
        dump(["key": secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
            #expect(!text.contains(Self.needle), "\(text)")
        }
        #expect(secret.reveal() == Self.needle)
        #expect(secret == Secret(Self.needle) && secret != Secret("other"))
    }

    @Test(arguments: [
        #"{"a.secret": ["hunter2"]}"#, #"{"a": {"secret": ["hunter2", 1]}}"#,
        #"{"a.secret": "hunter2", "a": {"secret": "hunter2"}}"#,
    ])
    func faultsDoNotShowIt(file: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try withFile(file) { try Settings.load(Keys.all, environment: ["NOTIFI_CONFIG_FILE": $0]) }
        }
        #expect(error.faults.count == 1)
        #expect(!"\(error)".contains(Self.needle))
    }

    @Test func settingsAndWarningsDoNotShowIt() throws {
        let settings = try Settings.load(
            Keys.all, environment: ["NOTIFI_A_SECRET": Self.needle, "NOTIFI_A_SECRT": Self.needle])
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings)\(dumped)\(settings.warnings)".contains(Self.needle))
        #expect(settings.warnings.count == 1)
    }
}
