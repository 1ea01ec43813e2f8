import Configuration
import Foundation

/// The JSON file of a configuration: its leaves by dotted key. `{"kafka": {"brokers": "a:9092"}}` and
/// `{"kafka.brokers": "a:9092"}` mean the same.
///
/// The library's own JSON provider cannot tell which keys a file has, nor `true` from `1`; both are needed to name
/// every fault, so the file is read here and handed to the library as values in memory.
struct SettingsFile: Sendable {
    private(set) var leaves: [String: Leaf] = [:]
    /// Keys that were given twice, nested and dotted.
    private(set) var duplicates: Set<String> = []

    enum Leaf: Sendable, Equatable {
        case value(ConfigContent)
        /// Something that no key accepts, as a fault names it.
        case unusable(String)
    }

    init() {}

    init(contentsOf path: String) throws(SettingsError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw SettingsError(faults: ["NOTIFI_CONFIG_FILE: \(path) cannot be read"])
        }
        try self.init(data: data, path: path)
    }

    init(data: Data, path: String) throws(SettingsError) {
        guard let node = try? JSONDecoder().decode(Node.self, from: data), case .object(let members) = node else {
            throw SettingsError(faults: ["NOTIFI_CONFIG_FILE: \(path) is not a JSON object"])
        }
        for (name, member) in members {
            self.add(member, at: name)
        }
    }

    var provider: InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for case (let name, .value(let content)) in self.leaves {
            values[AbsoluteConfigKey(ConfigKey(name))] = ConfigValue(content, isSecret: true)
        }
        return InMemoryProvider(name: "file", values: values)
    }

    private mutating func add(_ node: Node, at name: String) {
        let leaf: Leaf
        switch node {
        case .null:
            return
        case .object(let members):
            for (key, member) in members {
                self.add(member, at: "\(name).\(key)")
            }
            return
        case .boolean(let value): leaf = .value(.bool(value))
        case .integer(let value): leaf = .value(.int(value))
        case .number(let value): leaf = .value(.double(value))
        case .text(let value): leaf = .value(.string(value))
        case .array(let nodes):
            let texts = nodes.compactMap { if case .text(let text) = $0 { text } else { nil } }
            leaf = texts.count == nodes.count ? .value(.stringArray(texts)) : .unusable("a list of other things")
        }
        if self.leaves.updateValue(leaf, forKey: name) != nil {
            self.duplicates.insert(name)
        }
    }

    private enum Node: Decodable {
        case null
        case boolean(Bool)
        case integer(Int)
        case number(Double)
        case text(String)
        case array([Node])
        case object([String: Node])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .boolean(value)
            } else if let value = try? container.decode(Int.self) {
                self = .integer(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else if let value = try? container.decode([Node].self) {
                self = .array(value)
            } else {
                self = .object(try container.decode([String: Node].self))
            }
        }
    }
}
