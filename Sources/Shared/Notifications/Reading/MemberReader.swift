/// Takes the members of a JSON object one by one and gathers what is wrong with them.
///
/// A member that is `null` counts as absent. What nobody asked for is a fault, so that a misspelt `shedule` does not
/// silently become "now".
struct MemberReader {
    private var members: [String: JSONValue]
    private(set) var faults: [Fault] = []
    /// The pointer to the object.
    private let place: String

    init(_ members: [String: JSONValue], at place: String = "") {
        self.members = members
        self.place = place
    }

    mutating func fault(_ name: String, _ code: Fault.Code, _ detail: String) {
        self.faults.append(Fault(self.place + pointer(name), code, detail))
    }

    mutating func bool(_ name: String) -> Bool? {
        switch self.members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .bool(let bool): return bool
        case .some:
            self.fault(name, .wrongType, "must be true or false")
            return nil
        }
    }

    /// A whole number from 0 on.
    mutating func number(_ name: String) -> Int64? {
        switch self.members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .integer(let number) where number >= 0: return number
        case .some:
            self.fault(name, .wrongType, "must be a whole number from 0 on")
            return nil
        }
    }

    /// Leaves out what may be there and does not matter.
    mutating func ignore(_ name: String) { self.members[name] = nil }

    mutating func requiredText(_ name: String, limit: Int) -> String? {
        guard self.has(name), let text = self.text(name, limit: limit) else { return nil }
        return self.nonEmpty(name, text)
    }

    /// Text with control characters is refused.
    mutating func text(_ name: String, limit: Int) -> String? {
        guard let text = self.anyText(name, limit: limit) else { return nil }
        guard !Self.hasControlCharacters(text) else {
            self.fault(name, .controlCharacter, "must not contain control characters")
            return nil
        }
        return text
    }

    /// Text made inert, with something in it that can be seen.
    mutating func requiredPlainText(_ name: String, limit: Int) -> String? {
        guard self.has(name), let text = self.anyText(name, limit: limit) else { return nil }
        return self.nonEmpty(name, Self.unlessBlank(PlainText.from(text)) ?? "")
    }

    /// Text made inert, on one line; `nil` where nothing of it is left to be seen.
    mutating func plainLine(_ name: String, limit: Int) -> String? {
        self.anyText(name, limit: limit).flatMap { Self.unlessBlank(PlainText.from($0, lines: .joined)) }
    }

    mutating func time(_ name: String) -> Instant? {
        switch self.members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .string(let text):
            guard let instant = Instant(rfc3339: text) else {
                self.fault(name, .badTime, "an RFC 3339 time with an offset, such as 2030-01-31T09:00:00+01:00")
                return nil
            }
            return instant
        case .some:
            self.fault(name, .wrongType, "must be a string")
            return nil
        }
    }

    /// The object as compact JSON text, with every string in it made inert.
    ///
    /// - Parameter limit: for what was sent. What is left is never longer.
    mutating func plainObject(_ name: String, limit: Int) -> String? {
        guard let value = self.members.removeValue(forKey: name), value != .null else { return nil }
        guard case .object = value, let sent = try? value.canonicalText() else {
            self.fault(name, .wrongType, "must be an object")
            return nil
        }
        guard sent.utf8.count <= limit else {
            self.fault(name, .tooLong, "at most \(limit) bytes as compact JSON")
            return nil
        }
        return try? PlainText.from(value, at: self.place + pointer(name), faults: &self.faults).canonicalText()
    }

    mutating func refuseTheRest() {
        for name in self.members.keys.sorted() {
            self.fault(name, .unknownMember, "is not known here")
        }
        self.members = [:]
    }

    /// Whether a required member is there.
    private mutating func has(_ name: String) -> Bool {
        guard self.members[name] == nil || self.members[name] == .null else { return true }
        self.members[name] = nil
        self.fault(name, .required, "is required")
        return false
    }

    private mutating func nonEmpty(_ name: String, _ text: String) -> String? {
        guard !text.isEmpty else {
            self.fault(name, .empty, "must not be empty")
            return nil
        }
        return text
    }

    /// Text of at most so many bytes as it was sent.
    private mutating func anyText(_ name: String, limit: Int) -> String? {
        switch self.members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .string(let text):
            guard text.utf8.count <= limit else {
                self.fault(name, .tooLong, "at most \(limit) bytes of UTF-8")
                return nil
            }
            return text
        case .some:
            self.fault(name, .wrongType, "must be a string")
            return nil
        }
    }

    private static func hasControlCharacters(_ text: String) -> Bool {
        // In ASCII they need no table.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return false }
        return text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func unlessBlank(_ text: String) -> String? {
        text.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? nil : text
    }
}
