import CRdKafka
import Logging
import Synchronization

/// One idempotent producer of librdkafka, from its making to its end. ``KafkaProducer`` makes another after a fatal
/// error.
///
/// `@unchecked Sendable`: `events` never changes, and librdkafka's queues may be used from any thread until `close`,
/// which happens once, on the thread that polls; what is mutable is behind locks.
@safe
final class ProducerClient: @unchecked Sendable {
    /// What `enqueue` came to; the count tells how many records of the batch are in the queue or settled.
    enum Progress: Sendable {
        case done
        case full(Int)
        case closed(Int, KafkaError)
    }

    private struct Waiting {
        /// Keeps each batch alive for as long as a report may come for one of its records.
        var batches: [ObjectIdentifier: SendBatch] = [:]
        /// Each is called once.
        var forRoom: [@Sendable () -> Void] = []
        var failure: KafkaError?
        var isClosed = false
    }

    private let handle: ClientHandle
    private let context: ClientContext
    private let events: OpaquePointer
    /// Held while records are handed to librdkafka, so that none is after `close` has begun. nil while open.
    private let gate = Mutex(KafkaError?.none)
    private let waiting = Mutex(Waiting())

    init(configuration: KafkaConfiguration, messageTimeout: Duration, context: ClientContext) throws(KafkaError) {
        var properties = ClientProperties()
        // Connections to all brokers from the start: made on demand, the first send to each would take up to a second.
        properties.set("enable.sparse.connections", "false", isOptional: true)
        properties.set("linger.ms", "1")
        properties.set("partitioner", "murmur2_random")
        // An unknown topic is told as such before the message timeout would hide it.
        properties.set("topic.metadata.propagation.max.ms", min(.seconds(2), messageTimeout / 2))
        // The default pauses of up to 10 s between attempts outlast most message timeouts.
        properties.set("reconnect.backoff.ms", "50")
        properties.set("reconnect.backoff.max.ms", "500")
        // librdkafka would hold a gigabyte.
        properties.set("queue.buffering.max.kbytes", String(max(1_024, configuration.producerQueueKiB)))
        properties.set(configuration)
        properties.set("enable.idempotence", "true")
        properties.set("acks", "all")
        properties.set("message.timeout.ms", messageTimeout)
        let events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR
        let handle = try ClientHandle(RD_KAFKA_PRODUCER, properties, context: context, events: events)
        let queue = unsafe handle.withRaw { unsafe rd_kafka_queue_get_main($0) }
        guard let queue = unsafe queue else {
            throw KafkaError(code: .other, reason: "the producer has no event queue")
        }
        self.handle = handle
        self.context = context
        unsafe self.events = queue
    }

    deinit {
        // Only a client that was never polled gets here unclosed; the handle destroys itself.
        if self.gate.withLock({ $0 == nil }) { unsafe rd_kafka_queue_destroy(self.events) }
    }

    // MARK: Handing over, from any thread

    func register(_ batch: SendBatch) {
        self.waiting.withLock { $0.batches[ObjectIdentifier(batch)] = batch }
    }

    /// Hands over records from `start` on, as many as the queue takes. Doesn't block.
    func enqueue(_ records: [KafkaRecord], from start: Int, of batch: SendBatch) -> Progress {
        var index = start
        while index < records.count {
            // In portions, so that other senders get their turn.
            let end = min(index + 64, records.count)
            let stop: Progress? = self.gate.withLock { failure in
                if let failure { return .closed(index, failure) }
                while index < end {
                    if let error = unsafe self.produce(records[index], opaque: batch.opaque(index)) {
                        if error.code == .queueFull { return .full(index) }
                        self.fail(batch, index..<index + 1, with: error)
                    }
                    index += 1
                }
                return nil
            }
            batch.deliver()
            if let stop { return stop }
        }
        return .done
    }

    func settle(_ batch: SendBatch, _ range: Range<Int>, with error: KafkaError) {
        self.fail(batch, range, with: error)
        batch.deliver()
    }

