/// What a person wants of an event type.
public struct Preference: Sendable, Hashable {
    public let type: EventType
    /// `nil` where the person has not chosen, and the default holds.
    public var chosen: Bool?

    public init(type: EventType, chosen: Bool?) {
        self.type = type
        self.chosen = chosen
    }

    /// Whether notifications of this type come into the inbox. Critical ones do, also where they were switched off
    /// before they were critical.
    public var isEnabled: Bool { self.type.isCritical || (self.chosen ?? self.type.isOnByDefault) }
}
