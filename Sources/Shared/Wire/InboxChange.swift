internal import SwiftProtobuf

/// A user's inbox is now at least at this version: the record value on `inbox-changes`.
public struct InboxChange: Sendable, Hashable {
    public let userID: String
    public let version: Int64

    public init(userID: String, version: Int64) {
        self.userID = userID
        self.version = version
    }

    public func encoded() throws -> [UInt8] {
        var message = Notifi_V1_InboxChange()
        message.userID = self.userID
        message.version = self.version
        return try message.serializedBytes()
    }

    /// - Throws: `WireError`, for bytes that no version of Notifi wrote.
    public init(encoded bytes: [UInt8]) throws(WireError) {
        let message: Notifi_V1_InboxChange
        do {
            message = try Notifi_V1_InboxChange(serializedBytes: bytes)
        } catch {
            throw .malformed(schema: "notifi.v1.InboxChange")
        }
        guard !message.userID.isEmpty else { throw .invalid(field: "user_id") }
        self.init(userID: message.userID, version: message.version)
    }
}