    private func fail(_ batch: SendBatch, _ range: Range<Int>, with error: KafkaError) {
        if error.isFatal { self.waiting.withLock { $0.failure = error } }
        let shown = error.asSendError
        if batch.settle(range, { _ in .failed(shown) }) { self.forget([batch]) }
    }

    /// Returns when there may be room in the queue again, or after a tenth of a second.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in self.whenRoom { continuation.resume() } }
    }

    /// Calls `body` once, on the thread that polls, when there may be room in the queue again, or after a tenth of a
    /// second; at once where the client is closed.
    func whenRoom(_ body: @escaping @Sendable () -> Void) {
        let isClosed = self.waiting.withLock { waiting in
            if !waiting.isClosed { waiting.forRoom.append(body) }
            return waiting.isClosed
        }
        if isClosed { body() }
    }

    /// Makes a blocked `poll` return.
    func wake() {
        self.gate.withLock { failure in
            if failure == nil { unsafe rd_kafka_queue_yield(self.events) }
        }
    }

    private func produce(_ record: KafkaRecord, opaque: UnsafeMutableRawPointer) -> KafkaError? {
        if let partition = record.partition, partition < 0 {
            // To librdkafka negative ones have meanings of their own.
            return KafkaError(code: .unknownPartition, reason: "there is no partition \(partition)")
        }
        let headers = unsafe Self.headers(of: record)
        let error = unsafe self.handle.withRaw { client in
            unsafe withBytes(of: record.value) { value in
                unsafe withBytes(of: record.key ?? []) { key in
                    unsafe notifi_produce(
                        client, record.topic, record.partition ?? RD_KAFKA_PARTITION_UA,
                        record.key == nil ? nil : key.baseAddress, key.count, value.baseAddress, value.count, headers,
                        opaque)
                }
            }
        }
        guard let error = unsafe error else { return nil }
        if let headers = unsafe headers { unsafe rd_kafka_headers_destroy(headers) }
        return unsafe KafkaError(consuming: error)
    }

    private static func headers(of record: KafkaRecord) -> OpaquePointer? {
        if record.headers.isEmpty { return nil }
        let headers = unsafe rd_kafka_headers_new(record.headers.count)
        for header in record.headers {
            unsafe withBytes(of: header.value) { value in
                _ = unsafe rd_kafka_header_add(headers, header.name, -1, value.baseAddress, value.count)
            }
        }
        return unsafe headers
    }

    // MARK: Reports, on the thread that polls

    /// Waits for events at most so long, and serves one. Returns the error after which this client is of no more use.
    func poll(timeout: Duration) -> KafkaError? {
        let event = unsafe rd_kafka_queue_poll(self.events, timeout.timeoutMilliseconds)
        if let event = unsafe event {
            defer { unsafe rd_kafka_event_destroy(event) }
            switch unsafe rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR: unsafe self.settleReports(event)
            case RD_KAFKA_EVENT_ERROR: unsafe self.noteError(event)
            default: break
            }
            self.openRoom()
        } else {
            self.openRoom()
            // Looked at only when nothing more is in the queue, so that a late thread does not blame the client.
            let now = ContinuousClock.now
            let isOverdue = self.waiting.withLock { $0.batches.values.contains { $0.deadline < now } }
            if isOverdue {
                return KafkaError(
                    code: .timedOut, reason: "the client did not report within its bound", isRetriable: true)
            }
        }
        return self.waiting.withLock { $0.failure }
    }

    /// Asks for all topics once, at most so long, so that the first send to each does not wait for librdkafka to find out
    /// (which it looks for once a second). Brokers that are away cost nothing but that.
    func learnTopics(timeout: Duration) {
        do throws(KafkaError) {
            _ = try Metadata.topics(of: self.handle, only: nil, timeout: timeout)
        } catch {
            self.context.logger.debug("topics were not learnt beforehand: \(error)")
        }
    }

    var hasWaiting: Bool { self.waiting.withLock { !$0.batches.isEmpty || !$0.forRoom.isEmpty } }

    /// Ends the client: what is not reported within `flush` fails with `error`, and nothing of it is sent later.
    func close(flush: Duration, error: KafkaError) {
        self.gate.withLock { $0 = error }
        self.waiting.withLock { $0.isClosed = true }
        self.openRoom()
        let clock = ContinuousClock()
        var deadline = clock.now + flush
        var isPurged = false
        while self.waiting.withLock({ !$0.batches.isEmpty }) {
            if clock.now >= deadline {
                if isPurged { break }
                isPurged = true
                deadline = clock.now + .seconds(1)
                let all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT
                _ = unsafe self.handle.withRaw { unsafe rd_kafka_purge($0, all) }
            }
            _ = self.poll(timeout: min(.milliseconds(50), max(.zero, deadline - clock.now)))
        }
        unsafe rd_kafka_queue_destroy(self.events)
        self.handle.destroy()
        // With the client gone no report can come any more, so the batches may go too.
        let left = self.waiting.withLock { waiting in
            defer { waiting.batches = [:] }
            return Array(waiting.batches.values)
        }
        for batch in left {
            _ = batch.settle(0..<batch.count) { _ in .failed(error) }
            batch.deliver()
        }
    }

    private func settleReports(_ event: OpaquePointer) {
        var done: [SendBatch] = []
        // Told when all of the event is taken up: reports that come together wake those who wait once.
        var touched: [SendBatch] = []
        while let message = unsafe rd_kafka_event_message_next(event) {
            guard let opaque = unsafe message.pointee._private else { continue }
            let (batch, index) = unsafe SendBatch.place(of: opaque)
            let code = unsafe message.pointee.err
            let outcome: SendBatch.Outcome
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                outcome = unsafe .stored(partition: message.pointee.partition, offset: message.pointee.offset)
            } else {
                let error = KafkaError(code)
                if error.isFatal { self.noteFatal(error) }
                outcome = .failed(error.code == .clientReplaced ? self.closingError(error) : error.asSendError)
            }
            if batch.settle(index, outcome) { done.append(batch) }
            if touched.last !== batch { touched.append(batch) }
        }
        self.forget(done)
        for batch in touched { batch.deliver() }
    }

    private func noteError(_ event: OpaquePointer) {
        let code = unsafe rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR__FATAL { self.noteFatal(KafkaError(code)) }
    }

    private func noteFatal(_ error: KafkaError) {
        let known = self.handle.fatalError ?? error
        self.waiting.withLock { $0.failure = known }
    }

    private func closingError(_ purged: KafkaError) -> KafkaError {
        self.gate.withLock { $0 } ?? purged
    }

    private func openRoom() {
        let waiters = self.waiting.withLock { waiting in
            defer { waiting.forRoom = [] }
            return waiting.forRoom
        }
        for waiter in waiters { waiter() }
    }

    private func forget(_ batches: [SendBatch]) {
        if batches.isEmpty { return }
        self.waiting.withLock { waiting in
            for batch in batches { waiting.batches[ObjectIdentifier(batch)] = nil }
        }
    }

    /// Puts the client into the state that a broker's fatal answer would.
    func simulateFatalError() {
        _ = unsafe self.handle.withRaw {
            unsafe rd_kafka_test_fatal_error($0, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "simulated")
        }
    }
}

extension KafkaError {
    /// As a sender sees it, for whom a fatal error only means to send again: the producer renews itself.
    fileprivate var asSendError: KafkaError {
        self.isFatal
            ? KafkaError(code: .clientReplaced, rawCode: self.rawCode, reason: self.reason, isRetriable: true) : self
    }
}

/// Lends bytes; never at nil, which librdkafka takes for "no value" rather than for an empty one.
private func withBytes<R>(of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> R) -> R {
    if bytes.isEmpty {
        var nothing: UInt8 = 0
        return unsafe withUnsafeBytes(of: &nothing) {
            unsafe body(UnsafeRawBufferPointer(start: $0.baseAddress, count: 0))
        }
    }
    return unsafe bytes.withUnsafeBytes { unsafe body($0) }
}
