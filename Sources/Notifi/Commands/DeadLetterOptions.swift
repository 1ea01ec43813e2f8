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

    @Option(
        help: ArgumentHelp("Recorded longer ago than this: 90s, 15m, 12h, 30d.", valueName: "time"),
        transform: Lifetime.read)
    var olderThan: Duration?

    func validate() throws {
        let texts = [("topic", self.topic), ("reason", self.reason), ("user", self.user), ("service", self.service)]
        for case (let name, let text?) in texts where text.isEmpty || text.contains("\0") {
            // An empty reason would be a part of every one.
            throw ValidationError("--\(name) has to be a text")
        }
    }

    func filter(_ standing: DeadLetterFilter.Standing?, now: Instant = .now) -> DeadLetterFilter {
        func ago(_ time: Duration?) -> Instant? { time.map { now.advanced(bySeconds: -$0.components.seconds) } }
        return DeadLetterFilter(
            standing: standing, topic: self.topic, reason: self.reason, userID: self.user, id: self.id,
            service: self.service, recordedSince: ago(self.since), recordedBefore: ago(self.olderThan))
    }

    var narrows: Bool {
        [self.topic, self.reason, self.user, self.service].contains { $0 != nil } || self.id != nil
            || self.since != nil || self.olderThan != nil
    }

    private static func readID(_ text: String) throws -> NotificationID {
        guard let id = NotificationID(text.lowercased()) else { throw ValidationError("an id is a UUID") }
        return id
    }
}

/// The dead letters that are to be settled: named by their origins, or by a filter.
struct DeadLetterChoice: ParsableArguments {
    /// What is settled by one call; more needs another one.
    static let most = 10_000

    @Argument(
        help: "Origins, as `dead-letters list` shows them: topic/partition/offset.", transform: DeadLetterName.read)
    var origins: [DeadLetterName] = []

    @OptionGroup(title: "Instead of origins")
    var options: DeadLetterOptions

    @Flag(help: "All that are open.")
    var all = false

    func validate() throws {
        let ways = [!self.origins.isEmpty, self.options.narrows, self.all].count { $0 }
        guard ways == 1 else { throw ValidationError("give origins, or a filter, or --all") }
    }

    var isWide: Bool { self.origins.isEmpty }

    /// The oldest first, so that they go in the order in which they came, each once.
    ///
    /// - Throws: ``CommandFailure`` for an origin that is not there, or is settled already.
    func rows(on store: some Querying) async throws -> (rows: [ListDeadLetters.Row], areMore: Bool) {
        guard !self.origins.isEmpty else {
            let rows = try await ListDeadLetters.run(
                self.options.filter(.open), oldestFirst: true, limit: Self.most + 1, on: store)
            return (Array(rows.prefix(Self.most)), rows.count > Self.most)
        }
        var rows: [ListDeadLetters.Row] = []
        var seen: Set<DeadLetterName> = []
        for name in self.origins {
            let row = try await name.findOpen(on: store)
            if seen.insert(DeadLetterName(row)).inserted { rows.append(row) }
        }
        return (rows, false)
    }
}
