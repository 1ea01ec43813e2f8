import FoundationEssentials
import Notifications
import Postgres
import Store
import Testing

extension Live {
    @Suite struct Preferences {
        private static func load(_ database: TestDatabase, _ userID: String = "ann") async throws -> [String: Bool] {
            try await LoadPreferences.run(userID, requestsPerMinute: .max, on: database.pool).preferences
                .reduce(into: [:]) { $0[$1.type.name] = $1.isEnabled }
        }

        @discardableResult
        private static func put(
            _ database: TestDatabase, _ changes: KeyValuePairs<String, Bool>, of userID: String = "ann"
        ) async throws -> [Preference] {
            try await PutPreferences.run(
                PreferenceChanges(
                    changes.map { PreferenceChanges.Change(eventType: $0.key, isEnabled: $0.value) }),
                of: userID, requestsPerMinute: .max, on: database.pool
            ).preferences
        }

        private static let optional = EventType(name: "digest", label: "Digest", isOnByDefault: false)

        @Test func withoutAChoiceTheDefaultHolds() async throws {
            try await withDatabase { database async throws in
                try await PutEventType.run(Self.optional, on: database.pool)
                let loaded = try await LoadPreferences.run("ann", requestsPerMinute: .max, on: database.pool)
                    .preferences
                #expect(loaded.map(\.type.name) == ["digest", "new_message", "status_change", "system_alert"])
                #expect(loaded.map(\.isEnabled) == [false, true, true, true])
                #expect(loaded.allSatisfy { $0.chosen == nil })
                // The default's change reaches whoever has not chosen.
                try await PutEventType.run(
                    EventType(name: "digest", label: "Digest", isOnByDefault: true), on: database.pool)
                #expect(try await Self.load(database)["digest"] == true)
            }
        }

        @Test func onlyWhatDiffersIsWritten() async throws {
            try await withDatabase { database async throws in
                let answered = try await Self.put(
                    database, ["new_message": true, "status_change": false, "system_alert": true])
                #expect(answered.map(\.isEnabled) == [true, false, true])
                #expect(try await database.count("preferences") == 1)
                func changedAt() async throws -> [PostgresTimestamp] {
                    try await database.pool.query("SELECT changed_at FROM preferences")
                        .map { try $0.decode(0, as: PostgresTimestamp.self) }
                }
                let before = try await changedAt()
                try await Self.put(database, ["status_change": false])
                #expect(try await changedAt() == before)
                try await Self.put(database, ["status_change": true])
                #expect(try await changedAt() != before)
                #expect(try await Self.load(database)["status_change"] == true)
                #expect(try await Self.load(database, "bob")["status_change"] == true)
                try await Self.put(database, [:])
                #expect(try await database.count("preferences") == 1)
            }
        }

        @Test func allOrNothing() async throws {
            try await withDatabase { database async throws in
                try await PutEventType.run(
                    EventType(name: "breach", label: "Breach", isCritical: true), on: database.pool)
                try await PutEventType.run(Self.optional, on: database.pool)
                _ = try await DisableEventType.run("digest", on: database.pool)
                let faults = await #expect(throws: Faults.self) {
                    try await Self.put(
                        database, ["new_message": false, "breach": false, "nothing": true, "digest": true])
                }
                #expect(
                    faults?.all.map { "\($0.pointer) \($0.code.rawValue)" } == [
                        "/preferences/1/enabled critical_event_type", "/preferences/2/event_type unknown_event_type",
                        "/preferences/3/event_type disabled_event_type",
                    ])
                #expect(try await database.count("preferences") == 0)
                try await Self.put(database, ["breach": true])
                #expect(try await database.count("preferences") == 0)
            }
        }

        /// It comes in whatever was chosen before, and is shown so.
        @Test func whatBecomesCriticalIsOn() async throws {
            try await withDatabase { database async throws in
                try await Self.put(database, ["system_alert": false])
                #expect(try await Self.load(database)["system_alert"] == false)
                try await PutEventType.run(
                    EventType(name: "system_alert", label: "System alert", isCritical: true), on: database.pool)
                #expect(try await Self.load(database)["system_alert"] == true)
            }
        }

        /// Two tabs: the second one looks at what the first has stored, and the last one counts.
        @Test func twoAtOnce() async throws {
            try await withDatabase { database async throws in
                try await withThrowingTaskGroup(of: Void.self) { group async throws in
                    try await database.pool.transaction { connection async throws in
                        _ = try await CountRequest.run("ann", limit: 100, on: connection)
                        group.addTask { try await Self.put(database, ["new_message": true]) }
                        #expect(try await database.areBlocked(1))
                        _ = try await connection.query(
                            "INSERT INTO preferences (user_id, event_type, enabled) VALUES ('ann', 'new_message', false)"
                        )
                    }
                    try await group.waitForAll()
                }
                #expect(try await Self.load(database)["new_message"] == true)
            }
        }
    }
}
