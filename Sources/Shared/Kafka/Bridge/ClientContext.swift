import CRdKafka
import Logging
import Synchronization

/// What librdkafka's callbacks of one client reach through its opaque pointer.
final class ClientContext: Sendable {
    let logger: Logger
    /// Rebalances that were announced and not yet answered, in order. Only consumers have any.
    let rebalances = RebalanceInbox()
    /// Called on a thread of librdkafka.
    let onOffsetOutOfRange: (@Sendable (KafkaTopicPartition) -> Void)?

    init(logger: Logger, onOffsetOutOfRange: (@Sendable (KafkaTopicPartition) -> Void)? = nil) {
        self.logger = logger
        self.onOffsetOutOfRange = onOffsetOutOfRange
    }

    func log(level: Int32, facility: String, message: String) {
        // That a broker can't be reached is logged as an error for each attempt, though the client goes on by itself.
        let level: Logger.Level =
            switch level {
            case ...2: .critical
            case 3: facility == "FAIL" || facility == "ERROR" ? .warning : .error
            case 4: .warning
            case 5: .notice
            case 6: .info
            default: .debug
            }
        self.logger.log(level: level, "\(message)", metadata: ["kafka.facility": "\(facility)"])
        if facility == "OFFSET", let partition = OffsetResetLine.partition(in: message) {
            self.onOffsetOutOfRange?(partition)
        }
    }
}

/// librdkafka tells of an offset that is out of range in a log line alone, unless reading is to stop at it.
enum OffsetResetLine {
    /// The partition, if the line tells that its offset was out of range: `[thrd:main]: topic [3]: offset reset (at
    /// ...`.
    static func partition(in line: String) -> KafkaTopicPartition? {
        guard line.contains("offset reset (at offset"), line.contains("Offset out of range") else { return nil }
        var rest = Substring(line)
        if rest.hasPrefix("[thrd:"), let end = rest.range(of: "]: ") { rest = rest[end.upperBound...] }
        guard let open = rest.range(of: " ["), let close = rest[open.upperBound...].firstIndex(of: "]"),
            let number = Int32(rest[open.upperBound..<close])
        else { return nil }
        return KafkaTopicPartition(topic: String(rest[..<open.lowerBound]), partition: number)
    }
}

extension Substring {
    /// The first place of `text`; the standard library's own needs its regular expressions.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = self.startIndex
        while start < self.endIndex {
            if self[start...].hasPrefix(text) { return start..<self.index(start, offsetBy: text.count) }
            start = self.index(after: start)
        }
        return nil
    }
}

/// A change of the assignment that the group asks for.
struct Rebalance: Sendable {
    enum Kind: Sendable, Hashable {
        case assign
        case revoke
    }

    let kind: Kind
    let partitions: Set<KafkaTopicPartition>
}

/// Hands rebalances from librdkafka's callback to the consumer, which answers them after the poll that brought them.
///
/// librdkafka stops handing out messages from the announcement until the answer, so nothing is missed in between, and
/// a revoke can wait for the work on a batch to end.
final class RebalanceInbox: Sendable {
    private struct State {
        var waiting: [Rebalance] = []
        var isClosing = false
        var wasAssigned = false
    }

    private let state = Mutex(State())

    /// Returns false if the callback has to answer by itself, since the consumer is closing and polls no more.
    func put(_ rebalance: Rebalance) -> Bool {
        self.state.withLock { state in
            if rebalance.kind == .assign { state.wasAssigned = true }
            if state.isClosing { return false }
            state.waiting.append(rebalance)
            return true
        }
    }

    /// Whether the group has ever given anything out, be it no partition at all.
    var wasAssigned: Bool { self.state.withLock { $0.wasAssigned } }

    var first: Rebalance? { self.state.withLock { $0.waiting.first } }

    func removeFirst() {
        self.state.withLock { _ = $0.waiting.removeFirst() }
    }

    func beginClosing() {
        self.state.withLock { $0.isClosing = true }
    }
}
