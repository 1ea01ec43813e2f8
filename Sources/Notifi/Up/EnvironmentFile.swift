/// Lines of `KEY=VALUE`, as `.notifi/env` holds them for scripts: `set -a; . .notifi/env; set +a`.
struct EnvironmentFile: Sendable, Equatable {
    /// In the order of the file.
    private(set) var entries: [(name: String, value: String)] = []

    init() {}

    /// Reads what ``text`` wrote. Comments and lines that are no assignment are skipped; of two values the last counts.
    init(text: String) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            self[String(line[..<equals])] = Self.unquoted(line[line.index(after: equals)...])
        }
    }

    subscript(name: String) -> String? {
        get { self.entries.last { $0.name == name }?.value }
        set {
            self.entries.removeAll { $0.name == name }
            if let newValue {
                self.entries.append((name, newValue))
            }
        }
    }

    /// The file. A value that a shell would read otherwise is put in single quotes.
    func text(comment: String) -> String {
        let comments = comment.split(separator: "\n", omittingEmptySubsequences: false).map { "# \($0)\n" }
        return comments.joined() + self.entries.map { "\($0.name)=\(Self.quoted($0.value))\n" }.joined()
    }

    static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.entries.elementsEqual(rhs.entries) { $0 == $1 }
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default:
                "_-.,:/@%+=".utf8.contains(byte)
            }
        }
        guard !isPlain else { return value }
        let parts = value.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: #"'\''"#) + "'"
    }

    private static func unquoted(_ value: Substring) -> String {
        guard value.count >= 2, value.hasPrefix("'"), value.hasSuffix("'") else { return String(value) }
        return value.dropFirst().dropLast().split(separator: #"'\''"#, omittingEmptySubsequences: false)
            .joined(separator: "'")
    }
}
