/// What keeps an erased user from coming back: whatever was accepted until then is left out wherever it is met.
///
/// Whoever erases takes the user's head (`TakeSeqs`) first, in the transaction that writes into `erased_users` and removes
/// what is there: a delivery that is under way is then waited for, and a later one finds the entry.
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
