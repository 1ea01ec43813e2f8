/// Which event types a person wants, and which not, read from a body and found to be well formed.
public struct PreferenceChanges: Sendable, Hashable {
    public struct Change: Sendable, Hashable {
        public let eventType: String
        public let isEnabled: Bool

        public init(eventType: String, isEnabled: Bool) {
            self.eventType = eventType
            self.isEnabled = isEnabled
        }
    }

    public let all: [Change]

    public init(_ all: [Change]) {
        self.all = all
    }

    /// Reads `{"preferences": [{"event_type": …, "enabled": …}, …]}`. What the answers tell besides, `label`, `default`
    /// and `critical`, may be sent back and is ignored.
    public static func read(_ json: JSONValue) -> Result<PreferenceChanges, Faults> {
        guard case .object(var members) = json else {
            return .failure(Faults([Fault("", .wrongType, "preferences are a JSON object")]))
        }
        let list = members.removeValue(forKey: "preferences")
        var rest = MemberReader(members)
        rest.refuseTheRest()
        var faults = rest.faults
        var changes: [Change] = []
        switch list {
        case .array(let elements):
            for (place, element) in elements.enumerated() {
                switch Self.change(element, at: "/preferences/\(place)") {
                case .failure(let found): faults += found.all
                case .success(let change):
                    if changes.contains(where: { $0.eventType == change.eventType }) {
                        faults.append(
                            Fault("/preferences/\(place)/event_type", .duplicate, "this event type is there twice"))
                    }
                    changes.append(change)
                }
            }
        case nil, .null: faults.append(Fault("/preferences", .required, "is required"))
        case .some: faults.append(Fault("/preferences", .wrongType, "must be an array"))
        }
        return faults.isEmpty ? .success(PreferenceChanges(changes)) : .failure(Faults(faults))
    }

    private static func change(_ json: JSONValue, at place: String) -> Result<Change, Faults> {
        guard case .object(let members) = json else {
            return .failure(Faults([Fault(place, .wrongType, "must be an object")]))
        }
        var reader = MemberReader(members, at: place)
        let eventType = reader.requiredText("event_type", limit: 64)
        let isEnabled = reader.bool("enabled")
        for name in ["label", "default", "critical"] { reader.ignore(name) }
        reader.refuseTheRest()
        if isEnabled == nil, !reader.faults.contains(where: { $0.pointer == "\(place)/enabled" }) {
            reader.fault("enabled", .required, "is required")
        }
        guard reader.faults.isEmpty, let eventType, let isEnabled else { return .failure(Faults(reader.faults)) }
        return .success(Change(eventType: eventType, isEnabled: isEnabled))
    }

    /// Makes the changes to what holds now.
    ///
    /// What holds already, by choice or by default, is not chosen anew: whoever sends a whole list back goes on following
    /// the defaults of what was not touched.
    ///
    /// - Parameter preferences: all of this person's, the disabled types' too.
    /// - Returns: what has to be stored.
    /// - Throws: `Faults` that name every change that is not possible; then nothing is to be stored.
    public func decide(_ preferences: inout [Preference]) throws(Faults) -> [Change] {
        var faults: [Fault] = []
        var chosen: [Change] = []
        for (place, change) in self.all.enumerated() {
            func fault(_ member: String, _ code: Fault.Code, _ detail: String) {
                faults.append(Fault("/preferences/\(place)/\(member)", code, detail))
            }
            guard let index = preferences.firstIndex(where: { $0.type.name == change.eventType }) else {
                fault("event_type", .unknownEventType, "no event type of this name is registered")
                continue
            }
            let preference = preferences[index]
            if preference.type.isDisabled {
                fault("event_type", .disabledEventType, "this event type is disabled")
            } else if preference.type.isCritical, !change.isEnabled {
                fault("enabled", .criticalEventType, "a critical event type cannot be switched off")
            } else if preference.isEnabled != change.isEnabled {
                chosen.append(change)
                preferences[index].chosen = change.isEnabled
            }
        }
        guard faults.isEmpty else { throw Faults(faults) }
        return chosen
    }
}
