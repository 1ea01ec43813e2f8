public import Notifications
internal import Postgres

/// The partitions of the inbox as Postgres knows them, and those that were detached to be dropped.
public enum ListInboxPartitions {
    /// A comment marks what is to be dropped. It goes where the table goes, and lasts as long as it does, whoever renames
    /// it or restores a backup. The schema is in it, for databases that hold more than one Notifi.
    static let mark = "notifi: retired from "

    /// Index: those of the catalogue. What is detached has no bounds any more; the mark has them, in microseconds.
    static let sql = """
        WITH parent AS (
            SELECT c.oid, quote_ident(n.nspname) AS schema
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = 'inbox'::regclass
        ), attached AS (
            SELECT i.inhrelid AS oid, i.inhdetachpending AS pending, pg_get_expr(c.relpartbound, c.oid) AS bound
            FROM parent JOIN pg_inherits i ON i.inhparent = parent.oid JOIN pg_class c ON c.oid = i.inhrelid
        ), marked AS (
            SELECT d.objoid AS oid, substr(d.description, length('\(Self.mark)' || parent.schema || ' ') + 1) AS bounds
            FROM parent JOIN pg_description d ON starts_with(d.description, '\(Self.mark)' || parent.schema || ' ')
            WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        )
        SELECT a.oid::regclass::text AS name, CASE WHEN a.pending THEN 'pending' ELSE 'attached' END AS attachment,
            substring(a.bound FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS lower_bound,
            substring(a.bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS upper_bound,
            a.bound = 'DEFAULT' AS is_default, m.oid IS NOT NULL AS is_retired
        FROM attached a LEFT JOIN marked m ON m.oid = a.oid
        UNION ALL
        SELECT m.oid::regclass::text, 'detached',
            timestamptz 'epoch' + substring(m.bounds FROM 'from (-?[0-9]+)')::int8 * interval '1 us',
            timestamptz 'epoch' + substring(m.bounds FROM 'to (-?[0-9]+)')::int8 * interval '1 us', false, true
        FROM marked m JOIN pg_class c ON c.oid = m.oid
        WHERE NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = m.oid)
        """

    public static func run(on store: some Querying) async throws -> [InboxPartition] {
        try await store.query(PostgresStatement(Self.sql)).map { row in
            InboxPartition(
                name: try row.decode("name", as: String.self), start: try row.optionalInstant("lower_bound"),
                end: try row.optionalInstant("upper_bound"),
                attachment: InboxPartition.Attachment(rawValue: try row.decode("attachment", as: String.self))
                    ?? .attached,
                isRetired: try row.decode("is_retired", as: Bool.self),
                isDefault: try row.decode("is_default", as: Bool.self))
        }
    }
}
