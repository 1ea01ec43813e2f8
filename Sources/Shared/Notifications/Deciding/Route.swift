/// Where the router sends an accepted notification.
public enum Route: Sendable, Hashable {
    /// Straight to `deliveries`.
    case now
    /// Into the outbox, for a poller to claim when it is due.
    case outbox

    /// A scheduled one goes through the outbox even if it is due by now: only Postgres' clock says what is due, so that
    /// a router whose clock runs ahead makes nothing early.
    public init(for notification: Notification) {
        self = notification.isScheduled ? .outbox : .now
    }
}
