import FoundationEssentials
import Kafka
import Notifications
import Wire

/// What a batch of requests asks for, decided without looking anywhere: each message is one of these.
struct RoutingPlan: Sendable {
    var notifications: [Request] = []
    var unreadable: [(message: KafkaMessage, reason: WireError)] = []

    /// A readable message. A class, since it is handed about in arrays, and to copy all that a notification refers to would
    /// cost more than to route it.
    final class Request: Sendable {
        let message: KafkaMessage
        let notification: Notification

        init(message: KafkaMessage, notification: Notification) {
            self.message = message
            self.notification = notification
        }

        var route: Route { Route(for: self.notification) }

        /// Its delivery: the very bytes that came, since nothing about it changes here. What somebody else than an API may
        /// have put beside the value is made anew.
        func delivery(on topic: String) -> KafkaRecord {
            let userID = self.notification.userID.utf8
            let key = self.message.key.flatMap { $0.elementsEqual(userID) ? $0 : nil }
            return KafkaRecord(
                topic: topic, key: key ?? Array(userID), value: self.message.value ?? [],
                headers: self.hasItsHeaders
                    ? self.message.headers
                    : RecordHeader.headers(
                        id: self.notification.id, service: self.notification.service,
                        traceparent: self.notification.trace?.description))
        }

        /// Whether the message has exactly the headers that its delivery gets.
        private var hasItsHeaders: Bool {
            let headers = self.message.headers
            guard headers.count == (self.notification.trace == nil ? 2 : 3),
                headers[0].name == RecordHeader.notification, headers[1].name == RecordHeader.service,
                self.notification.id.uuid.isSpelled(by: headers[0].value),
                self.notification.service.isSpelled(by: headers[1].value)
            else { return false }
            return headers.count == 2 || headers[2].name == RecordHeader.traceparent
        }
    }

    /// Where each goes, in order.
    var byRoute: (now: [Request], scheduled: [Request]) {
        var routes: (now: [Request], scheduled: [Request]) = ([], [])
        for request in self.notifications {
            switch request.route {
            case .now: routes.now.append(request)
            case .outbox: routes.scheduled.append(request)
            }
        }
        return routes
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
