/// Why a record's value could not be read. Such a record goes to `dead-letters` with this as its reason.
public enum WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not protobuf, or cut off.
    case malformed(schema: String)
    /// Readable, but a field that must be there is missing or impossible.
    case invalid(field: String)

    public var description: String {
        switch self {
        case .malformed(let schema): "not a readable \(schema)"
        case .invalid(let field): "the field \(field) is missing or impossible"
        }
    }
}
