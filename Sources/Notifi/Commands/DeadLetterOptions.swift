import ArgumentParser
import Foundation
import Notifications
import Operations
import Store

/// Which dead letters a command is about.
struct DeadLetterOptions: ParsableArguments {
    @Option(help: "The topic that they came from.")
    var topic: String?

    @Option(help: "A part of the reason, in either case.")
    var reason: String?

    @Option(help: "The recipient.")
    var user: String?

    @Option(help: "The id of the notification.", transform: Self.readID)
    var id: NotificationID?

    @Option(help: "The name of the sending service.")
    var service: String?

    @Option(
        help: ArgumentHelp("Recorded within this time: 90s, 15m, 12h, 30d.", valueName: "time"),
        transform: Lifetime.read)
    var since: Duration?

    func filter(_ standing: DeadLetterFilter.Standing?, now: Instant = .now) -> DeadLetterFilter {
        DeadLetterFilter(
            standing: standing, topic: self.topic, reason: self.reason, userID: self.user, id: self.id,
            service: self.service, recordedSince: self.since.map { now.advanced(bySeconds: -$0.components.seconds) })
    }

    var narrows: Bool {
        [self.topic, self.reason, self.user, self.service].contains { $0 != nil } || self.id != nil || self.since != nil
    }

    private static func readID(_ text: String) throws -> NotificationID {
        guard let id = NotificationID(text.lowercased()) else { throw ValidationError("an id is a UUID") }
        return id
    }
}

/// The dead letters that are to be settled: named by their origins, or by a filter.
struct DeadLetterChoice: ParsableArguments {
    /// What is settled at once; more needs another call.
    static let most = 10_000

    @Argument(help: "Origins, as `dead-letters list` shows them: topic/partition/offset.", transform: Self.readOrigin)
    var origins: [DeadLetterOrigin] = []

    @OptionGroup(title: "Instead of origins")
    var options: DeadLetterOptions

    @Flag(help: "All that are open.")
    var all = false

    func validate() throws {
        let ways = [!self.origins.isEmpty, self.options.narrows, self.all].count { $0 }
        guard ways == 1 else { throw ValidationError("give origins, or a filter, or --all") }
    }

    /// - Throws: ``CommandFailure`` for an origin that is not there, or is settled already.
    func rows(on store: some Querying) async throws -> [ListDeadLetters.Row] {
        guard !self.origins.isEmpty else {
            return try await ListDeadLetters.run(self.options.filter(.open), limit: Self.most, on: store)
        }
        var rows: [ListDeadLetters.Row] = []
        for origin in self.origins {
            let found = try await FindDeadLetters.run(origin, on: store).map(\.row)
            guard !found.isEmpty else { throw CommandFailure("there is no dead letter \(origin)") }
            let open = found.filter { $0.settled == nil }
            guard !open.isEmpty else {
                throw CommandFailure("\(origin) is \(found[0].settled?.how.rawValue ?? "settled") already")
            }
            rows += open
        }
        return rows
    }

    private static func readOrigin(_ text: String) throws -> DeadLetterOrigin {
        guard let origin = DeadLetterOrigin(text) else {
            throw ValidationError("'\(text)' is no origin like notifi.deliveries/3/42")
        }
        return origin
    }
}
