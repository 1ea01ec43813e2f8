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

    let site: BenchSite
    let api: BenchDaemon
    /// Of the users, so that each is new.
    let name: String
    let duration: Duration

    private static let lanes = 16
    /// Of one lane.
    private static let interval = Duration.milliseconds(250)
    /// Between two looks of a waiting person.
    private static let look = Duration.milliseconds(1)
    private static let patience = Duration.seconds(30)

    func run() async throws -> [Sample] {
        let begin = ContinuousClock.now + .milliseconds(100)
        return try await withThrowingTaskGroup(of: [Sample].self) { group in
            for lane in 0..<Self.lanes {
                let first = begin + Self.interval * lane / Self.lanes
                group.addTask {
                    try await HTTPDialogue.with(port: self.api.ports.http ?? 0) { dialogue in
                        var samples: [Sample] = []
                        for number in 0..<max(1, Int(self.duration / Self.interval)) {
                            samples.append(
                                try await self.sample(
                                    "\(self.name)-\(lane)-\(number)", due: first + Self.interval * number, &dialogue))
                        }
                        return samples
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func sample(
        _ user: String, due: ContinuousClock.Instant, _ dialogue: inout HTTPDialogue
    ) async throws -> Sample {
        let session = try await self.site.session(user)
        let empty = try await dialogue.ask(BenchSite.unread(session))
        guard let etag = empty.header("etag") else { throw CommandFailure("an inbox is answered by \(empty.text)") }
        let post = self.site.post(
            json: #"{"user_id":"\#(user)","event_type":"status_change","message":"\#(BenchTraffic.message(1))"}"#)
        // One that is sent late, since the one before took long, counts from when it was due; the lateness of a timer does
        // not count.
        var late = ContinuousClock.now - due
        if late < .zero {
            try await ContinuousClock().sleep(until: due)
            late = .zero
        }
        let sent = Instant.now
        let answer = try await dialogue.ask(post)
        let answered = Instant.now
        guard answer.status == 202 else { throw CommandFailure("a POST is answered by \(answer.text.prefix(300))") }
        let deadline = ContinuousClock.now + Self.patience
        while try await dialogue.ask(BenchSite.unread(session, etag: etag)).status != 200 {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure("\(user) saw nothing within \(Self.patience)")
            }
            try await ContinuousClock().sleep(for: Self.look)
        }
        return Sample(
            user: user, due: Instant(microseconds: sent.microseconds - Int64(late / .microseconds(1))),
            answered: answered, seen: .now)
    }
}
