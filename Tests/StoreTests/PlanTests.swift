import FoundationEssentials
import Notifications
import Postgres
import Testing

@testable import Store

extension Live {
    /// What runs often is answered from an index: with its parameters known, and as the plan for any parameters, which
    /// Postgres may take from the sixth time on.
    @Suite struct Plans {
        /// Two weeks of inbox, 500 users, and one service that sends nine tenths of it all; no vacuum has run.
        private static let filling = """
            INSERT INTO inbox (user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled,
                revision, accepted_at, read_at, archived_at)
            SELECT 'user' || n % 500, md5('i' || n)::uuid, t.at, 'delivered', n / 500 + 1, s.id, 'new_message', 'normal',
                repeat('x', 200), false, 0, t.at, CASE WHEN n % 3 = 0 THEN t.at END, CASE WHEN n % 20 = 0 THEN t.at END
            FROM generate_series(1, 20000) AS n,
                LATERAL (SELECT timestamptz '2026-11-16T00:00:00Z' + n * interval '60 s' AS at) t,
                LATERAL (SELECT lpad((CASE WHEN n % 10 = 0 THEN n % 7 + 2 ELSE 1 END)::text, 32, '0')::uuid AS id) s;
            INSERT INTO inbox (user_id, id, due_at, state, seq, service_id, event_type, priority, message, scheduled,
                revision, accepted_at, read_at, archived_at)
            SELECT 'heavy', md5('h' || n)::uuid, t.at, 'delivered', n, lpad('1', 32, '0')::uuid, 'new_message', 'normal',
                repeat('x', 200), false, 0, t.at, CASE WHEN n % 3 = 0 THEN t.at END, CASE WHEN n % 20 = 0 THEN t.at END
            FROM generate_series(1, 10000) AS n,
                LATERAL (SELECT timestamptz '2026-11-16T00:00:00Z' + n * interval '120 s' AS at) t;
            INSERT INTO inbox_heads SELECT user_id, max(seq) FROM inbox GROUP BY user_id;
            INSERT INTO inbox_requests
            SELECT user_id, timestamptz '2026-11-16T00:00:00Z', 7 FROM inbox_heads;
            INSERT INTO preferences
            SELECT h.user_id, t.name, true FROM inbox_heads h, event_types t;
            INSERT INTO outbox (shard, id, due_at, service_id, user_id, revision, accepted_at, payload)
            SELECT 0, md5('o' || n)::uuid, clock_timestamp() + (n - 1000) * interval '1 s',
                lpad((CASE WHEN n % 10 = 0 THEN n % 7 + 2 ELSE 1 END)::text, 32, '0')::uuid, 'user' || n % 500, 0,
                timestamptz '2026-11-16T00:00:00Z' + n * interval '60 s', decode(repeat('ab', 200), 'hex')
            FROM generate_series(1, 20000) AS n;
            INSERT INTO cancellations (id, service_id, answer, decided_at, user_id, accepted_at, payload)
            SELECT i.id, i.service_id, 'recalled', clock_timestamp(), NULL, NULL, NULL
            FROM inbox i ORDER BY i.id LIMIT 2000;
            INSERT INTO cancellations (id, service_id, answer, decided_at, user_id, accepted_at, payload)
            SELECT o.id, o.service_id, 'cancelled', clock_timestamp(), o.user_id, o.accepted_at, o.payload
            FROM outbox o ORDER BY o.id LIMIT 1500;
            INSERT INTO cancellations (id, service_id, answer, decided_at)
            SELECT md5('c' || n)::uuid, lpad('1', 32, '0')::uuid, 'cancelled', clock_timestamp()
            FROM generate_series(1, 1500) AS n;
            INSERT INTO preferences (user_id, event_type, enabled)
            SELECT 'user' || n % 500, 'type' || n / 500, n % 2 = 0 FROM generate_series(1, 20000) AS n;
            INSERT INTO erased_users (user_hash, erased_at, sweep_at)
            SELECT sha256(convert_to('erased' || n, 'UTF8')), clock_timestamp(), clock_timestamp()
            FROM generate_series(1, 5000) AS n;
            ANALYZE
            """

