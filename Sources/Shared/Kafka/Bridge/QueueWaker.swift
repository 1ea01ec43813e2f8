import CRdKafka
import Synchronization

/// Ends a blocked poll of a consumer from another thread.
///
/// `@unchecked Sendable`: `rd_kafka_queue_yield` may be called from any thread as long as the queue is there, which
/// `gate` guards. A yield that comes before the poll is kept for it by librdkafka.
@safe
final class QueueWaker: @unchecked Sendable {
    private let queue: OpaquePointer
    private let gate = Mutex(true)

    /// Takes over the reference to the queue.
    init(queue: OpaquePointer) {
        unsafe self.queue = queue
    }

    deinit {
        self.close()
    }

    func wake() {
        self.gate.withLock { isOpen in
            if isOpen { unsafe rd_kafka_queue_yield(self.queue) }
        }
    }

    /// To be called before the client is destroyed.
    func close() {
        self.gate.withLock { isOpen in
            if isOpen { unsafe rd_kafka_queue_destroy(self.queue) }
            isOpen = false
        }
    }
}
