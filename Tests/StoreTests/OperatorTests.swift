import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Tokens {
        private func add(
            _ byte: UInt8, to service: String = "shop", scopes: [String] = ["send"], eventTypes: [String]? = nil,
            _ database: TestDatabase
        ) async throws -> (token: UUID, service: UUID) {
            try await AddToken.run(
                serviceName: service, hash: self.hash(byte), scopes: scopes, eventTypes: eventTypes, on: database.pool)
        }

        private func hash(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

        @Test func whatATokenMay() async throws {
            try await withDatabase { database async throws in
                #expect(try await LoadServiceTokens.run(on: database.pool).isEmpty)
                let first = try await self.add(1, scopes: ["send", "read"], database)
                let limited = try await self.add(2, to: "crm", scopes: [], eventTypes: ["new_message"], database)
                #expect(
                    try await LoadServiceTokens.run(on: database.pool) == [
                        self.hash(1): ServiceToken(
                            id: first.token, service: first.service, serviceName: "shop", scopes: ["send", "read"],
                            eventTypes: nil),
                        self.hash(2): ServiceToken(
                            id: limited.token, service: limited.service, serviceName: "crm", scopes: [],
                            eventTypes: ["new_message"]),
                    ])
            }
        }

        /// Rotating one keeps the service's id and so its rights.
        @Test func anotherTokenOfTheSameService() async throws {
            try await withDatabase { database async throws in
                let (old, new) = (try await self.add(1, database), try await self.add(2, database))
                #expect(old.service == new.service)
                #expect(old.token != new.token)
                #expect(try await database.count("services") == 1)
                #expect(try await RevokeToken.run(old.token, on: database.pool))
                #expect(try await LoadServiceTokens.run(on: database.pool).keys.map { $0 } == [self.hash(2)])
            }
        }

        @Test func revokingAgainKeepsTheTime() async throws {
            try await withDatabase { database async throws in
                let token = try await self.add(1, database).token
                #expect(try await RevokeToken.run(token, on: database.pool))
                let revokedAt = try await ListTokens.run(on: database.pool).first?.revokedAt
                #expect(revokedAt != nil)
                #expect(try await RevokeToken.run(token, on: database.pool))
                #expect(try await ListTokens.run(on: database.pool).first?.revokedAt == revokedAt)
                #expect(try await !RevokeToken.run(shop, on: database.pool))
            }
        }

        @Test func limits() async throws {
            try await withDatabase { database async throws in
                let added = try await AddToken.run(
                    serviceName: "shop", hash: self.hash(1), scopes: ["send"], eventTypes: nil, requestsPerMinute: 600,
                    on: database.pool)
                func limit() async throws -> [Int32?] {
                    [
                        try await LoadServiceTokens.run(on: database.pool)[self.hash(1)]?.requestsPerMinute,
                        try await ListTokens.run(on: database.pool).first?.requestsPerMinute,
                    ]
                }
                #expect(try await limit() == [600, 600])
                #expect(try await LimitToken.run(added.token, to: 7, on: database.pool))
                #expect(try await limit() == [7, 7])
                #expect(try await LimitToken.run(added.token, to: nil, on: database.pool))
                #expect(try await limit() == [nil, nil])
                #expect(try await !LimitToken.run(shop, to: 7, on: database.pool))
                await #expect {
                    _ = try await LimitToken.run(added.token, to: 0, on: database.pool)
                } throws: { ($0 as? PostgresError)?.isPoison == true }
            }
        }

        @Test func theListHasRevokedOnesToo() async throws {
            try await withDatabase { database async throws in
                let one = try await self.add(1, to: "zoo", database)
                let two = try await self.add(2, to: "abc", eventTypes: ["a", "b"], database)
                let three = try await self.add(3, to: "zoo", scopes: ["cancel", "send"], database)
                _ = try await RevokeToken.run(one.token, on: database.pool)
                let rows = try await ListTokens.run(on: database.pool)
                #expect(rows.map(\.id) == [two.token, one.token, three.token])
                #expect(rows.map(\.serviceName) == ["abc", "zoo", "zoo"])
                #expect(rows.map(\.service) == [two.service, one.service, one.service])
                #expect(rows.map(\.eventTypes) == [["a", "b"], nil, nil])
                #expect(rows.map(\.scopes) == [["send"], ["send"], ["cancel", "send"]])
                #expect(rows.map { $0.revokedAt != nil } == [false, true, false])
            }
        }

        @Test func badOnesAreRefusedWhole() async throws {
            try await withDatabase { database async throws in
                _ = try await self.add(1, database)
                await #expect { _ = try await self.add(1, to: "new", database) } throws: {
                    ($0 as? PostgresError)?.isUniqueViolation == true
                }
                await #expect {
                    _ = try await AddToken.run(
                        serviceName: "new", hash: [1, 2], scopes: [], eventTypes: nil, on: database.pool)
                } throws: {
                    ($0 as? PostgresError)?.isPoison == true
                }
                await #expect(throws: PostgresError.self) { _ = try await self.add(2, to: "", database) }
                // The service went with its token.
                #expect(try await database.count("services") == 1)
            }
        }

        @Test func twoAtOnceMakeOneService() async throws {
            try await withDatabase { database async throws in
                let services = try await withThrowingTaskGroup(of: UUID.self) { group async throws in
                    for byte in 0..<6 as Range<UInt8> {
                        group.addTask { try await self.add(byte, database).service }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                #expect(services.count == 1)
                #expect(try await LoadServiceTokens.run(on: database.pool).count == 6)
            }
        }
    }

    @Suite struct EventTypes {
        private func type(_ name: String, _ database: TestDatabase) async throws -> EventType? {
            try await LoadEventTypes.run(on: database.pool).first { $0.name == name }
        }

        @Test func addedChangedDisabledAndBack() async throws {
            try await withDatabase { database async throws in
                let added = EventType(name: "a.b-c_1", label: "A", isOnByDefault: false, isCritical: true)
                try await PutEventType.run(added, on: database.pool)
                #expect(try await self.type(added.name, database) == added)
                #expect(try await DisableEventType.run(added.name, on: database.pool))
                #expect(try await DisableEventType.run(added.name, on: database.pool))
                #expect(try await self.type(added.name, database)?.isDisabled == true)
                let changed = EventType(name: "a.b-c_1", label: "B")
                try await PutEventType.run(changed, on: database.pool)
                #expect(try await self.type(added.name, database) == changed)
                #expect(try await LoadEventTypes.run(on: database.pool).count == 4)
            }
        }

        @Test func anUnknownOneCannotBeDisabled() async throws {
            try await withDatabase { database async throws in
                #expect(try await !DisableEventType.run("unknown", on: database.pool))
            }
        }

        /// The same names as `EventType.isValidName` takes, and no others.
        @Test(arguments: [
            "", "A", "1a", "a b", "é", "a\n", "_a", "a", "a.b-c_9", String(repeating: "a", count: 64),
            String(repeating: "a", count: 65),
        ])
        func theTableChecksTheName(name: String) async throws {
            try await withDatabase { database async throws in
                var isTaken = true
                do {
                    try await PutEventType.run(EventType(name: name, label: "x"), on: database.pool)
                } catch let error as PostgresError where error.isPoison {
                    isTaken = false
                }
                #expect(isTaken == EventType.isValidName(name))
            }
        }
    }
}
