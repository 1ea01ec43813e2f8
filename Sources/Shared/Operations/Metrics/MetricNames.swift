/// What Prometheus allows in names, and how texts are escaped.
enum MetricNames {
    static let prefix = "notifi_"

    /// A metric's name with the prefix and what its kind ends in, each at most once.
    static func metric(_ label: String, suffix: String = "") -> String {
        var name = self.sanitized(label, keepingColons: true)
        if !name.hasPrefix(self.prefix) {
            name = self.prefix + name
        }
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `{a="1",b="2"}`, sorted by name; empty without labels. `reserved` is the label that the kind itself sets.
    static func labels(_ dimensions: [(String, String)], reserved: String? = nil) -> [(name: String, value: String)] {
        var labels: [String: String] = [:]
        for (name, value) in dimensions {
            var label = self.sanitized(name, keepingColons: false)
            if label == reserved || label.hasPrefix("__") {
                label = "label_\(label)"
            }
            if labels[label] == nil {
                labels[label] = value
            }
        }
        return labels.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    static func text(of labels: [(name: String, value: String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\($0.name)=\"\(self.escaped($0.value, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Backslashes and line feeds are escaped in help texts; in label values quotation marks too.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let integer = Int64(exactly: value) { return String(integer) }
        return String(value)
    }

    private static func sanitized(_ text: String, keepingColons: Bool) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, name.isEmpty {
                name = "_"
            }
            name.unicodeScalars.append(isLetter || isDigit || (scalar == ":" && keepingColons) ? scalar : "_")
        }
        return name.isEmpty ? "_" : name
    }
}
