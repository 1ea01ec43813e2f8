import Foundation

/// What a stage measures with.
struct Bench: Sendable {
    /// At least 1.
    let runs: Int
    /// Small loads and short runs: only whether it works is of interest.
    let isQuick: Bool
    /// How long the soak lasts.
    let soak: Duration
    /// How long each half of the stage `bloat` lasts, without a transaction held open and with one.
    let bloat: Duration
    /// Of the daemons and of this program itself.
    let programs: String
    /// For logs; absolute.
    let folder: String
    let servers: BenchServers
    let console: Console
    let others = OtherLoads()

    /// `body`, once a run: the ceilings and the stage side by side within it, so that what disturbs the machine disturbs
    /// both.
    func eachRun<R: Sendable>(_ what: String, _ body: (_ run: Int) async throws -> R) async throws -> [R] {
        var results: [R] = []
        for run in 1...self.runs {
            self.console.say("\(what): run \(run) of \(self.runs), load \(try MachineLoad.current().average)")
            results.append(try await self.besideOthers { try await body(run) })
        }
        return results
    }

    /// `body`; what others use of the machine meanwhile is noted.
    func besideOthers<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        let own = [ProcessInfo.processInfo.processIdentifier] + [await self.servers.postgresPID()].compactMap(\.self)
        let others = try OtherLoad(roots: own)
        let result = try await body()
        self.others.note(try others.cores())
        return result
    }

    /// The one number or the other.
    func size(_ full: Int, quick: Int) -> Int { self.isQuick ? quick : full }

    func duration(_ full: Duration, quick: Duration) -> Duration { self.isQuick ? quick : full }

    /// A database and topics that nobody used before, removed afterwards.
    func withSite<R: Sendable>(
        partitions: Int = 32, _ body: (BenchSite) async throws -> R
    ) async throws -> R {
        let site = try await BenchSite.make(on: self.servers, partitions: partitions, bench: self)
        let result: Result<R, any Error>
        do {
            result = .success(try await body(site))
        } catch {
            result = .failure(error)
        }
        // A task that was cancelled, by Ctrl-C, could not do it itself.
        try await Task { try await self.servers.dropDatabase(site.database) }.value
        return try result.get()
    }
}
