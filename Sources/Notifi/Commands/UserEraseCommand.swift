import ArgumentParser
import Foundation
import Kafka
import Notifications
import Operations
import Store
import Wire

struct UserEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase a person: inbox, what is scheduled, preferences, trails. It cannot be undone.",
        discussion: """
            What is still in Kafka never appears; what it brings to the database meanwhile is swept a second time, when \
            the topics hold nothing of before any more. Whatever is sent to the same id from now on is delivered: it is \
            somebody new.
            """)

    @Argument(help: "The user's id, 1 to 128 bytes.")
    var user: String

    @Flag(help: "Without asking.")
    var yes = false

    func validate() throws {
        guard (1...128).contains(self.user.utf8.count) else {
            throw ValidationError("the id of a user has 1 to 128 bytes")
        }
    }

    func run() async throws {
        if !self.yes { try self.ask() }
        let user = self.user
        let audit = try Surroundings.audit()
        let settings = try Settings.load(Settings.postgres + Settings.kafka + [PipelineSettings.topicRetentionDays])
        let receipt: EraseUser.Receipt
        do {
            receipt = try await Surroundings.withDatabase { pool in
                try await EraseUser.run(
                    user, now: .now, topicRetentionDays: settings[PipelineSettings.topicRetentionDays], on: pool)
            }
        } catch {
            // Begun, perhaps, and then finished by Delivery's keeper without being asked again.
            audit.write(AuditLine(.eraseUser, by: Surroundings.actor, outcome: "unfinished", userID: user))
            throw error
        }
        audit.write(AuditLine(.eraseUser, by: Surroundings.actor, outcome: "erased", userID: user))
        print(Self.text(receipt))
        if let version = receipt.version { await Self.announce(user, version, settings) }
    }

    private func ask() throws {
        FileHandle.standardError.write(Data("Erase \(self.user) for good? Type the id again: ".utf8))
        guard readLine() == self.user else { throw CommandFailure("nothing was erased") }
    }

    static func text(_ receipt: EraseUser.Receipt) -> String {
        let removed = receipt.removed
        let rows = [
            ("notifications", removed.notifications), ("scheduled", removed.scheduled),
            ("preferences", removed.preferences), ("idempotency keys", removed.idempotencyKeys),
            ("cancellations", removed.cancellations), ("reschedules", removed.reschedules),
            ("dead letters", removed.deadLetters), ("request counts", removed.requestCounts),
        ]
        return Table.text(["REMOVED", "ROWS"], rows.map { [$0.0, String($0.1)] })
            + "\nerased at \(receipt.erasedAt); second sweep after \(receipt.sweepAt)"
    }

    /// Without it an API may go on confirming the page that a browser has, for ten minutes at most.
    private static func announce(_ user: String, _ version: Int64, _ settings: Settings) async {
        do {
            let producer = try KafkaProducer(
                configuration: KafkaConfiguration(settings: settings, clientID: "notifi"), logger: Surroundings.logger)
            let change = KafkaRecord(
                topic: Topics(prefix: settings[KafkaSettings.topicPrefix]).inboxChanges, key: Array(user.utf8),
                value: try InboxChange(userID: user, version: version).encoded())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await producer.run() }
                _ = try await producer.send(change)
                group.cancelAll()
            }
        } catch is CancellationError {
            // The producer was ended, and had done its work.
        } catch {
            print("note: the APIs were not told (\(error)); browsers see it within ten minutes")
        }
    }
}
