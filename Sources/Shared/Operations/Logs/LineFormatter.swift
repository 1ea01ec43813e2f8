import Logging

/// Turns an event into one line. Pure: no clock, no output.
struct LineFormatter: Sendable {
    let daemon: String
    let format: LogFormat

    /// - Returns: the line with its line feed, which is the only one in it.
    func line(
        time: String, level: Logger.Level, message: String, metadata: Logger.Metadata, error: String?
    ) -> String {
        switch self.format {
        case .json: self.json(time: time, level: level, message: message, metadata: metadata, error: error)
        case .text: self.text(time: time, level: level, message: message, metadata: metadata, error: error)
        }
    }

    private static let reserved: Set<String> = ["time", "level", "daemon", "message"]

    private func json(
        time: String, level: Logger.Level, message: String, metadata: Logger.Metadata, error: String?
    ) -> String {
        var line = "{\"time\":"
        line.appendJSON(time)
        line += ",\"level\":\"\(level.rawValue)\",\"daemon\":"
        line.appendJSON(self.daemon)
        line += ",\"message\":"
        line.appendJSON(message)
        for (key, value) in Self.fields(metadata, error: error) {
            line += ","
            line.appendJSON(Self.reserved.contains(key) ? "\(key)_" : key)
            line += ":"
            line.appendJSON(value)
        }
        line += "}\n"
        return line
    }

    private func text(
        time: String, level: Logger.Level, message: String, metadata: Logger.Metadata, error: String?
    ) -> String {
        var line = "\(time) \(level.rawValue) \(self.daemon): "
        line.appendPrintable(message)
        for (key, value) in Self.fields(metadata, error: error) {
            line += " "
            line.appendPrintable(key)
            line += "="
            line.appendPrintable("\(value)")
        }
        line += "\n"
        return line
    }

    private static func fields(_ metadata: Logger.Metadata, error: String?) -> [(String, Logger.MetadataValue)] {
        var fields = metadata
        if let error {
            fields[LogKey.error] = .string(error)
        }
        return fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension String {
    /// Appends a JSON string, quotes included. What is not printable, and what ends a line for some readers, is
    /// escaped.
    mutating func appendJSON(_ text: String) {
        self += "\""
        defer { self += "\"" }
        // Nearly all that is logged is plain ASCII, and going through it scalar by scalar costs ten times as much.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        {
            self += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case _ where scalar.isControl: self += "\\u" + scalar.fourHexDigits
            default: self.unicodeScalars.append(scalar)
            }
        }
    }

    fileprivate mutating func appendJSON(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text):
            self.appendJSON(text)
        case .stringConvertible(let integer as any FixedWidthInteger):
            self += "\(integer)"
        case .stringConvertible(let number as Double) where number.isFinite:
            self += "\(number)"
        case .stringConvertible(let boolean as Bool):
            self += "\(boolean)"
        case .stringConvertible(let other):
            self.appendJSON("\(other)")
        case .array(let values):
            self += "["
            for (index, value) in values.enumerated() {
                self += index == 0 ? "" : ","
                self.appendJSON(value)
            }
            self += "]"
        case .dictionary(let members):
            self += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                self += index == 0 ? "" : ","
                self.appendJSON(member.key)
                self += ":"
                self.appendJSON(member.value)
            }
            self += "}"
        }
    }

    /// Appends a text so that it stays on its line and cannot steer a terminal.
    fileprivate mutating func appendPrintable(_ text: String) {
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            self += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case _ where scalar.isControl: self += "\\u{\(String(scalar.value, radix: 16))}"
            default: self.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        self.value < 0x20 || (0x7F...0x9F).contains(self.value) || self.value == 0x2028 || self.value == 0x2029
    }

    fileprivate var fourHexDigits: String {
        let digits = String(self.value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}
