import FoundationEssentials
import Notifications
public import Store
public import Wire

extension RecordDeadLetters.Row {
    /// 9999-12-31T23:59:59.999Z in milliseconds: the header is text, and may say anything.
    private static let latest: Int64 = 253_402_300_799_999

    /// What the headers do not tell is read from the value, if anybody can read it.
    public init(_ letter: DeadLetter) {
        let notification = letter.value.flatMap { try? Notification(encoded: $0, trace: letter.trace) }
        let id = letter.notification ?? notification?.id
        let key = letter.key.map { String(decoding: $0, as: UTF8.self) }
        self.init(
            topic: letter.topic, partition: letter.partition, offset: letter.offset,
            recordedAt: Instant(microseconds: min(max(0, letter.timestampMilliseconds), Self.latest) * 1_000),
            reason: letter.reason.storable, attempts: letter.attempts, id: id,
            service: letter.service ?? notification?.service, userID: (notification?.userID ?? key)?.storable,
            acceptedAt: notification?.acceptedAt ?? id?.acceptedAt, key: letter.key, value: letter.value,
            trace: letter.trace)
    }
}

extension String {
    /// Without the one character that Postgres cannot store.
    fileprivate var storable: String { self.replacing("\0", with: "\u{FFFD}") }
}
