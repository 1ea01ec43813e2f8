import FoundationEssentials
import Notifications

/// A generator whose numbers are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

let someService = UUID(bytes: [UInt8](repeating: 9, count: 16))

func sample(_ number: UInt8 = 1, userID: String = "ann") -> Notification {
    let accepted = Instant(microseconds: 1_795_165_200_000_000)
    return Notification(
        id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0, count: 15) + [number])), service: someService,
        userID: userID, content: Notification.Content(eventType: "new_message", message: "Hello"),
        acceptedAt: accepted, dueAt: accepted, isScheduled: false)
}
