import Foundation
import FoundationNetworking
import Logging
import Metrics
import ServiceLifecycle
import Testing

@testable import Operations

@Suite struct AdminServerTests {
    private struct Answer {
        let status: Int
        let type: String?
        let text: String
    }

    private func get(_ path: String, port: Int) async throws -> Answer {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let http = try #require(response as? HTTPURLResponse)
        return Answer(
            status: http.statusCode, type: http.value(forHTTPHeaderField: "Content-Type"),
            text: String(decoding: data, as: UTF8.self))
    }

    /// Runs the server on a port that the system chooses.
    private func withServer(
        health: Health, metrics: PrometheusMetrics = PrometheusMetrics(),
        _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let server = AdminServer(
            host: "127.0.0.1", port: 0, health: health, metrics: metrics,
            processMetrics: ProcessMetrics(daemon: "notifi-sample"), logger: Logger(label: "test"),
            onBound: { bound.yield($0) })
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { try await health.run() }
            defer { group.cancelAll() }
            try await body(try #require(await ports.first { _ in true }))
        }
    }

    @Test func answersOverASocket() async throws {
        let health = Health()
        let flag = health.flag("tokens", reason: "not loaded yet")
        health.check("kafka", .anyOf("backends"), timeout: .seconds(60)) {}
        health.check("postgres", .anyOf("backends"), timeout: .seconds(60)) { throw CancellationError() }
        let metrics = PrometheusMetrics()
        Counter(label: "seen", factory: metrics).increment()
        try await self.withServer(health: health, metrics: metrics) { port in
            #expect(port > 0)
            #expect(try await self.get("/livez", port: port).status == 200)

            let early = try await self.get("/readyz", port: port)
            #expect(early.status == 503 && early.text == "not ready: tokens\n")
            #expect(try await self.get("/readyz?verbose", port: port).text.contains("not loaded yet"))

            flag.setGood()
            let ready = try await self.get("/readyz?verbose=1", port: port)
            #expect(ready.status == 200)
            #expect(ready.text.contains("kafka (one of backends is enough): ok since"))
            #expect(ready.text.contains("postgres (one of backends is enough): failing since"))

            let page = try await self.get("/metrics", port: port)
            #expect(page.status == 200 && page.type == "text/plain; version=0.0.4; charset=utf-8")
            #expect(page.text.contains("notifi_seen_total 1\n") && page.text.contains("notifi_build_info{"))

            #expect(try await self.get("/nothing", port: port).status == 404)

            health.beginDraining()
            #expect(try await self.get("/readyz", port: port).status == 503)
            #expect(try await self.get("/livez", port: port).status == 200)
        }
    }

    @Test func aTakenPortIsOneClearError() async throws {
        try await self.withServer(health: Health()) { port in
            let second = AdminServer(
                host: "127.0.0.1", port: port, health: Health(), metrics: PrometheusMetrics(),
                processMetrics: ProcessMetrics(daemon: "x"), logger: Logger(label: "test"), onBound: { _ in })
            let error = await #expect(throws: AdminServerError.self) { try await second.run() }
            #expect(error?.description.hasPrefix("the admin address 127.0.0.1:\(port) cannot be served") == true)
        }
    }
}
