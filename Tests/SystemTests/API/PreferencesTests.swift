import Foundation
import Notifications
import Store
import Testing

@testable import Harness

extension EndToEnd.API {
    /// `GET /api/preferences` and `PUT /api/preferences`.
    @Suite struct PreferencesTests {
        private struct Answer: Decodable {
            struct Preference: Codable, Hashable {
                let eventType: String
                let label: String
                let enabled: Bool
                let byDefault: Bool
                let critical: Bool

                enum CodingKeys: String, CodingKey {
                    case label, enabled, critical
                    case eventType = "event_type"
                    case byDefault = "default"
                }
            }

            let preferences: [Preference]

            subscript(_ name: String) -> Preference? { self.preferences.first { $0.eventType == name } }
        }

        private func get(_ person: PersonClient) async throws -> Answer {
            let answer = try await person.ask("GET", "/api/preferences")
            try #require(answer.status == 200, "\(answer.text)")
            return try answer.decode()
        }

        private func put(_ person: PersonClient, _ json: String) async throws -> HTTPAnswer {
            try await person.ask("PUT", "/api/preferences", json: json)
        }

        /// Registers a type of a name that no other test has.
        private func register(isOnByDefault: Bool = true, isCritical: Bool = false) async throws -> EventType {
            let installation = try Installation.shared
            let type = EventType(
                name: installation.users(1, "type")[0], label: "A type", isOnByDefault: isOnByDefault,
                isCritical: isCritical)
            try await PutEventType.run(type, on: installation.database.pool)
            return type
        }

        @Test("defaults until somebody chooses; a choice of one is no choice of another")
        func choosing() async throws {
            let installation = try Installation.shared
            let users = installation.users(2, "choose")
            let (person, other) = (try await installation.person(users[0]), try await installation.person(users[1]))
            let off = try await self.register(isOnByDefault: false)
            let critical = try await self.register(isOnByDefault: false, isCritical: true)
            let disabled = try await self.register()
            _ = try await DisableEventType.run(disabled.name, on: installation.database.pool)

            let first = try await self.get(person)
            #expect(first.preferences.map(\.eventType) == first.preferences.map(\.eventType).sorted())
            #expect(first["new_message"].map { $0.enabled && $0.byDefault && !$0.critical } == true)
            #expect(first[off.name].map { !$0.enabled && !$0.byDefault && $0.label == "A type" } == true)
            #expect(first[critical.name].map { $0.enabled && $0.critical } == true, "critical ones are on")
            #expect(first[disabled.name] == nil)

            let json =
                #"{"preferences":[{"event_type":"status_change","enabled":false},"#
                + #"{"event_type":"\#(off.name)","enabled":true}]}"#
            let answer = try await self.put(person, json)
            #expect(answer.status == 200)
            let changed: Answer = try answer.decode()
            #expect(changed["status_change"]?.enabled == false && changed[off.name]?.enabled == true)
            #expect(try await self.get(person).preferences == changed.preferences)
            #expect(try await self.get(other)["status_change"]?.enabled == true)

            // The whole of it may be sent back as it came.
            let back = try await self.put(
                person,
                #"{"preferences":\#(String(decoding: JSONEncoder().encode(changed.preferences), as: UTF8.self))}"#)
            #expect(back.status == 200 && back.body == answer.body, "\(back.text)")
            let on = #"{"preferences":[{"event_type":"status_change","enabled":true}]}"#
            #expect(try await self.put(person, on).status == 200)
            #expect(try await self.get(person)["status_change"]?.enabled == true)
            #expect(try await self.get(person)[off.name]?.enabled == true, "what is not named stays")
        }

        @Test("all or nothing: what is critical, unknown or disabled is told, and nothing is stored")
        func refused() async throws {
            let installation = try Installation.shared
            let person = try await installation.person(installation.users(1, "refused")[0])
            let critical = try await self.register(isCritical: true)
            let disabled = try await self.register()
            _ = try await DisableEventType.run(disabled.name, on: installation.database.pool)
            let before = try await self.get(person).preferences
            let members = [
                ("new_message", false), (critical.name, false), ("nothing_known", true), (disabled.name, false),
                ("NEW_MESSAGE", true),
            ]
            let list = members.map { #"{"event_type":"\#($0.0)","enabled":\#($0.1)}"# }.joined(separator: ",")
            try expectProblem(
                try await self.put(person, "{\"preferences\":[\(list)]}"), 422, "validation_failed",
                faults: [
                    "/preferences/1/enabled critical_event_type", "/preferences/2/event_type unknown_event_type",
                    "/preferences/3/event_type disabled_event_type", "/preferences/4/event_type unknown_event_type",
                ])
            #expect(try await self.get(person).preferences == before)
            let on = #"{"preferences":[{"event_type":"\#(critical.name)","enabled":true}]}"#
            #expect(try await self.put(person, on).status == 200)
        }

        @Test("what is wrong with the body is told member by member")
        func badBodies() async throws {
            let installation = try Installation.shared
            let person = try await installation.person(installation.users(1, "badprefs")[0])
            for json in ["", "{", "x", "{\"preferences\":[}"] {
                try expectProblem(try await self.put(person, json), 400, "invalid_json", json)
            }
            for (json, faults) in [
                ("null", [" wrong_type"]), ("[]", [" wrong_type"]), ("{}", ["/preferences required"]),
                (#"{"preferences":{}}"#, ["/preferences wrong_type"]),
                (#"{"preferences":[null]}"#, ["/preferences/0 wrong_type"]),
                (#"{"preferences":[{"event_type":"new_message"}]}"#, ["/preferences/0/enabled required"]),
                (#"{"preferences":[{"enabled":true}]}"#, ["/preferences/0/event_type required"]),
                (
                    #"{"preferences":[{"event_type":"new_message","enabled":"no"}]}"#,
                    ["/preferences/0/enabled wrong_type"]
                ),
                (
                    #"{"preferences":[{"event_type":"new_message","enabled":0}]}"#,
                    ["/preferences/0/enabled wrong_type"]
                ),
                (
                    #"{"preferences":[{"event_type":"new_message","enabled":true,"x":1}],"user_id":"x"}"#,
                    ["/preferences/0/x unknown_member", "/user_id unknown_member"]
                ),
                (
                    #"{"preferences":[{"event_type":"a\u0000","enabled":true}]}"#,
                    ["/preferences/0/event_type control_character"]
                ),
                (
                    #"{"preferences":[{"event_type":"new_message","enabled":true},"#
                        + #"{"event_type":"new_message","enabled":false}]}"#,
                    ["/preferences/1/event_type duplicate"]
                ),
            ] {
                try expectProblem(
                    try await self.put(person, json), 422, "validation_failed", faults: faults, json)
            }
            let large = try await self.put(person, String(repeating: " ", count: 65_537))
            try expectProblem(large, 413, "payload_too_large")
        }
    }
}
