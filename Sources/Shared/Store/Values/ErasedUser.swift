/// What keeps an erased user from coming back: whatever was accepted until then is left out wherever it is met.
///
/// Whoever erases commits the entry in `erased_users` first, and then removes what is there under the lock of the user's
/// head, as `TakeSeqs` takes it: a delivery that did not see the entry is over by then, and a later one sees it.
enum ErasedUser {
    /// A condition that holds for what may go on. Index: the primary key of `erased_users`, `(user_hash)`.
    ///
    /// - Parameters:
    ///   - user: an SQL expression, the user id as text.
    ///   - acceptedAt: an SQL expression.
    static func isNot(_ user: String, acceptedAt: String) -> String {
        Self.isNot(bytes: "convert_to(\(user), 'UTF8')", acceptedAt: acceptedAt)
    }

    /// - Parameter bytes: an SQL expression, the user id as bytes; for NULL the condition holds.
    static func isNot(bytes: String, acceptedAt: String) -> String {
        """
        (SELECT 1 FROM erased_users e WHERE e.user_hash = sha256(\(bytes)) AND \(acceptedAt) <= e.erased_at LIMIT 1) IS NULL
        """
    }
}
