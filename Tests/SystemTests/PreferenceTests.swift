import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Undisturbed {
    /// What people switched off is not delivered, and its sender is told.
    @Suite
    struct PreferenceTests {
        @Test("switched off after it was scheduled: it ends as suppressed:preference, and other types arrive")
        func appliedWhereTheInboxIsWritten() async throws {
            let installation = try await Installation.healthy
            let user = installation.users(1, "choice")[0]
            let service = installation.service
            // Far enough that it is still scheduled when it is looked at, and when the choice is made.
            let unwanted = try await service.send(Outgoing(to: user, "unwanted", at: .inSeconds(8)))
            _ = try await service.record(of: unwanted.id, in: "scheduled")
            try await installation.database.choose(false, "new_message", for: user)

            let now = try await service.send(Outgoing(to: user, "unwanted as well"))
            var status = Outgoing(to: user, "wanted")
            status.eventType = "status_change"
            let wanted = try await service.send(status)
            _ = try await service.record(of: wanted.id, in: "delivered")

            let told = try await service.record(of: unwanted.id, in: "suppressed:preference")
            #expect(told.events == ["accepted", "scheduled", "claimed", "suppressed"])
            #expect(told.step("suppressed")?.detail == "preference")
            #expect(
                try await service.record(of: now.id, in: "suppressed:preference").events == ["accepted", "suppressed"])
            let listed = try await service.list("status=suppressed:preference&user_id=\(user)")
            #expect(Set(listed) == [unwanted.id, now.id])
            let person = try await installation.person(user)
            #expect(try await person.inbox().map(\.id) == [wanted.id])
            #expect(try await person.markRead(unwanted.id).status == 404)

            // What was suppressed stays so; what comes after is wanted again.
            try await installation.database.choose(true, "new_message", for: user)
            let after = try await service.send(Outgoing(to: user, "wanted again"))
            _ = try await service.record(of: after.id, in: "delivered")
            #expect(try await person.inbox().map(\.id) == [after.id, wanted.id])
        }
    }
}
