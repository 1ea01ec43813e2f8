/// A configuration key with the Swift type of its value.
///
/// Declare keys as constants, list them for `Daemon.run`, and read them by subscript:
/// ```swift
/// enum PollerSettings {
///     static let batchSize = Setting("poller.batch-size", default: 500, range: 1...5_000, help: "Rows to a claim.")
///     static let all: [any AnySetting] = Settings.common + Settings.kafka + Settings.postgres + [batchSize]
/// }
/// let size: Int = settings[PollerSettings.batchSize]
/// ```
/// Without a default a key is required, unless its type is optional.
public struct Setting<Value: Sendable>: AnySetting {
    public let definition: SettingDefinition
    private let convert: @Sendable (SettingContent) -> Value?
    private let fallback: Value?

    private init(
        _ name: String,
        kind: SettingKind,
        fallback: Value?,
        defaultText: String?,
        isSecret: Bool = false,
        help: String,
        convert: @escaping @Sendable (SettingContent) -> Value?
    ) {
        self.definition = SettingDefinition(
            name: name, kind: kind, defaultText: defaultText, isRequired: fallback == nil, isSecret: isSecret,
            help: help)
        self.fallback = fallback
        self.convert = convert
    }

    /// The environment variable of this key.
    public var environmentName: String { self.definition.environmentName }

    public func value(of content: SettingContent?) -> any Sendable {
        self.typedValue(of: content)
    }

    private func typedValue(of content: SettingContent?) -> Value {
        guard let value = content.flatMap(self.convert) ?? self.fallback else {
            preconditionFailure("\(self.definition.name) was read without having been checked")
        }
        return value
    }
}

extension Setting where Value == String {
    /// A text; required without a `default`. An empty text counts as not set.
    public init(_ name: String, default fallback: String? = nil, help: String) {
        self.init(name, kind: .text, fallback: fallback, defaultText: fallback, help: help) { $0.text }
    }
}

extension Setting where Value == String? {
    /// A text that may be absent.
    public init(_ name: String, help: String) {
        self.init(name, kind: .text, fallback: .some(nil), defaultText: nil, help: help) { .some($0.text) }
    }
}

extension Setting where Value == Secret {
    /// A required text that is never shown.
    public init(secret name: String, help: String) {
        self.init(name, kind: .text, fallback: nil, defaultText: nil, isSecret: true, help: help) {
            $0.text.map { Secret($0) }
        }
    }
}

extension Setting where Value == Secret? {
    /// A text that is never shown and may be absent.
    public init(secret name: String, help: String) {
        self.init(name, kind: .text, fallback: .some(nil), defaultText: nil, isSecret: true, help: help) {
            .some($0.text.map { Secret($0) })
        }
    }
}

extension Setting where Value == Int {
    /// A whole number within `range`; required without a `default`.
    public init(_ name: String, default fallback: Int? = nil, range: ClosedRange<Int>, help: String) {
        self.init(
            name, kind: .integer(range), fallback: fallback, defaultText: fallback.map { String($0) }, help: help
        ) { $0.integer }
    }
}

extension Setting where Value == Int? {
    /// A whole number within `range` that may be absent.
    public init(_ name: String, range: ClosedRange<Int>, help: String) {
        self.init(name, kind: .integer(range), fallback: .some(nil), defaultText: nil, help: help) {
            .some($0.integer)
        }
    }
}

extension Setting where Value == Duration {
    /// A duration, written as a whole number of milliseconds. End the name in `-ms`.
    public init(_ name: String, milliseconds fallback: Int, range: ClosedRange<Int>, help: String) {
        self.init(
            name, kind: .integer(range), fallback: .milliseconds(fallback), defaultText: String(fallback), help: help
        ) { content in content.integer.map { .milliseconds($0) } }
    }

    /// A duration, written as a whole number of seconds. End the name in `-seconds`.
    public init(_ name: String, seconds fallback: Int, range: ClosedRange<Int>, help: String) {
        self.init(
            name, kind: .integer(range), fallback: .seconds(fallback), defaultText: String(fallback), help: help
        ) { content in content.integer.map { .seconds($0) } }
    }
}

extension Setting where Value == Bool {
    /// A yes or no; required without a `default`.
    public init(_ name: String, default fallback: Bool? = nil, help: String) {
        self.init(
            name, kind: .boolean, fallback: fallback, defaultText: fallback.map { String($0) }, help: help
        ) { $0.boolean }
    }
}

extension Setting where Value == [String] {
    /// A list of texts; empty by default.
    public init(_ name: String, default fallback: [String] = [], help: String) {
        let text = fallback.isEmpty ? nil : fallback.joined(separator: ",")
        self.init(name, kind: .list, fallback: fallback, defaultText: text, help: help) { $0.list }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    /// One of the words of an enumeration; required without a `default`.
    public init(_ name: String, default fallback: Value? = nil, help: String) {
        self.init(
            name, kind: .choice(Value.allCases.map(\.rawValue)), fallback: fallback, defaultText: fallback?.rawValue,
            help: help
        ) { content in content.text.flatMap { Value(rawValue: $0) } }
    }
}

extension SettingContent {
    fileprivate var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    fileprivate var integer: Int? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    fileprivate var boolean: Bool? {
        if case .boolean(let boolean) = self { boolean } else { nil }
    }

    fileprivate var list: [String]? {
        if case .list(let list) = self { list } else { nil }
    }
}
