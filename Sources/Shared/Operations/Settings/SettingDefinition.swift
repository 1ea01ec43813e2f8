/// What a configuration key accepts.
public enum SettingKind: Sendable, Equatable {
    /// Any text that is not empty.
    case text
    /// A whole number within the range, both ends included.
    case integer(ClosedRange<Int>)
    /// `true`, `yes`, `1` or `false`, `no`, `0` in the environment; a JSON boolean in the file.
    case boolean
    /// Texts separated by commas in the environment; a JSON array of strings in the file.
    case list
    /// One of these words, in upper or lower case.
    case choice([String])
}

extension SettingKind: CustomStringConvertible {
    /// As `--help` and faults show it: the type together with its range.
    public var description: String {
        switch self {
        case .text: "text"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .list: "a list of texts, separated by commas"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        }
    }
}

/// A configuration key without its Swift type: what help, faults and loading need.
public struct SettingDefinition: Sendable {
    /// Lower case, dots between the parts and dashes within one: `kafka.topic-prefix`. It is the key in the file.
    public let name: String
    public let kind: SettingKind
    /// The default as `--help` shows it; `nil` where there is none.
    public let defaultText: String?
    /// Whether loading fails where the key is not set.
    public let isRequired: Bool
    /// Whether the value may never be shown.
    public let isSecret: Bool
    /// One sentence: the meaning, with the unit if there is one.
    public let help: String

    /// The environment variable of the same key: `NOTIFI_KAFKA_TOPIC_PREFIX`.
    public var environmentName: String {
        Self.environmentName(of: self.name)
    }

    static let environmentPrefix = "NOTIFI_"

    static func environmentName(of name: String) -> String {
        self.environmentPrefix + String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
}

/// A ``Setting`` of any type, so that lists can hold them together.
public protocol AnySetting: Sendable {
    var definition: SettingDefinition { get }

    /// The value for what was read, or for nothing. Only called by `Settings`.
    func value(of content: SettingContent?) -> any Sendable
}

/// A value as it was read, already checked against the ``SettingKind``.
public enum SettingContent: Sendable, Equatable {
    /// Of ``SettingKind/text`` and ``SettingKind/choice(_:)``.
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([String])
}
