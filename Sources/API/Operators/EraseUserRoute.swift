import Hummingbird
import Logging
import Notifications
import Operations
import Postgres
import Store

/// `DELETE /api/users/{id}`: erases a person, and answers with a receipt. Repeating it is safe; a sender that goes on
/// writes to somebody new.
struct EraseUserRoute: Sendable {
    static let longestID = 128

    let access: ServiceAccess
    let pool: PostgresPool
    let changes: InboxChanges
    let topicRetentionDays: Int
    let deeds: Deeds

    func handle(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try self.access.require(.admin, of: request, in: context)
        let userID = try Self.userID(context.parameters.get("id") ?? "")
        let receipt: EraseUser.Receipt
        do {
            receipt = try await EraseUser.run(
                userID, now: .now, topicRetentionDays: self.topicRetentionDays, on: self.pool)
        } catch {
            // Begun, perhaps, and then finished by Delivery's keeper without being asked again.
            self.deeds.unfinishedErasure(of: userID, by: token, trace: context.trace)
            throw error
        }
        if let version = receipt.version {
            await self.changes.announce(userID, version: version, logger: context.logger)
        }
        // The audit alone says who it was: a log would keep what was to be erased.
        self.deeds.erased(userID, by: token, trace: context.trace)
        context.logger.info(
            "a user was erased", metadata: ["service": "\(token.serviceName)", "rows": "\(receipt.removed.total)"])
        return try Response(json: Receipt(receipt))
    }

    /// - Throws: `Problem`, 422, for what can be nobody's id.
    static func userID(_ segment: String) throws -> String {
        guard let userID = String(percentEncoded: segment), !userID.contains("\0") else {
            throw Problem.invalid(Faults([Fault("/id", .controlCharacter, "UTF-8, percent-encoded, without U+0000")]))
        }
        guard !userID.isEmpty else {
            throw Problem.invalid(Faults([Fault("/id", .empty, "the id of a user is needed")]))
        }
        guard userID.utf8.count <= Self.longestID else {
            throw Problem.invalid(Faults([Fault("/id", .tooLong, "at most \(Self.longestID) bytes")]))
        }
        return userID
    }

    struct Receipt: Encodable {
        let erasedAt: String
        let secondSweepAt: String
        let removed: Removed

        init(_ receipt: EraseUser.Receipt) {
            self.erasedAt = receipt.erasedAt.description
            self.secondSweepAt = receipt.sweepAt.description
            self.removed = Removed(
                notifications: receipt.removed.notifications, scheduled: receipt.removed.scheduled,
                preferences: receipt.removed.preferences, idempotencyKeys: receipt.removed.idempotencyKeys,
                cancellations: receipt.removed.cancellations, reschedules: receipt.removed.reschedules,
                deadLetters: receipt.removed.deadLetters, requestCounts: receipt.removed.requestCounts)
        }

        enum CodingKeys: String, CodingKey {
            case removed
            case erasedAt = "erased_at"
            case secondSweepAt = "second_sweep_at"
        }
    }

    struct Removed: Encodable {
        let notifications: Int
        let scheduled: Int
        let preferences: Int
        let idempotencyKeys: Int
        let cancellations: Int
        let reschedules: Int
        let deadLetters: Int
        let requestCounts: Int

        enum CodingKeys: String, CodingKey {
            case notifications, scheduled, preferences, cancellations, reschedules
            case idempotencyKeys = "idempotency_keys"
            case deadLetters = "dead_letters"
            case requestCounts = "request_counts"
        }
    }
}
