import FoundationEssentials
import Kafka
import Notifications
import Wire

@testable import Postgres
@testable import Store

/// What a daemon does with each message, without its input and output. In batches.
enum HotPath: String, CaseIterable {
    /// API: the body of a POST, read, checked and made inert, given an id and made a record.
    case accept
    /// API: the JSON of the answer to a POST.
    case answer
    /// Router: a request read, its way decided, and made the record for delivery.
    case route
    /// Router: a scheduled request read, and made the parameters of the outbox' insert.
    case schedule
    /// Poller: a claimed row read, and made the record for delivery.
    case claim
    /// Delivery: a message read, and made the parameters of the inbox' insert.
    case deliver
    /// Delivery and API: a change of an inbox written, read, and entered into the map of versions.
    case change
    /// API: the version of an inbox asked of the map, as each poll does.
    case poll
    /// API: a row of the newest page of what is unread, read, and made JSON.
    case page

    private static let batch = 50

    /// - Returns: the size of what came out.
    func run(_ count: Int, isWasteful: Bool) throws -> Int {
        let sample = try Sample(count: Self.batch)
        var versions = sample.versions
        var size = 0
        for number in 0..<(count / Self.batch) {
            size += try self.once(sample, &versions)
            if isWasteful, number.isMultiple(of: 3) { size += try self.once(sample, &versions) }
        }
        return size
    }

    private func once(_ sample: Sample, _ versions: inout VersionMap) throws -> Int {
        switch self {
        case .accept: try sample.bodies.reduce(0) { try $0 + self.accept($1, sample).value.count }
        case .answer: sample.notifications.reduce(0) { $0 + AcceptedText.json($1).count }
        case .route: try self.route(sample.messages)
        case .schedule: try self.schedule(sample.scheduled)
        case .claim: self.claim(sample.rows)
        case .deliver: try self.deliver(sample.messages)
        case .change: try self.change(sample, &versions)
        case .poll: sample.people.count { versions.ask($0, at: sample.now) == .known(Sample.version) }
        case .page: try self.page(sample.page)
        }
    }

    private func accept(_ body: [UInt8], _ sample: Sample) throws -> KafkaRecord {
        guard let json = JSONValue.plain(body, mostValues: 60_000) else {
            preconditionFailure("a plain body is read without Foundation")
        }
        let draft = try Draft.read(json, types: sample.types, hosts: sample.hosts, now: Sample.accepted).get()
        var random = SystemRandomNumberGenerator()
        return try Notification.accept(
            draft, from: sample.service, key: nil, now: Sample.accepted, trace: sample.trace, using: &random
        ).record(on: "notifi.requests")
    }

    private func route(_ messages: [KafkaMessage]) throws -> Int {
        RoutingPlan(messages).byRoute.now.reduce(0) { $0 + $1.delivery(on: "notifi.deliveries").value.count }
    }

    private func schedule(_ messages: [KafkaMessage]) throws -> Int {
        let rows = RoutingPlan(messages).byRoute.scheduled.map {
            InsertOutbox.Row(
                notification: $0.notification, payload: $0.message.value ?? [],
                shard: $0.notification.id.shard(of: 4))
        }
        return try EncodedParameters(InsertOutbox.statement(rows).parameters).bytes.count
    }

    private func claim(_ rows: [ClaimDue.Row]) -> Int {
        ClaimedRows(rows).records(on: "notifi.deliveries").reduce(0) { $0 + $1.value.count }
    }

    private func deliver(_ messages: [KafkaMessage]) throws -> Int {
        let rows = try messages.map { (notification: try Notification($0), seq: Sample.version + $0.offset) }
        let limits = InsertInbox.Limits(retentionDays: 30, perUserAndMinute: 100)
        return try EncodedParameters(InsertInbox.statement(rows, limits: limits).parameters).bytes.count
    }

    private func change(_ sample: Sample, _ versions: inout VersionMap) throws -> Int {
        var size = 0
        for user in sample.users {
            let value = try InboxChange(userID: user, version: Sample.version).encoded()
            let message = KafkaMessage(
                topic: "notifi.inbox-changes", partition: 0, offset: 0, timestampMilliseconds: 0,
                key: Array(user.utf8), value: value)
            guard case .changed(let key, let version) = TailEvent(message, replica: sample.service) else { continue }
            versions.apply(version, to: key)
            size += value.count
        }
        return size
    }

    private func page(_ rows: PostgresRows) throws -> Int {
        try InboxPage.read(rows, of: Sample.readers, requestsPerMinute: 120).reduce(0) { size, page in
            try size + InboxItemText.json(page.get().items).count
        }
    }
}
