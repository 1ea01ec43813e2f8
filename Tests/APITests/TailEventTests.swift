import FoundationEssentials
import Kafka
import Testing
import Wire

@testable import API

@Suite struct TailEventTests {
    private let replica = UUID()

    private func message(_ record: KafkaRecord) -> KafkaMessage {
        KafkaMessage(
            topic: record.topic, partition: record.partition ?? 3, offset: 0, timestampMilliseconds: 0, key: record.key,
            value: record.value, headers: record.headers)
    }

    @Test func changesAndHeartbeatsAreToldApart() throws {
        let place = KafkaTopicPartition(topic: "t", partition: 5)
        let own = InboxHeartbeat(replica: self.replica, number: 7).record(on: place)
        #expect(TailEvent(self.message(own), replica: self.replica) == .heartbeat(7, partition: 5))
        let other = InboxHeartbeat(replica: UUID(), number: 7).record(on: place)
        #expect(TailEvent(self.message(other), replica: self.replica) == nil)
        let change = KafkaRecord(
            topic: "t", key: Array("ann".utf8), value: try InboxChange(userID: "ann", version: 4).encoded())
        #expect(TailEvent(self.message(change), replica: self.replica) == .changed(UserKey("ann"), version: 4))
    }

    @Test func whatCannotBeReadIsAboutTheUserOfItsKey() {
        for value in [[], [0x0A, 9, 1], [0xFF]] as [[UInt8]] {
            let keyed = KafkaRecord(topic: "t", key: Array("ann".utf8), value: value)
            #expect(TailEvent(self.message(keyed), replica: self.replica) == .unreadable(UserKey("ann")))
            let bare = KafkaRecord(topic: "t", key: nil, value: value)
            #expect(TailEvent(self.message(bare), replica: self.replica) == nil)
        }
    }
}
