import Kafka
import Wire

/// Waits until the consumers have read what was sent to them.
struct Drain: Sendable {
    let admin: KafkaAdmin
    let topics: Topics
    let patience: Duration

    /// - Parameter patiently: `false` asks once.
    /// - Returns: the messages that are left; `nil` where it can't be told.
    func wait(for daemon: Daemon, patiently: Bool) async -> Int64? {
        let deadline = ContinuousClock.now + self.patience
        var left: Int64?
        repeat {
            do {
                left = try await self.left(for: daemon)
            } catch {
                left = nil
            }
            guard patiently, left != 0 else { return left }
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                return left
            }
        } while ContinuousClock.now < deadline
        return left
    }

    private func left(for daemon: Daemon) async throws -> Int64 {
        var left: Int64 = 0
        for (group, topic) in self.readings(of: daemon) {
            left += try await self.admin.lag(group: group, topics: [topic], timeout: .seconds(2))
        }
        return left
    }

    private func readings(of daemon: Daemon) -> [(group: String, topic: String)] {
        switch daemon {
        case .router: [(self.topics.routerGroup, self.topics.requests)]
        case .delivery:
            [
                (self.topics.deliveryGroup, self.topics.deliveries),
                (self.topics.deadLettersGroup, self.topics.deadLetters),
            ]
        case .api, .poller: []
        }
    }
}
