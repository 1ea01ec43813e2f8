import Synchronization

/// What is noted of a request on its way through the routes, for its answer and for the metrics, however it ends.
final class RequestNotes: Sendable {
    private struct State {
        var service: String?
        var limits: [RateLimit] = []
    }

    private let state = Mutex(State())

    /// The name of the service that asked; `nil` where none did, or before it is known.
    var service: String? {
        get { self.state.withLock { $0.service } }
        set { self.state.withLock { $0.service = newValue } }
    }

    /// The quotas that it was held against and kept, as the answer is to tell them.
    var limits: [RateLimit] { self.state.withLock { $0.limits } }

    func note(_ limit: RateLimit) {
        self.state.withLock { $0.limits.append(limit) }
    }
}
