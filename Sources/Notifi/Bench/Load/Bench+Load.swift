import NIOCore

extension Bench {
    /// Until caches, connections and code are warm; nobody counts it.
    func warmUp(_ ports: [Int], _ request: @escaping @Sendable (Int) -> ByteBuffer) async throws {
        _ = try await HTTPLoad(
            ports: ports, pattern: .closed, duration: self.duration(.seconds(2), quick: .milliseconds(200)),
            request: request
        ).run()
    }

    /// As much as a server does for 32 connections.
    func closedLoad(
        _ ports: [Int], connections: Int = 32, _ request: @escaping @Sendable (Int) -> ByteBuffer
    ) async throws -> LoadOutcome {
        try await HTTPLoad(
            ports: ports, pattern: .closed, duration: self.duration(.seconds(5), quick: .milliseconds(500)),
            connections: connections, request: request
        ).run()
    }

    /// How long a server takes at a rate.
    func openLoad(
        _ ports: [Int], rate: Double, duration: Duration, connections: Int = 64,
        _ request: @escaping @Sendable (Int) -> ByteBuffer
    ) async throws -> LoadOutcome {
        try await HTTPLoad(
            ports: ports, pattern: .open(rate: rate), duration: duration, connections: connections, request: request
        ).run()
    }

    /// What a ceiling does for the same number of connections.
    func ceiling(
        _ ceiling: CeilingProcess, _ request: @escaping @Sendable (Int) -> ByteBuffer
    ) async throws
        -> LoadOutcome
    {
        try await ceiling.running(programs: self.programs) { port in
            try await self.warmUp([port], request)
            return try await self.closedLoad([port], request)
        }
    }
}
