public import Notifications
internal import Postgres

/// Writes down which request under an `Idempotency-Key` was first, and tells which of these are.
///
/// The router decides this, not delivery: it sees all requests for one user in order, the scheduled ones and the
/// immediate ones alike, so that the first one sent is also the first one recorded. A redelivered request carries the
/// same request id, and is still the first.
public enum ClaimIdempotencyKeys {
    /// Index: the primary key of `idempotency_keys`, `(user_id, id)`. Sorted, so that two routers cannot deadlock.
    /// That of `erased_users` leaves out what belongs to an erased user: it has no first, and is dropped.
    private static let insert = """
        INSERT INTO idempotency_keys (user_id, id, service_id, request_id, fingerprint, accepted_at, due_at)
        SELECT DISTINCT ON (n.user_id, n.id)
            n.user_id, n.id, n.service_id, n.request_id, n.fingerprint, n.accepted_at, n.due_at
        FROM unnest(
                $1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::timestamptz[], $7::timestamptz[])
            WITH ORDINALITY AS n (user_id, id, service_id, request_id, fingerprint, accepted_at, due_at, place)
        WHERE \(ErasedUser.isNot("n.user_id", acceptedAt: "n.accepted_at"))
        ORDER BY n.user_id, n.id, n.place
        ON CONFLICT DO NOTHING
        """

    /// Index: the primary key of `idempotency_keys`. A statement of its own, because the insert's snapshot does not see
    /// what another router wrote meanwhile.
    private static let compare = """
        SELECT n.place::int4 AS place, k.request_id = n.request_id AS first, k.fingerprint = n.fingerprint AS same
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bytea[])
            WITH ORDINALITY AS n (user_id, id, request_id, fingerprint, place)
        JOIN idempotency_keys k ON k.user_id = n.user_id AND k.id = n.id
        ORDER BY n.place
        """

    /// Index: the primary key of `idempotency_keys`.
    private static let noteOtherBody = """
        UPDATE idempotency_keys k SET other_body_at = clock_timestamp()
        FROM unnest($1::text[], $2::uuid[]) AS n (user_id, id)
        WHERE k.user_id = n.user_id AND k.id = n.id AND k.other_body_at IS NULL
        """

    /// - Parameter notifications: such as have a `request`; others are left out of account.
    /// - Returns: for each, in order, whether it was the first under its key.
    public static func run(_ notifications: [Notification], on store: some Querying) async throws -> [Bool] {
        let keyed = notifications.compactMap { notification in
            notification.request.map { (notification, $0) }
        }
        guard !keyed.isEmpty else { return [] }
        let users = PostgresValue.textArray(keyed.map(\.0.userID))
        let ids = PostgresValue.ids(keyed.map(\.0.id))
        let requests = PostgresValue.uuidArray(keyed.map(\.1))
        let fingerprints = PostgresValue.byteaArray(keyed.map(\.0.fingerprint))
        _ = try await store.query(
            PostgresStatement(
                Self.insert,
                [
                    users, ids, .uuidArray(keyed.map(\.0.service)), requests, fingerprints,
                    .instants(keyed.map(\.0.acceptedAt)), .instants(keyed.map(\.0.dueAt)),
                ]))
        let rows = try await store.query(PostgresStatement(Self.compare, [users, ids, requests, fingerprints]))
        var isFirst = [Bool](repeating: false, count: keyed.count)
        var others: [Notification] = []
        for row in rows {
            let place = Int(try row.decode("place", as: Int32.self)) - 1
            isFirst[place] = try row.decode("first", as: Bool.self)
            if try !row.decode("same", as: Bool.self) { others.append(keyed[place].0) }
        }
        if !others.isEmpty {
            others.sort { ($0.userID, $0.id.description) < ($1.userID, $1.id.description) }
            _ = try await store.query(
                PostgresStatement(Self.noteOtherBody, [.textArray(others.map(\.userID)), .ids(others.map(\.id))]))
        }
        return isFirst
    }
}
