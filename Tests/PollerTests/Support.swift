import FoundationEssentials
import Notifications
import Store
import Synchronization

func at(_ microseconds: Int64) -> Instant { Instant(microseconds: microseconds) }

/// Behind nearly all that are due then.
func place(_ microseconds: Int64) -> OutboxPlace {
    OutboxPlace(
        dueAt: at(microseconds), id: NotificationID(uuid: UUID(bytes: [UInt8](repeating: 0xFF, count: 16))))
}

func before(_ microseconds: Int64) -> OutboxPlace { OutboxPlace(before: at(microseconds)) }

/// Set and read from several tasks.
final class Flag: Sendable {
    private let state = Mutex(false)

    var value: Bool {
        get { self.state.withLock { $0 } }
        set { self.state.withLock { $0 = newValue } }
    }
}