        /// Of an id that is in the inbox, and of the service that sends most.
        private static let service = "00000000-0000-0000-0000-000000000001"

        /// A batch of delivery: so many of the same.
        private static func batch(_ values: String...) -> String {
            values.map { "array_fill(\($0), ARRAY[500])" }.joined(separator: ", ")
        }

        private static let lowest = "00000000-0000-0000-0000-000000000000"

        private static let far = "2026-11-25 00:00:00+00"

        private struct Case {
            let name: String
            let sql: String
            let types: String
            /// As SQL literals.
            let arguments: String
            /// The plan also names this index.
            var index: String?
        }

        private static let cases = [
            Case(
                name: "ClaimDue", sql: ClaimDue.sql, types: "int4, timestamptz, uuid, int8",
                arguments: "0, '1970-01-01 00:00:00+00', '\(Self.lowest)', 500", index: "outbox_order"),
            Case(
                name: "NextDue", sql: NextDue.sql, types: "int4, timestamptz, uuid",
                arguments: "0, '1970-01-01 00:00:00+00', '\(Self.lowest)'", index: "outbox_order"),
            Case(
                name: "InboxPage of many", sql: InboxPage.sqlOfMany(.unread), types: "text[], int8, int8, text, int8",
                arguments: "ARRAY['user7', 'heavy', 'user8'], 9223372036854775807, 101, NULL, 120", index: Self.bySeq),
            Self.page(nil), Self.page(.unread), Self.page(.read), Self.page(.archived), Self.page(.all),
            Case(
                name: "InboxCounts", sql: InboxCounts.sql, types: "text, int8", arguments: "'heavy', 120",
                index: Self.bySeq),
            Case(
                name: "MarkInbox.mark", sql: MarkInbox.mark, types: "text, uuid, timestamptz, bool, bool, bool",
                arguments: "'user7', md5('i507')::uuid, '2026-11-16 08:27:00+00', true, NULL, false"),
            Self.all(.read), Self.all(.seen),
            Case(
                name: "LoadPreferences", sql: LoadPreferences.sql, types: "text", arguments: "'user7'",
                index: "preferences_pkey"),
            Case(
                name: "ListSent, first page", sql: ListSent.sql,
                types: "uuid, timestamptz, uuid, text, bool, text, int8, int8, int8",
                arguments: """
                    '\(Self.service)', '9999-12-31 00:00:00+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, false,
                    NULL, 21, 21, 0
                    """, index: "outbox_by_service"),
            Case(
                name: "ListSent, with the deleted ones", sql: ListSent.sql,
                types: "uuid, timestamptz, uuid, text, bool, text, int8, int8, int8",
                arguments: """
                    '\(Self.service)', '\(Self.far)', 'ffffffff-ffff-ffff-ffff-ffffffffffff', NULL, true, NULL, 21, 21, 0
                    """),
            Case(
                name: "MarkInbox.find", sql: MarkInbox.find, types: "text, uuid",
                arguments: "'user7', md5('i507')::uuid"),
            Case(
                name: "DecideCancel.look", sql: DecideCancel.look, types: "uuid, uuid, timestamptz",
                arguments: "'\(Self.service)', md5('i507')::uuid, '2026-11-16 08:27:00+00'"),
            Case(
                name: "DecideCancel.look, derived id", sql: DecideCancel.look, types: "uuid, uuid, timestamptz",
                arguments: "'\(Self.service)', md5('i507')::uuid, NULL"),
            Case(
                name: "InsertInbox", sql: InsertInbox.sql,
                types: """
                    text[], uuid[], timestamptz[], int8[], uuid[], text[], text[], text[], text[], text[], text[], bool[],
                    int4[], timestamptz[], timestamptz[], timestamptz[], text[], int4, int8
                    """,
                arguments: Self.batch(
                    "'user7'::text", "gen_random_uuid()", "timestamptz '2026-11-20 09:00:00+00'", "7::int8",
                    "gen_random_uuid()", "'new_message'::text", "'normal'::text", "NULL::text", "'m'::text",
                    "NULL::text", "NULL::text", "false", "0", "NULL::timestamptz",
                    "timestamptz '2026-11-20 09:00:00+00'", "NULL::timestamptz", "NULL::text") + ", 36500, 100",
                index: "user_id_due_at_idx"),
            Case(
                name: "TakeSeqs", sql: TakeSeqs.sql, types: "text[], timestamptz[], int8",
                arguments: Self.batch("'user7'::text", "timestamptz '2026-11-20 09:00:00+00'") + ", NULL",
                index: "erased_users_pkey"),
            Case(
                name: "FindErased", sql: FindErased.sql, types: "text[], timestamptz[]",
                arguments: Self.batch("'user7'::text", "timestamptz '2026-11-20 09:00:00+00'"),
                index: "erased_users_pkey"),
        ]

