/// A kind of notification that a sender may name, as an operator registered it.
public struct EventType: Sendable, Hashable {
    public let name: String
    public let label: String
    /// Whether people who have not chosen get it.
    public let isOnByDefault: Bool
    /// Critical ones cannot be switched off and pass the limit of a user.
    public let isCritical: Bool
    /// A disabled one is refused at the API; what was accepted before is still delivered.
    public let isDisabled: Bool

    public init(
        name: String, label: String, isOnByDefault: Bool = true, isCritical: Bool = false, isDisabled: Bool = false
    ) {
        self.name = name
        self.label = label
        self.isOnByDefault = isOnByDefault
        self.isCritical = isCritical
        self.isDisabled = isDisabled
    }

    /// 1 to 64 of `a-z 0-9 _ . -`, beginning with a letter.
    public static func isValidName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_.-".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
}
