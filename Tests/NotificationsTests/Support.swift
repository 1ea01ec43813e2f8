import FoundationEssentials
import Notifications

/// The times that RFC 3339 can write: the years 0000 to 9999.
let writableTimes: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

/// 2026-11-20T09:00:00Z, a Friday.
let now = Instant(microseconds: 1_795_165_200_000_000)

func seconds(_ seconds: Int64) -> Instant { now.advanced(bySeconds: seconds) }

let someService = UUID(bytes: (1...16).map { $0 })

/// `NotificationID` number so and so.
func someID(_ number: UInt8) -> NotificationID {
    NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 15) + [number]))
}

func sample(
    id: UInt8 = 1, accepted: Instant = now, due: Instant? = nil, claimed: Instant? = nil, message: String = "Hello"
) -> Notification {
    Notification(
        id: someID(id), service: someService, userID: "ann",
        content: Notification.Content(eventType: "new_message", message: message), acceptedAt: accepted,
        dueAt: due ?? accepted, isScheduled: due != nil, claimedAt: claimed)
}

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }
