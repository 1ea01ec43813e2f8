import CRdKafka
import Foundation
import Logging
import Synchronization

/// Properties for a client, in the order in which they are set; a later one wins.
struct ClientProperties {
    private(set) var entries: [(name: String, value: String, isOptional: Bool)] = []

    /// - Parameter isOptional: Left out where this version of librdkafka doesn't know the name.
    mutating func set(_ name: String, _ value: String, isOptional: Bool = false) {
        self.entries.append((name, value, isOptional))
    }

    mutating func set(_ name: String, _ value: Duration) {
        self.set(name, String(value.wholeMilliseconds))
    }

    mutating func set(_ configuration: KafkaConfiguration) {
        self.set("bootstrap.servers", configuration.brokers)
        self.set("client.id", configuration.clientID)
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) { self.set(name, value) }
    }
}

/// Owns one client of librdkafka.
///
/// `@unchecked Sendable`: "librdkafka is completely thread-safe (unless otherwise noted in the API documentation). Any
/// API, short of the destructor functions, may be called at any time from any thread" (its wiki). Whoever calls
/// `destroy()` sees to it that nobody is inside or will enter `withRaw`.
@safe
final class ClientHandle: @unchecked Sendable {
    private let raw: OpaquePointer
    /// The callbacks reach it without retaining it, so it has to live as long as the client.
    private let context: ClientContext
    private let isDestroyed = Mutex(false)

    init(
        _ type: rd_kafka_type_t, _ properties: ClientProperties, context: ClientContext, events: Int32 = 0
    ) throws(KafkaError) {
        guard let conf = unsafe rd_kafka_conf_new() else {
            throw KafkaError(code: .other, reason: "no memory for a configuration")
        }
        for (name, value, isOptional) in properties.entries {
            let (result, _) = unsafe withReason { unsafe rd_kafka_conf_set(conf, name, value, $0, $1) }
            if result == RD_KAFKA_CONF_OK || (result == RD_KAFKA_CONF_UNKNOWN && isOptional) { continue }
            unsafe rd_kafka_conf_destroy(conf)
            // The value is left out, as it may be a password; librdkafka's own text quotes it.
            throw KafkaError(
                code: .invalidConfiguration, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue,
                reason: result == RD_KAFKA_CONF_UNKNOWN
                    ? "there is no property \"\(name)\"" : "the value of property \"\(name)\" is not valid")
        }
        unsafe rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(context).toOpaque())
        unsafe rd_kafka_conf_set_log_cb(conf, logCallback)
        unsafe rd_kafka_conf_set_error_cb(conf, errorCallback)
        if events != 0 { unsafe rd_kafka_conf_set_events(conf, events) }
        if type == RD_KAFKA_CONSUMER { unsafe rd_kafka_conf_set_rebalance_cb(conf, rebalanceCallback) }
        let (raw, reason) = unsafe withReason { unsafe rd_kafka_new(type, conf, $0, $1) }
        guard let raw = unsafe raw else {
            unsafe rd_kafka_conf_destroy(conf)
            throw KafkaError(
                code: .invalidConfiguration, rawCode: RD_KAFKA_RESP_ERR__INVALID_ARG.rawValue, reason: reason)
        }
        unsafe self.raw = raw
        self.context = context
    }

    deinit {
        if self.isDestroyed.withLock({ $0 }) { return }
        // Destroying waits for librdkafka's threads, which must not hold up whoever released this last.
        let remains = unsafe Remains(raw: self.raw, context: self.context)
        Thread.detachNewThread { remains.destroy() }
    }

    /// The pointer is valid within `body` only.
    func withRaw<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe body(self.raw)
    }

    /// Waits for librdkafka's threads to end. Without effect the second time.
    func destroy() {
        let isFirst = self.isDestroyed.withLock { isDestroyed in
            defer { isDestroyed = true }
            return !isDestroyed
        }
        if isFirst { unsafe Remains(raw: self.raw, context: self.context).destroy() }
    }

    /// Leaves the client, its threads and what its callbacks reach as they are, to the end of the process. In place of
    /// `destroy()`.
    func abandon() {
        let isFirst = self.isDestroyed.withLock { isDestroyed in
            defer { isDestroyed = true }
            return !isDestroyed
        }
        if isFirst { _ = unsafe Unmanaged.passRetained(self.context) }
    }

    var fatalError: KafkaError? {
        let (code, reason) = unsafe withReason { unsafe rd_kafka_fatal_error(self.raw, $0, $1) }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code, reason: reason, isFatal: true)
    }

    /// `@unchecked Sendable`: handed over once, to the thread that destroys it.
    @safe
    private struct Remains: @unchecked Sendable {
        let raw: OpaquePointer
        let context: ClientContext

        func destroy() {
            unsafe rd_kafka_destroy_flags(self.raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// For librdkafka's timeouts, where -1 would mean for ever.
    var timeoutMilliseconds: Int32 {
        Int32(clamping: Swift.max(0, self.wholeMilliseconds))
    }
}

/// Calls a function that writes a reason into a buffer.
func withReason<R>(_ body: (UnsafeMutablePointer<CChar>?, Int) -> R) -> (R, String) {
    var buffer = [CChar](repeating: 0, count: 512)
    let result = unsafe buffer.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress, $0.count) }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (result, text)
}

private let logCallback: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void =
    {
        client, level, facility, message in
        guard let client = unsafe client, let opaque = unsafe rd_kafka_opaque(client), let facility = unsafe facility,
            let message = unsafe message
        else { return }
        unsafe Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
            .log(level: level, facility: String(cString: facility), message: String(cString: message))
    }

private let errorCallback:
    @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
        _, code, reason, opaque in
        guard let opaque = unsafe opaque else { return }
        let error = unsafe KafkaError(
            rd_kafka_resp_err_t(rawValue: code), reason: reason.map { unsafe String(cString: $0) })
        unsafe Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().logger
            .warning("\(error)", metadata: ["kafka.code": "\(error.code.rawValue)"])
    }

private let rebalanceCallback:
    @convention(c) (
        OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        UnsafeMutableRawPointer?
    ) -> Void = { client, code, list, opaque in
        guard let client = unsafe client, let opaque = unsafe opaque else { return }
        let context = unsafe Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
        let kind: Rebalance.Kind = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? .assign : .revoke
        let partitions = unsafe list.map { unsafe Set(PartitionList.entries(of: $0).map(\.partition)) } ?? []
        if context.rebalances.put(Rebalance(kind: kind, partitions: partitions)) {
            // Makes the poll return, so that the answer follows at once.
            unsafe rd_kafka_yield(client)
            return
        }
        let failure: KafkaError? =
            if kind == .revoke, unsafe PartitionList.isCooperative(client) {
                unsafe rd_kafka_incremental_unassign(client, list).map { unsafe KafkaError(consuming: $0) }
            } else {
                unsafe KafkaError?(ifAny: rd_kafka_assign(client, nil))
            }
        if let failure { context.logger.warning("while closing a consumer: \(failure)") }
    }

extension KafkaError? {
    init(ifAny code: rd_kafka_resp_err_t) {
        self = code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
    }
}
