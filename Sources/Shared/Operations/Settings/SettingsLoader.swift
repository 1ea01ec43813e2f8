import Configuration
import Foundation

/// Reads all keys once and collects what is wrong with any of them.
struct SettingsLoader {
    let settings: [any AnySetting]
    let environment: [String: String]

    static let fileVariable = "NOTIFI_CONFIG_FILE"

    func load() throws(SettingsError) -> Settings {
        let environment = self.environment.filter { !$0.value.isEmpty }
        let file =
            if let path = environment[Self.fileVariable] {
                try SettingsFile(contentsOf: path)
            } else {
                SettingsFile()
            }
        let reader = ConfigReader(providers: [
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "notifi"), file.provider,
        ])
        var values: [String: any Sendable] = [:]
        var faults: [String] = []
        for setting in self.settings where values[setting.definition.name] == nil {
            let definition = setting.definition
            let found = Found(definition, environment: environment, file: file)
            do {
                values[definition.name] = setting.value(of: try found.content(definition, reader: reader))
            } catch {
                faults.append(error.line)
            }
        }
        guard faults.isEmpty else {
            throw SettingsError(faults: faults)
        }
        let names = UnknownNames(known: self.settings.map(\.definition))
        return Settings(
            values: values,
            warnings: names.warnings(environment: environment.keys) + names.warnings(file: file.leaves.keys))
    }
}

/// Where a key was found, if at all.
private enum Found {
    case nowhere
    case environment(String)
    case file(SettingsFile.Leaf)
    case twiceInFile

    struct Fault: Error {
        let line: String
    }

    init(_ definition: SettingDefinition, environment: [String: String], file: SettingsFile) {
        if let text = environment[definition.environmentName] {
            self = .environment(text)
        } else if file.duplicates.contains(definition.name) {
            self = .twiceInFile
        } else if let leaf = file.leaves[definition.name] {
            self = .file(leaf)
        } else {
            self = .nowhere
        }
    }

    func content(_ definition: SettingDefinition, reader: ConfigReader) throws(Fault) -> SettingContent? {
        let name = "\(definition.environmentName) (\(definition.name))"
        switch self {
        case .nowhere where definition.isRequired:
            throw Fault(line: "\(name): required, but not set; expected \(definition.kind)")
        case .nowhere:
            return nil
        case .twiceInFile:
            throw Fault(line: "\(name): given twice in the file")
        case .environment, .file:
            guard let content = definition.kind.read(definition, from: reader) else {
                let shown = definition.isSecret ? "what is set (not shown)" : self.description
                throw Fault(line: "\(name): expected \(definition.kind), found \(shown)")
            }
            return content
        }
    }

    private var description: String {
        switch self {
        case .nowhere, .twiceInFile: "nothing"
        case .environment(let text): "\(Self.quoted(text)) in the environment"
        case .file(.unusable(let what)): "\(what) in the file"
        case .file(.value(let content)): "\(Self.shown(content)) in the file"
        }
    }

    private static func shown(_ content: ConfigContent) -> String {
        switch content {
        case .string(let text): self.quoted(text)
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .bool(let value): String(value)
        case .stringArray(let texts): "[" + texts.map { self.quoted($0) }.joined(separator: ", ") + "]"
        default: "something else"
        }
    }

    /// On one line and not longer than a terminal's.
    private static func quoted(_ text: String) -> String {
        let limit = 80
        return text.count > limit ? "\(String(text.prefix(limit)).debugDescription)..." : text.debugDescription
    }
}

extension SettingKind {
    /// The value of a key that is set somewhere; `nil` where it is not of this kind.
    fileprivate func read(_ definition: SettingDefinition, from reader: ConfigReader) -> SettingContent? {
        let key = ConfigKey(definition.name)
        switch self {
        case .text:
            guard let text = try? reader.requiredString(forKey: key, isSecret: definition.isSecret), !text.isEmpty
            else { return nil }
            return .text(text)
        case .choice(let words):
            guard let found = try? reader.requiredString(forKey: key),
                let word = words.first(where: { $0.lowercased() == found.lowercased() })
            else { return nil }
            return .text(word)
        case .integer(let range):
            guard let integer = try? reader.requiredInt(forKey: key), range.contains(integer) else { return nil }
            return .integer(integer)
        case .boolean:
            guard let boolean = try? reader.requiredBool(forKey: key) else { return nil }
            return .boolean(boolean)
        case .list:
            guard let list = try? reader.requiredStringArray(forKey: key), !list.contains("") else { return nil }
            return .list(list)
        }
    }
}
