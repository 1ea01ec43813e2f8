import Foundation
import Notifications
import Testing

@testable import Harness
@testable import Notifi

/// One of several replicas of the API, asked directly as a balancer would.
struct APIReplica: Sendable {
    let process: DaemonProcess
    let http: HTTPClient

    /// How its polls were answered so far.
    struct Lookups: Sendable {
        var memory = 0.0
        var postgres = 0.0

        static func + (one: Lookups, other: Lookups) -> Lookups {
            Lookups(memory: one.memory + other.memory, postgres: one.postgres + other.postgres)
        }

        static func - (one: Lookups, other: Lookups) -> Lookups {
            Lookups(memory: one.memory - other.memory, postgres: one.postgres - other.postgres)
        }
    }

    func metric(_ name: String) async throws -> Double { try await self.process.metric(name) }

    func lookups() async throws -> Lookups {
        Lookups(
            memory: try await self.metric(#"notifi_inbox_version_lookups_total{from="memory"}"#),
            postgres: try await self.metric(#"notifi_inbox_version_lookups_total{from="postgres"}"#))
    }

    func waitUntil(fresh isFresh: Bool, within limit: Duration = .seconds(30)) async throws {
        try await require("\(self.process.name) \(isFresh ? "trusts" : "distrusts") its tail", within: limit) {
            try await self.metric("notifi_inbox_tail_fresh") == (isFresh ? 1 : 0)
        }
    }

    func person(_ userID: String, session: String) -> PersonClient {
        PersonClient(http: self.http, userID: userID, session: session)
    }
}

extension Installation {
    /// All replicas of the API, each with a tail that is trusted.
    func withReplicas<Success: Sendable>(
        _ body: @Sendable ([APIReplica]) async throws -> Success
    ) async throws -> Success {
        var replicas: [APIReplica] = []
        for process in self.daemons(.api) {
            replicas.append(
                APIReplica(process: process, http: HTTPClient(port: try #require(try process.ports.http))))
        }
        do {
            for replica in replicas { try await replica.waitUntil(fresh: true) }
            let result = try await body(replicas)
            for replica in replicas { await replica.http.close() }
            return result
        } catch {
            for replica in replicas { await replica.http.close() }
            throw error
        }
    }
}

extension PersonClient {
    /// The ETag of what is there now; a poll with it is a 304, from memory from now on.
    func settledETag(sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let page = try await self.unread()
        try #require(page.status == 200, "\(page.text)", sourceLocation: sourceLocation)
        let etag = try #require(page.header("ETag"), sourceLocation: sourceLocation)
        #expect(try await self.unread(etag: etag).status == 304, sourceLocation: sourceLocation)
        return etag
    }

    /// Polls with an ETag that is no longer right, until the change is seen.
    func waitForNews(
        since etag: String, within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await require("the change is seen", within: limit, sourceLocation: sourceLocation) {
            let status = try await self.unread(etag: etag).status
            #expect(status == 200 || status == 304, sourceLocation: sourceLocation)
            return status == 200
        }
    }
}
