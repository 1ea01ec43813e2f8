import Hummingbird
import Notifications
import Postgres
import Store

/// `GET /api/preferences` and `PUT /api/preferences`: which event types the user wants.
struct PreferencesRoutes: Sendable {
    static let largestBody = 64 * 1_024

    let access: PersonAccess
    let pool: PostgresPool
    let answers: InboxAnswers

    func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        let (preferences, allowance) = try await self.answers.asking {
            try await LoadPreferences.run(userID, requestsPerMinute: $0, on: self.pool)
        }
        return try self.answer(preferences, allowance)
    }

    /// All that is asked for, or nothing.
    func put(_ request: Request, _ context: APIContext) async throws -> Response {
        let userID = try await self.access.require(request)
        let changes: PreferenceChanges
        switch PreferenceChanges.read(try await request.json(limit: Self.largestBody)) {
        case .success(let read): changes = read
        case .failure(let faults): throw Problem.invalid(faults)
        }
        do {
            let (preferences, allowance) = try await self.answers.asking {
                try await PutPreferences.run(changes, of: userID, requestsPerMinute: $0, on: self.pool)
            }
            return try self.answer(preferences, allowance)
        } catch let faults as Faults {
            throw Problem.invalid(faults)
        }
    }

    private func answer(_ preferences: [Preference], _ allowance: RequestAllowance) throws -> Response {
        try Response(
            json: ["preferences": preferences.filter { !$0.type.isDisabled }.map(PreferenceView.init)],
            headers: self.answers.headers(allowance))
    }
}

/// A preference as its person sees it.
struct PreferenceView: Encodable, Sendable {
    let eventType: String
    let label: String
    let enabled: Bool
    let isDefault: Bool
    let critical: Bool

    enum CodingKeys: String, CodingKey {
        case label, enabled, critical
        case eventType = "event_type"
        case isDefault = "default"
    }

    init(_ preference: Preference) {
        self.eventType = preference.type.name
        self.label = preference.type.label
        self.enabled = preference.isEnabled
        self.isDefault = preference.type.isOnByDefault
        self.critical = preference.type.isCritical
    }
}
