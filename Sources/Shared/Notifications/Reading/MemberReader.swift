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

    mutating func requiredText(_ name: String, limit: Int, mayBreakLines: Bool = false) -> String? {
        switch self.members[name] {
        case nil, .null:
            self.members[name] = nil
            self.fault(name, .required, "is required")
            return nil
        case .some:
            let text = self.text(name, limit: limit, mayBreakLines: mayBreakLines)
            guard text != "" else {
                self.fault(name, .empty, "must not be empty")
                return nil
            }
            return text
        }
    }

    mutating func text(_ name: String, limit: Int, mayBreakLines: Bool = false) -> String? {
        switch self.members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .string(let text):
            guard text.utf8.count <= limit else {
                self.fault(name, .tooLong, "at most \(limit) bytes of UTF-8")
                return nil
            }
            guard !text.unicodeScalars.contains(where: { isRefused($0, mayBreakLines: mayBreakLines) }) else {
                self.fault(name, .controlCharacter, "must not contain control characters")
                return nil
            }
            return text
        case .some:
            self.fault(name, .wrongType, "must be a string")
            return nil
        }
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

    /// The object as compact JSON text.
    mutating func object(_ name: String, limit: Int) -> String? {
        guard let value = self.members.removeValue(forKey: name), value != .null else { return nil }
        guard case .object = value, let text = try? value.canonicalText() else {
            self.fault(name, .wrongType, "must be an object")
            return nil
        }
        guard text.utf8.count <= limit else {
            self.fault(name, .tooLong, "at most \(limit) bytes as compact JSON")
            return nil
        }
        // NUL is the one character that Postgres cannot store.
        guard !value.strings.contains(where: { $0.unicodeScalars.contains("\0") }) else {
            self.fault(name, .controlCharacter, "must not contain the character U+0000")
            return nil
        }
        return text
    }

    mutating func refuseTheRest() {
        for name in self.members.keys.sorted() {
            self.fault(name, .unknownMember, "is not known here")
        }
        self.members = [:]
    }

    private func isRefused(_ scalar: Unicode.Scalar, mayBreakLines: Bool) -> Bool {
        guard scalar.properties.generalCategory == .control else { return false }
        return !(mayBreakLines && (scalar == "\n" || scalar == "\t" || scalar == "\r"))
    }
}
