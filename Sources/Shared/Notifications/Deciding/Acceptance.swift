internal import Crypto
public import FoundationEssentials

extension Notification {
    /// Gives a draft its id and its times.
    ///
    /// - Parameters:
    ///   - key: the `Idempotency-Key`; with one the id is derived, so that a repeat names the same notification.
    ///   - now: the API's clock, kept to the millisecond. It is the due time where there is no schedule.
    public static func accept(
        _ draft: Draft, from service: UUID, key: String?, now: Instant, trace: TraceContext?,
        using random: inout some RandomNumberGenerator
    ) -> Notification {
        let acceptedAt = now.flooredToMilliseconds
        let fresh = NotificationID.fresh(at: acceptedAt, using: &random)
        return Notification(
            id: key.map { NotificationID.derived(service: service, key: $0, user: draft.userID) } ?? fresh,
            service: service, userID: draft.userID, content: draft.content, acceptedAt: acceptedAt,
            dueAt: draft.schedule ?? acceptedAt, isScheduled: draft.schedule != nil, expiresAt: draft.expiresAt,
            request: key.map { _ in fresh.uuid }, trace: trace)
    }
}

extension Notification {
    /// SHA-256 over all that the sender said, each field with its length: two requests agree only if they mean the same.
    public var fingerprint: [UInt8] {
        let content = self.content
        let schedule = self.isScheduled ? self.dueAt.description : nil
        let fields: [String?] = [
            self.userID, content.eventType, content.message, content.title, content.actionURL,
            content.priority.rawValue, content.data, schedule, self.expiresAt?.description,
        ]
        var hash = SHA256()
        for field in fields {
            hash.update(data: Array("\(field?.utf8.count ?? -1):".utf8))
            hash.update(data: Array((field ?? "").utf8))
        }
        return Array(hash.finalize())
    }
}
