/// What a person wants to be marked on a notification; `nil` leaves that as it is.
public struct InboxMarks: Sendable, Hashable {
    /// Reading marks as seen too.
    public var read: Bool?
    public var seen: Bool?
    public var archived: Bool?

    public init(read: Bool? = nil, seen: Bool? = nil, archived: Bool? = nil) {
        self.read = read
        self.seen = seen
        self.archived = archived
    }

    /// Reads `{"read": …, "seen": true, "archived": …}`, of which at least one has to be there.
    public static func read(_ json: JSONValue) -> Result<InboxMarks, Faults> {
        guard case .object(let members) = json else {
            return .failure(Faults([Fault("", .wrongType, "marks are a JSON object")]))
        }
        var reader = MemberReader(members)
        let marks = InboxMarks(
            read: reader.bool("read"), seen: reader.bool("seen"), archived: reader.bool("archived"))
        if marks.seen == false { reader.fault("seen", .wrongType, "can only be true") }
        reader.refuseTheRest()
        guard reader.faults.isEmpty else { return .failure(Faults(reader.faults)) }
        guard marks != InboxMarks() else {
            return .failure(Faults([Fault("", .required, "at least one of read, seen, archived")]))
        }
        return .success(marks)
    }

    /// Whether anything would be another than it is.
    public func wouldChange(_ item: InboxItem) -> Bool {
        if let read, read != (item.readAt != nil) { return true }
        if self.read == true || self.seen == true, item.seenAt == nil { return true }
        if let archived, archived != (item.archivedAt != nil) { return true }
        return false
    }
}

/// Up to which number all is to be marked.
public enum MarkLimit {
    /// Reads `{"up_to": …}`.
    public static func read(_ json: JSONValue) -> Result<Int64, Faults> {
        guard case .object(let members) = json else {
            return .failure(Faults([Fault("", .wrongType, "a JSON object with up_to")]))
        }
        var reader = MemberReader(members)
        let seq = reader.number("up_to")
        reader.refuseTheRest()
        if seq == nil, !reader.faults.contains(where: { $0.pointer == "/up_to" }) {
            reader.fault("up_to", .required, "is required")
        }
        guard reader.faults.isEmpty, let seq else { return .failure(Faults(reader.faults)) }
        return .success(seq)
    }
}
