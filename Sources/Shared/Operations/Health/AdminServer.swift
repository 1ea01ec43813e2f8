import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Serves `/livez`, `/readyz` and `/metrics`.
struct AdminServer: Service {
    let host: String
    let port: Int
    let health: Health
    let metrics: PrometheusMetrics
    let processMetrics: ProcessMetrics
    let logger: Logger
    /// Called with the port once connections are accepted.
    let onBound: @Sendable (Int) async -> Void

    func run() async throws {
        var logger = self.logger
        // Its failures are thrown; what it logs beside them is of no use to an operator.
        logger.logLevel = .critical
        let application = Application(
            router: self.router(),
            configuration: ApplicationConfiguration(address: .hostname(self.host, port: self.port)),
            onServerRunning: { channel in await self.onBound(channel.localAddress?.port ?? self.port) },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw AdminServerError(address: "\(self.host):\(self.port)", reason: "\(error)")
        }
    }

    private func router() -> Hummingbird.Router<BasicRequestContext> {
        let router = Hummingbird.Router()
        router.get("/livez") { _, _ in
            Self.response(.ok, "alive\n")
        }
        router.get("/readyz") { request, _ in
            let parameters = (request.uri.query ?? "").split(separator: "&")
            let verbose = parameters.contains { $0 == "verbose" || $0.hasPrefix("verbose=") }
            let report = await self.health.report()
            return Self.response(report.isReady ? .ok : .serviceUnavailable, report.text(verbose: verbose))
        }
        router.get("/metrics") { _, _ in
            Self.response(
                .ok, self.metrics.exposition() + self.processMetrics.exposition(),
                type: "text/plain; version=0.0.4; charset=utf-8")
        }
        return router
    }

    private static func response(
        _ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

struct AdminServerError: Error, CustomStringConvertible {
    let address: String
    let reason: String

    var description: String { "the admin address \(self.address) cannot be served: \(self.reason)" }
}
