import FoundationEssentials
import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    /// What a recipient is shown of a row.
    @Suite struct Items {
        private static func notifications() -> [Notification] {
            var (bare, full) = (
                sample("bare"), sample("full \u{1F514} \"\\\n", dueAt: sampleTime.advanced(bySeconds: 60))
            )
            bare.content.eventType = "status_change"
            full.content.title = "Ren\u{E9}e"
            full.content.actionURL = "https://example.com/a?b=c"
            full.content.priority = .critical
            full.content.data = #"{"a":[1,null]}"#
            return [bare, full]
        }

        @Test func everyMemberIsReadFromItsColumn() async throws {
            try await withDatabase { database async throws in
                let all = Self.notifications()
                let written = try await database.deliver(all: all)
                // Each at a time of its own.
                try await database.mark(all[1], InboxMarks(seen: true))
                try await database.mark(all[1], InboxMarks(read: true))
                try await database.mark(all[1], InboxMarks(archived: true))
                let page = try await database.page(.all)
                let items = zip(all, written).enumerated().map { place, row in
                    InboxItem(
                        id: row.0.id, content: row.0.content, dueAt: row.0.dueAt, isScheduled: place == 1,
                        deliveredAt: row.1.decidedAt, seq: Int64(place + 1), readAt: page.items[1 - place].readAt,
                        seenAt: page.items[1 - place].seenAt, archivedAt: page.items[1 - place].archivedAt)
                }
                #expect(page.items == items.reversed())
                let (full, bare) = (page.items[0], page.items[1])
                let marks = try [full.seenAt, full.readAt, full.archivedAt].map { try #require($0) }
                #expect(full.deliveredAt < marks[0] && marks[0] < marks[1] && marks[1] < marks[2])
                #expect(bare.readAt == nil && bare.seenAt == nil && bare.archivedAt == nil)
            }
        }

        /// The trail is read from the same columns.
        @Test func aDecisionHasTheSame() async throws {
            try await withDatabase { database async throws in
                let all = Self.notifications()
                try await database.deliver(all: all)
                for (notification, marks) in zip(all, [InboxMarks(read: true), InboxMarks(archived: true)]) {
                    let marked = try #require(try await database.mark(notification, marks)).item
                    let decision = try #require(try await database.history(of: notification).decision)
                    #expect(InboxItem(decision) == marked)
                    #expect(try await database.page(.all).items.contains(marked))
                }
            }
        }

        /// A column more is a value more of each row of each page.
        @Test func nothingElseIsRead() async throws {
            try await withDatabase { database async throws in
                let shown = [
                    "place", "requests", "seconds_left", "version", "id", "due_at", "seq", "event_type", "priority",
                    "title",
                    "message", "action_url", "data", "scheduled", "delivered_at", "read_at", "seen_at", "archived_at",
                ]
                let rest: [PostgresValue] = [.int8(.max), .int8(1), .null, .int8(120)]
                for (sql, users) in [
                    (InboxPage.sql(.unread), PostgresValue.text("ann")),
                    (InboxPage.sqlOfMany(.unread), .textArray(["ann", "bob"])),
                ] {
                    let rows = try await database.pool.query(PostgresStatement(sql, [users] + rest))
                    #expect(rows.columns.map(\.name) == shown)
                }
            }
        }

        /// As only somebody else than delivery can have written it.
        @Test func anUnknownPriorityIsShownAsNormal() async throws {
            try await withDatabase { database async throws in
                let rows = try await database.pool.query(
                    PostgresStatement("SELECT \(InboxItemColumns.list) FROM (\(Self.row(priority: "loud"))) i"))
                #expect(try InboxItemColumns.read(try #require(rows.first)).content.priority == .normal)
            }
        }

        @Test(arguments: ["id", "due_at", "seq", "event_type", "priority", "message", "scheduled", "delivered_at"])
        func whatHasToBeThereIsAsked(column: String) async throws {
            try await withDatabase { database async throws in
                let columns = InboxItemColumns.list.replacing(
                    "i.\(column)", with: "NULL AS \(column)", maxReplacements: 1)
                let rows = try await database.pool.query(
                    PostgresStatement("SELECT \(columns) FROM (\(Self.row(priority: "low"))) i"))
                let error = #expect(throws: PostgresError.self) {
                    try InboxItemColumns.read(try #require(rows.first))
                }
                #expect(error?.code == .decoding)
            }
        }

        @Test func aColumnThatIsMissingIsNamed() async throws {
            try await withDatabase { database async throws in
                let rows = try await database.pool.query("SELECT gen_random_uuid() AS id")
                let error = #expect(throws: PostgresError.self) {
                    try InboxItemColumns.read(try #require(rows.first))
                }
                #expect(error?.code == .decoding && error?.message.contains("due_at") ?? false)
            }
        }

        private static func row(priority: String) -> String {
            """
            SELECT gen_random_uuid() AS id, now() AS due_at, 1::int8 AS seq, 'new_message'::text AS event_type,
                '\(priority)'::text AS priority, NULL::text AS title, 'm'::text AS message, NULL::text AS action_url,
                NULL::text AS data, false AS scheduled, now() AS delivered_at, NULL::timestamptz AS read_at,
                NULL::timestamptz AS seen_at, NULL::timestamptz AS archived_at
            """
        }
    }
}
