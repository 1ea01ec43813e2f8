import CRdKafka
import Foundation
import Synchronization

/// The cluster of brokers that librdkafka brings along.
///
/// `@unchecked Sendable`: its functions hand their work to the cluster's own thread or lock by themselves; `gate` keeps
/// them from meeting `close`.
@safe
final class MockCluster: @unchecked Sendable {
    let bootstrapServers: String

    private let handle: ClientHandle
    private let cluster: OpaquePointer
    private let gate = Mutex(true)
    private struct Down {
        var brokers: Set<Int32> = []
        /// Of those of them whose port was free.
        var ports: [Int32: HeldPort] = [:]
    }

    private let down = Mutex(Down())

    init(brokers: Int32, context: ClientContext) throws(KafkaError) {
        var properties = ClientProperties()
        properties.set("client.id", "embedded-broker")
        // As Kafka's own brokers have it: by Nagle's algorithm the last answers of a burst would wait for the client's
        // delayed acknowledgement, some 40 ms.
        properties.set("socket.nagle.disable", "true")
        self.handle = try ClientHandle(RD_KAFKA_PRODUCER, properties, context: context)
        guard let cluster = unsafe self.handle.withRaw({ unsafe rd_kafka_mock_cluster_new($0, brokers) }),
            let addresses = unsafe rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            self.handle.destroy()
            throw KafkaError(code: .other, reason: "the embedded brokers could not be started")
        }
        unsafe self.cluster = cluster
        unsafe self.bootstrapServers = String(cString: addresses)
    }

    func createTopic(_ name: String, partitions: Int32, replication: Int32) throws(KafkaError) {
        try self.check { unsafe rd_kafka_mock_topic_create(self.cluster, name, partitions, replication) }
    }

    func setBroker(_ id: Int32, up isUp: Bool) throws(KafkaError) {
        if isUp { try self.holdPort(of: id) }
        try self.check {
            unsafe isUp
                ? rd_kafka_mock_broker_set_up(self.cluster, id) : rd_kafka_mock_broker_set_down(self.cluster, id)
        }
        let held = isUp ? nil : self.port(of: id).flatMap { HeldPort($0) }
        self.down.withLock { down in
            if isUp { down.brokers.remove(id) } else { down.brokers.insert(id) }
            down.ports[id] = held
        }
    }

    /// Where the port was not free when the broker went down, waits until it is. A process that is just being started has a
    /// copy of every socket for a moment, also of one that listens.
    private func holdPort(of id: Int32) throws(KafkaError) {
        guard let port = self.port(of: id), self.down.withLock({ $0.brokers.contains(id) }) else { return }
        let deadline = ContinuousClock.now + .seconds(5)
        while self.down.withLock({ $0.ports[id] == nil }) {
            if let held = HeldPort(port) {
                self.down.withLock { $0.ports[id] = held }
            } else if ContinuousClock.now < deadline {
                usleep(1_000)
            } else {
                throw KafkaError(code: .other, reason: "somebody else has port \(port) of broker \(id)")
            }
        }
    }

    /// The list has them in the order of their ids, which begin with 1.
    private func port(of id: Int32) -> UInt16? {
        let addresses = self.bootstrapServers.split(separator: ",")
        guard addresses.indices.contains(Int(id) - 1) else { return nil }
        return addresses[Int(id) - 1].split(separator: ":").last.flatMap { UInt16($0) }
    }

    func setLeader(of partition: KafkaTopicPartition, to id: Int32) throws(KafkaError) {
        try self.check {
            unsafe rd_kafka_mock_partition_set_leader(self.cluster, partition.topic, partition.partition, id)
        }
    }

    func setRoundTripTime(_ time: Duration, broker id: Int32) throws(KafkaError) {
        try self.check { unsafe rd_kafka_mock_broker_set_rtt(self.cluster, id, time.timeoutMilliseconds) }
    }

    func setTopicError(_ topic: String, rawCode: Int32) {
        self.ifOpen {
            unsafe rd_kafka_mock_topic_set_error(self.cluster, topic, rd_kafka_resp_err_t(rawValue: rawCode))
        }
    }

    func pushErrors(_ key: Int16, rawCodes: [Int32]) {
        let codes = rawCodes.map(rd_kafka_resp_err_t.init(rawValue:))
        self.ifOpen {
            unsafe codes.withUnsafeBufferPointer { codes in
                unsafe rd_kafka_mock_push_request_errors_array(self.cluster, key, codes.count, codes.baseAddress)
            }
        }
    }

    func pushLatency(_ key: Int16, _ time: Duration, count: Int, broker id: Int32) throws(KafkaError) {
        try self.check {
            unsafe notifi_mock_push_latency(self.cluster, id, key, count, time.timeoutMilliseconds)
        }
    }

    func clearErrors(_ key: Int16) {
        self.ifOpen { unsafe rd_kafka_mock_clear_request_errors(self.cluster, key) }
    }

    /// Ends the cluster on a thread of its own, since its own one looks up only once a second.
    func close() {
        let isFirst = self.gate.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if !isFirst { return }
        let remains = unsafe Remains(cluster: self.cluster, handle: self.handle)
        Thread.detachNewThread { remains.destroy() }
    }

    /// `@unchecked Sendable`: handed over once, to the thread that destroys it.
    @safe
    private struct Remains: @unchecked Sendable {
        let cluster: OpaquePointer
        let handle: ClientHandle

        func destroy() {
            unsafe rd_kafka_mock_cluster_destroy(self.cluster)
            self.handle.destroy()
        }
    }

    private func ifOpen(_ body: () -> Void) {
        self.gate.withLock { isOpen in
            if isOpen { body() }
        }
    }

    private func check(_ body: () -> rd_kafka_resp_err_t) throws(KafkaError) {
        let error: KafkaError? = self.gate.withLock { isOpen in
            isOpen ? KafkaError?(ifAny: body()) : KafkaError(code: .closed, reason: "the embedded brokers are closed")
        }
        if let error { throw error }
    }
}