        /// What Postgres calls the partitions' parts of `inbox_unread`, `inbox_history` and `inbox_archived`.
        private static let bySeq = "_user_id_seq_idx"

        /// Of a user who has a third of it all.
        private static func page(_ filter: InboxPage.Filter?) -> Case {
            Case(
                name: "InboxPage, \(filter?.rawValue ?? "what is not archived")", sql: InboxPage.sql(filter),
                types: "text, int8, int8, text, int8", arguments: "'heavy', 9223372036854775807, 21, NULL, 120",
                index: Self.bySeq)
        }

        private static func all(_ mark: MarkAll.Mark) -> Case {
            Case(
                name: "MarkAll, \(mark)", sql: MarkAll.sql(mark), types: "text, int8, int8",
                arguments: "'heavy', 9223372036854775807, 1000", index: Self.bySeq)
        }

        @Test func noneReadsAWholeTable() async throws {
            try await withDatabase { database async throws in
                try await database.pool.withConnection { connection async throws in
                    try await connection.execute(script: Self.filling)
                    for (number, statement) in Self.cases.enumerated() {
                        try await connection.execute(
                            script: "PREPARE case\(number) (\(statement.types)) AS \(statement.sql)")
                        for mode in ["force_custom_plan", "force_generic_plan"] {
                            try await connection.execute(script: "SET plan_cache_mode = \(mode)")
                            let plan = try await connection.query(
                                PostgresStatement("EXPLAIN EXECUTE case\(number) (\(statement.arguments))")
                            ).map { try $0.decode(0, as: String.self) }.joined(separator: "\n")
                            for table in [
                                "inbox", "outbox", "cancellations", "inbox_requests", "preferences", "erased_users",
                            ] {
                                #expect(!plan.contains("Seq Scan on \(table)"), "\(statement.name), \(mode):\n\(plan)")
                            }
                            if let index = statement.index {
                                #expect(plan.contains(index), "\(statement.name), \(mode):\n\(plan)")
                            }
                        }
                    }
                }
            }
        }

        /// The plan of a small table is no proof; but this filling would be read whole where no index serves.
        @Test func aStatementWithoutAnIndexIsFound() async throws {
            try await withDatabase { database async throws in
                try await database.pool.withConnection { connection async throws in
                    try await connection.execute(script: Self.filling)
                    for table in ["inbox", "outbox"] {
                        let plan = try await connection.query(
                            PostgresStatement("EXPLAIN SELECT 1 FROM \(table) WHERE traceparent = 'x'")
                        ).map { try $0.decode(0, as: String.self) }.joined(separator: "\n")
                        #expect(plan.contains("Seq Scan on \(table)"))
                    }
                }
            }
        }
    }
}
