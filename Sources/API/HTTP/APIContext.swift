import Hummingbird
import Logging
import Notifications

/// What travels with a request through the routes.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// From the request's `traceparent`, or new.
    var trace: TraceContext
    let notes = RequestNotes()

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        var random = SystemRandomNumberGenerator()
        self.trace = TraceContext(using: &random)
    }
}
