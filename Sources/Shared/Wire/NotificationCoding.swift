internal import FoundationEssentials
public import Notifications
internal import SwiftProtobuf

extension Notification {
    /// The record value for `requests` and `deliveries`, and the outbox' payload: `notifi.v1.Notification`.
    /// The trace is not in it; it travels in the record's headers.
    public func encoded() throws -> [UInt8] {
        // Fields that a newer version added are read back first, so that they survive an older router or poller.
        var message = try Notifi_V1_Notification(serializedBytes: self.unknownFields)
        message.id = Data(self.id.bytes)
        message.serviceID = Data(self.service.bytes)
        message.userID = self.userID
        message.eventType = self.content.eventType
        message.message = self.content.message
        if let title = self.content.title { message.title = title }
        if let actionURL = self.content.actionURL { message.actionURL = actionURL }
        // One that only a newer version knows is among them, and stays as long as it is what was read.
        if Priority(message.priority) != self.content.priority || message.priority == .unspecified {
            message.priority = Notifi_V1_Priority(self.content.priority)
        }
        if let data = self.content.data { message.data = data }
        message.acceptedAt = self.acceptedAt.microseconds
        message.dueAt = self.dueAt.microseconds
        message.scheduled = self.isScheduled
        if let expiresAt = self.expiresAt { message.expiresAt = expiresAt.microseconds }
        if let claimedAt = self.claimedAt { message.claimedAt = claimedAt.microseconds }
        message.revision = self.revision
        if let request = self.request { message.requestID = Data(request.bytes) }
        return try message.serializedBytes()
    }

    /// 1970 to 9999: what RFC 3339 can write and Postgres can store.
    private static let times: ClosedRange<Int64> = 1...253_402_300_799_999_999

    /// - Throws: `WireError`, for bytes that no version of Notifi wrote.
    public init(encoded bytes: [UInt8], trace: TraceContext?) throws(WireError) {
        let message: Notifi_V1_Notification
        do {
            message = try Notifi_V1_Notification(serializedBytes: bytes)
        } catch {
            throw .malformed(schema: "notifi.v1.Notification")
        }
        guard let id = NotificationID(bytes: Array(message.id)) else { throw .invalid(field: "id") }
        guard let service = UUID(exactly: message.serviceID) else { throw .invalid(field: "service_id") }
        guard (1...Draft.Limit.userID).contains(message.userID.utf8.count), !message.userID.utf8.contains(0) else {
            throw .invalid(field: "user_id")
        }
        guard Self.times.contains(message.acceptedAt) else { throw .invalid(field: "accepted_at") }
        guard Self.times.contains(message.dueAt) else { throw .invalid(field: "due_at") }
        guard !message.hasExpiresAt || Self.times.contains(message.expiresAt) else {
            throw .invalid(field: "expires_at")
        }
        guard !message.hasClaimedAt || Self.times.contains(message.claimedAt) else {
            throw .invalid(field: "claimed_at")
        }
        var request: UUID?
        if message.hasRequestID {
            request = UUID(exactly: message.requestID)
            guard request != nil else { throw .invalid(field: "request_id") }
        }
        self.init(
            id: id, service: service, userID: message.userID,
            content: Content(
                eventType: message.eventType, message: message.message,
                title: message.hasTitle ? message.title : nil,
                actionURL: message.hasActionURL ? message.actionURL : nil,
                priority: Priority(message.priority), data: message.hasData ? message.data : nil),
            acceptedAt: Instant(microseconds: message.acceptedAt), dueAt: Instant(microseconds: message.dueAt),
            isScheduled: message.scheduled,
            expiresAt: message.hasExpiresAt ? Instant(microseconds: message.expiresAt) : nil,
            revision: message.revision,
            claimedAt: message.hasClaimedAt ? Instant(microseconds: message.claimedAt) : nil,
            request: request, trace: trace,
            unknownFields: message.priority.asUnknownField + Array(message.unknownFields.data))
    }
}

extension Notifi_V1_Priority {
    /// Where this version does not know it: the field as it was on the wire, so that it is carried along untouched.
    fileprivate var asUnknownField: [UInt8] {
        guard case .UNRECOGNIZED = self else { return [] }
        var message = Notifi_V1_Notification()
        message.priority = self
        // A message without required fields always has a form.
        return (try? message.serializedBytes()) ?? []
    }

    fileprivate init(_ priority: Priority) {
        self =
            switch priority {
            case .low: .low
            case .normal: .normal
            case .high: .high
            case .critical: .critical
            }
    }
}

extension Priority {
    /// A priority that this version does not know is shown as a normal one.
    fileprivate init(_ priority: Notifi_V1_Priority) {
        self =
            switch priority {
            case .low: .low
            case .high: .high
            case .critical: .critical
            case .unspecified, .normal, .UNRECOGNIZED: .normal
            }
    }
}

extension UUID {
    fileprivate init?(exactly data: Data) {
        guard data.count == 16 else { return nil }
        self.init(bytes: Array(data))
    }
}
