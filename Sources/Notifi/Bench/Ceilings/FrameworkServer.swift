import Hummingbird
import Logging

/// Hummingbird, answering as ``BareServer`` does: what the framework costs.
struct FrameworkServer: Sendable {
    let isJSON: Bool

    /// Serves until it is cancelled or told to end by a signal.
    ///
    /// - Parameter onPort: told where it listens, on 127.0.0.1.
    func run(onPort: @escaping @Sendable (Int) -> Void) async throws {
        let router = Hummingbird.Router()
        if self.isJSON {
            router.post("/") { request, context in
                try await request.decode(as: CeilingNotification.self, context: context)
            }
        } else {
            router.get("/") { _, _ in CeilingKind.body }
        }
        var logger = Logger(label: "ceiling")
        logger.logLevel = .critical
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { onPort($0.localAddress?.port ?? 0) }, logger: logger)
        try await application.runService()
    }
}

extension CeilingNotification: ResponseEncodable {}
