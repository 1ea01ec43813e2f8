/// What a ceiling decodes and encodes: the fields that a POST of ``BenchTraffic`` has.
struct CeilingNotification: Codable, Sendable {
    let userID: String
    let eventType: String
    let message: String

    enum CodingKeys: String, CodingKey {
        case message
        case userID = "user_id"
        case eventType = "event_type"
    }
}
