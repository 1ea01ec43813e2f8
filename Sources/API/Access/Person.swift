import Notifications

/// Whoever a verified session names, with what is looked up and said for them at every poll.
struct Person: Sendable, Hashable {
    let userID: String
    let key: UserKey
    /// Stands for the user in an `ETag`.
    let tag: String

    init(_ userID: String) {
        self.userID = userID
        self.key = UserKey(userID)
        self.tag = self.key.tag
    }
}
