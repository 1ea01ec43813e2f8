import FoundationEssentials
import Notifications
import Store

func at(_ microseconds: Int64) -> Instant { Instant(microseconds: microseconds) }

/// Behind nearly all that are due then.
func place(_ microseconds: Int64) -> OutboxPlace {
    OutboxPlace(
        dueAt: at(microseconds), id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0xFF, count: 16))))
}

func before(_ microseconds: Int64) -> OutboxPlace { OutboxPlace(before: at(microseconds)) }
