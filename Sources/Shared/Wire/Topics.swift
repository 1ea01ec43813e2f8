/// The names of the topics and of the consumer groups that read them.
public struct Topics: Sendable, Hashable {
    public let requests: String
    public let deliveries: String
    public let inboxChanges: String
    public let deadLetters: String

    public let routerGroup: String
    public let deliveryGroup: String
    public let deadLettersGroup: String

    /// - Parameter prefix: stands before every name, so that several installations can share a cluster; `notifi` by
    ///   default.
    public init(prefix: String) {
        self.requests = "\(prefix).requests"
        self.deliveries = "\(prefix).deliveries"
        self.inboxChanges = "\(prefix).inbox-changes"
        self.deadLetters = "\(prefix).dead-letters"
        self.routerGroup = "\(prefix).router"
        self.deliveryGroup = "\(prefix).delivery"
        self.deadLettersGroup = "\(prefix).dead-letters"
    }

    public var all: [String] { [self.requests, self.deliveries, self.inboxChanges, self.deadLetters] }
}
