import NIOCore
import Notifications
import Operations

/// Sends notifications to people who look until they see them, while something else loads the same installation.
struct VisibilityProbe: Sendable {
    /// One notification on its way, each time by the one clock of this machine.
    struct Sample: Sendable {
        let user: String
        /// When it should have been sent; what the time until it is seen is measured from.
        let due: Instant
        let answered: Instant
        let seen: Instant
    }

    /// Somebody who has looked once, and seen nothing.
    private struct Person: Sendable {
        let name: String
        let post: ByteBuffer
        let look: ByteBuffer
    }

    private let port: Int
    /// Of each lane, in the order in which they get something.
    private let people: [[Person]]

    private static let lanes = 16
    /// Of one lane.
    private static let interval = Duration.milliseconds(250)
    /// Between two looks of a waiting person, at least.
    private static let look = Duration.milliseconds(1)
    /// One who has waited for long looks seldom: so much of the wait may be the look's own. Looking every millisecond, those
    /// who wait would become the load that they wait for.
    private static let lookShare = 20
    private static let patience = Duration.seconds(30)

    /// Has everybody look beforehand, so that this is no part of what is measured.
    ///
    /// - Parameter name: of the users, so that each is new.
    static func prepare(
        _ name: String, on pipeline: BenchPipeline, duration: Duration
    ) async throws -> VisibilityProbe {
        let (site, port) = (pipeline.site, pipeline.port)
        let people = try await HTTPDialogue.with(port: port) { dialogue in
            var people: [[Person]] = []
            for lane in 0..<Self.lanes {
                people.append([])
                for number in 0..<max(1, Int(duration / Self.interval)) {
                    let user = "\(name)-\(lane)-\(number)"
                    let session = try await site.session(user)
                    let empty = try await dialogue.ask(BenchSite.unread(session))
                    guard let etag = empty.header("etag") else {
                        throw CommandFailure("an inbox is answered by \(empty.text)")
                    }
                    let json =
                        #"{"user_id":"\#(user)","event_type":"status_change","message":"\#(BenchTraffic.message(1))"}"#
                    people[lane].append(
                        Person(name: user, post: site.post(json: json), look: BenchSite.unread(session, etag: etag)))
                }
            }
            return people
        }
        return VisibilityProbe(port: port, people: people)
    }

    func run() async throws -> [Sample] {
        let begin = ContinuousClock.now + .milliseconds(100)
        return try await withThrowingTaskGroup(of: [Sample].self) { group in
            for (lane, people) in self.people.enumerated() {
                let first = begin + Self.interval * lane / Self.lanes
                group.addTask {
                    try await HTTPDialogue.with(port: self.port) { dialogue in
                        var samples: [Sample] = []
                        for (number, person) in people.enumerated() {
                            let due = first + Self.interval * number
                            samples.append(try await Self.sample(person, due: due, &dialogue))
                        }
                        return samples
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func sample(
        _ person: Person, due: ContinuousClock.Instant, _ dialogue: inout HTTPDialogue
    ) async throws -> Sample {
        // One that is sent late, since the one before took long, counts from when it was due; the lateness of a timer does
        // not count.
        var late = ContinuousClock.now - due
        if late < .zero {
            try await ContinuousClock().sleep(until: due)
            late = .zero
        }
        let sent = Instant.now
        let answer = try await dialogue.ask(person.post)
        let answered = Instant.now
        guard answer.status == 202 else { throw CommandFailure("a POST is answered by \(answer.text.prefix(300))") }
        let begin = ContinuousClock.now
        while try await dialogue.ask(person.look).status != 200 {
            let waited = ContinuousClock.now - begin
            guard waited < Self.patience else {
                throw CommandFailure("\(person.name) saw nothing within \(Self.patience)")
            }
            try await ContinuousClock().sleep(for: max(Self.look, waited / Self.lookShare))
        }
        return Sample(
            user: person.name, due: Instant(microseconds: sent.microseconds - Int64(late / .microseconds(1))),
            answered: answered, seen: .now)
    }
}
