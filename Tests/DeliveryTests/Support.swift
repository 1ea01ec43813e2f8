import FoundationEssentials
import Notifications

let someService = UUID(bytes: [UInt8](repeating: 9, count: 16))

func sample(_ number: UInt8 = 1, userID: String = "ann") -> Notification {
    let accepted = Instant(microseconds: 1_795_165_200_000_000)
    return Notification(
        id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 15) + [number])), service: someService,
        userID: userID, content: Notification.Content(eventType: "new_message", message: "Hello"),
        acceptedAt: accepted, dueAt: accepted, isScheduled: false)
}
