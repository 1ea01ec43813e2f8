import HTTPTypes
import Operations
import Testing

@testable import API

@Suite struct GateTests {
    private struct Failure: Error {}

    @Test func whatIsBeyondIsRefusedAndComesBackSpread() async throws {
        let gate = Gate("test", Admission(mostRequests: 1), spreadSeconds: 5)
        var seconds: Set<Int> = []
        try await gate.admit {
            for _ in 0..<200 {
                let problem = try #require(await Self.problem { try await gate.admit { _ = Issue.record("let in") } })
                #expect(problem.status == .serviceUnavailable && problem.code == "overloaded")
                seconds.insert(try #require(problem.retryAfterSeconds))
            }
        }
        #expect(seconds == [1, 2, 3, 4, 5], "each of these in 200 draws, but once in 10^18 runs")
        #expect(try await gate.admit { "again" } == "again")
    }

    @Test func whatFailsIsOver() async throws {
        let gate = Gate("test", Admission(mostRequests: 1), spreadSeconds: 1)
        for _ in 0..<3 {
            await #expect(throws: Failure.self) { try await gate.admit { throw Failure() } }
        }
        #expect(try await gate.admit { true })
    }

    @Test func bytesAreGivenBack() async throws {
        let gate = Gate("test", Admission(mostRequests: 5, mostBytes: 10), spreadSeconds: 0)
        try await gate.admit(8) {
            #expect(await Self.problem { try await gate.admit(3) {} }?.retryAfterSeconds == 1)
            try await gate.admit(2) {}
        }
        #expect(try await gate.admit(10) { true })
    }

    private static func problem(_ body: () async throws -> Void) async -> Problem? {
        do {
            try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test(arguments: LoadSettings.all.map(\.definition.environmentName), ["0", "-1", "many", "1.5", "100000000"])
    func settingsOutOfRange(name: String, value: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.load(LoadSettings.all, environment: [name: value])
        }
        #expect(error.faults.count == 1 && error.faults[0].hasPrefix("\(name) ("), "\(error.faults)")
    }
}
