/// How loudly a notification is shown. It is display alone and lifts no limit.
public enum Priority: String, Sendable, CaseIterable {
    case low, normal, high, critical
}
