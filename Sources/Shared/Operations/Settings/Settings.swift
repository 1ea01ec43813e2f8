public import Foundation

/// The configuration of a daemon: loaded once, checked, and unchanged from then on.
public struct Settings: Sendable {
    /// What was found beside the known keys: names that nothing reads, with the nearest known one. Never a value.
    public let warnings: [String]
    private let values: [String: any Sendable]

    init(values: [String: any Sendable], warnings: [String]) {
        self.values = values
        self.warnings = warnings
    }

    /// The value of a key.
    ///
    /// - Precondition: `setting` was in the list that was loaded.
    public subscript<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = self.values[setting.definition.name] as? Value else {
            preconditionFailure("\(setting.definition.name) is not in the list of settings that was loaded")
        }
        return value
    }

    /// Reads and checks all keys: the environment first, beneath it the JSON file that `NOTIFI_CONFIG_FILE` names.
    ///
    /// An environment variable that is empty counts as not set, and so does `null` in the file.
    ///
    /// - Parameters:
    ///   - settings: every key that the program reads.
    ///   - environment: the process's by default.
    /// - Throws: ``SettingsError``, which names every fault at once.
    public static func load(
        _ settings: [any AnySetting],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) -> Settings {
        try SettingsLoader(settings: settings, environment: environment).load()
    }
}

/// Why a configuration cannot be used. One line a fault; none of them shows a secret.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public let faults: [String]

    /// What a program exits with for it: `EX_CONFIG` of `sysexits.h`.
    public static let exitCode: Int32 = 78

    public init(faults: [String]) {
        self.faults = faults
    }

    public var description: String {
        self.faults.joined(separator: "\n")
    }
}
