import Kafka
import Notifications
import Wire

/// What a batch of requests asks for, decided without looking anywhere: each message is one of these.
struct RoutingPlan: Sendable {
    var notifications: [Request] = []
    var unreadable: [(message: KafkaMessage, reason: WireError)] = []

    /// A readable message.
    struct Request: Sendable {
        let message: KafkaMessage
        let notification: Notification
        var route: Route { Route(for: self.notification) }
    }

    init(_ messages: [KafkaMessage]) {
        for message in messages {
            do {
                self.notifications.append(Request(message: message, notification: try Notification(message)))
            } catch {
                self.unreadable.append((message, error))
            }
        }
    }

    /// Those whose key has to be looked at before they go on.
    var keyed: [Notification] { self.keyedRequests.map(\.notification) }

    var keyedRequests: [Request] { self.notifications.filter { $0.notification.request != nil } }

    /// Leaves out the repeats.
    ///
    /// - Parameter isFirst: for each of `keyed`, in order, whether it was the first under its key.
    mutating func keep(_ isFirst: [Bool]) {
        var verdicts = isFirst.makeIterator()
        self.notifications.removeAll { $0.notification.request != nil && verdicts.next() == false }
    }
}
