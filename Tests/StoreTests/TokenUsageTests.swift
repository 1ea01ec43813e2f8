import FoundationEssentials
import Postgres
import Store
import Testing

extension Live {
    @Suite struct TokenUsage {
        private let replicas = [UUID(), UUID(), UUID()]
        private let tokens = [UUID(), UUID()]
        private let minute: Int64 = 29_000_000

        @Test func eachLearnsWhatTheOthersLetThrough() async throws {
            try await withDatabase { database async throws in
                func share(_ replica: Int, _ requests: [Int], _ minute: Int64) async throws -> [Int?] {
                    let others = try await ShareTokenUsage.run(
                        of: zip(self.tokens, requests).map { ($0, $1) }, in: minute, by: self.replicas[replica],
                        on: database.pool)
                    return self.tokens.map { others[$0] }
                }
                #expect(try await share(0, [3, 0], self.minute) == [nil, nil])
                #expect(try await share(1, [4, 1], self.minute) == [3, nil])
                #expect(try await share(2, [0, 0], self.minute) == [7, 1])
                // Totals, not additions: telling again changes nothing.
                #expect(try await share(0, [3, 0], self.minute) == [4, 1])
                #expect(try await share(0, [5, 2], self.minute) == [4, 1])
                #expect(try await share(1, [4, 1], self.minute) == [5, 2])
                #expect(try await share(1, [1, 1], self.minute + 1) == [nil, nil])
                #expect(try await share(0, [5, 2], self.minute) == [4, 1])
            }
        }

        @Test func whatIsOverIsSweptAway() async throws {
            try await withDatabase { database async throws in
                for minute in 0..<6 {
                    for replica in self.replicas {
                        _ = try await ShareTokenUsage.run(
                            of: self.tokens.map { ($0, 1) }, in: self.minute + Int64(minute), by: replica,
                            on: database.pool)
                    }
                }
                // This minute and the two before, of three replicas and two tokens.
                #expect(try await database.count("token_usage") == 3 * 3 * 2)
            }
        }

        @Test func allAtOnce() async throws {
            try await withDatabase { database async throws in
                try await withThrowingTaskGroup { group in
                    for round in 0..<20 {
                        for replica in self.replicas {
                            group.addTask {
                                _ = try await ShareTokenUsage.run(
                                    of: self.tokens.map { ($0, round + 1) }, in: self.minute + Int64(round / 5),
                                    by: replica, on: database.pool)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}
