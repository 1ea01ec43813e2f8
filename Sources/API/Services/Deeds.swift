import FoundationEssentials
import Notifications
import Operations
import Store

/// Writes down what services did, once it is done: a line each in the audit, and a count.
struct Deeds: Sendable {
    let audit: AuditStream
    let metrics: ServiceMetrics

    /// The notifications of one request that were accepted.
    func accepted(_ notifications: [Notification], from token: ServiceToken) {
        guard !notifications.isEmpty else { return }
        self.metrics.count(ServiceMetrics.accepted, of: token.serviceName, by: notifications.count)
        self.audit.write(
            notifications.map { notification in
                AuditLine(
                    .send, by: token.actor, outcome: "accepted", notificationID: notification.id.description,
                    userID: notification.userID, eventType: notification.content.eventType,
                    traceID: notification.trace?.traceID)
            })
    }

    func rescheduled(_ id: NotificationID, _ notification: Notification?, by token: ServiceToken, trace: TraceContext) {
        self.metrics.count(ServiceMetrics.rescheduled, of: token.serviceName)
        self.audit.write(
            AuditLine(
                .reschedule, by: token.actor, outcome: "rescheduled", notificationID: id.description,
                userID: notification?.userID, eventType: notification?.content.eventType, traceID: trace.traceID))
    }

    /// A cancel is one deed, however often it is asked for and whoever decides it.
    func cancelled(_ id: NotificationID, _ decided: DecideCancel.Answer, by token: ServiceToken, trace: TraceContext) {
        guard decided.isFirst else { return }
        self.metrics.countCancel(decided.answer.rawValue, of: token.serviceName)
        self.audit.write(
            AuditLine(
                .cancel, by: token.actor, outcome: decided.answer.rawValue, notificationID: id.description,
                userID: decided.userID, traceID: trace.traceID))
    }

    func erased(_ userID: String, by token: ServiceToken, trace: TraceContext) {
        self.metrics.count(ServiceMetrics.erased, of: token.serviceName)
        self.audit.write(
            AuditLine(.eraseUser, by: token.actor, outcome: "erased", userID: userID, traceID: trace.traceID))
    }

    /// It failed on the way. What was begun is finished by Delivery's keeper.
    func unfinishedErasure(of userID: String, by token: ServiceToken, trace: TraceContext) {
        self.audit.write(
            AuditLine(.eraseUser, by: token.actor, outcome: "unfinished", userID: userID, traceID: trace.traceID))
    }

    /// A cancel that this service asked for, and nobody had decided.
    func finished(_ id: NotificationID, _ decided: DecideCancel.Answer, askedBy service: String) {
        guard decided.isFirst else { return }
        self.metrics.countCancel(decided.answer.rawValue, of: service)
        self.audit.write(
            AuditLine(
                .cancel, by: .service(service, token: nil), outcome: decided.answer.rawValue,
                notificationID: id.description, userID: decided.userID))
    }
}
