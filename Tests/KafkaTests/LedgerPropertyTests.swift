import Testing

@testable import Kafka

/// Whatever happens in whatever order, nothing is committed beyond what is finished.
@Suite struct LedgerPropertyTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var mixed = self.state
            mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
            return mixed ^ (mixed >> 33)
        }
    }

    /// A consumer with two batches under way at most, as the daemons have it, and its group's brokers.
    private struct World {
        var ledger = AssignmentLedger()
        let partitions = (0..<3 as Range<Int32>).map { KafkaTopicPartition(topic: "t", partition: $0) }
        /// The offset that comes next, of what is held.
        var positions: [KafkaTopicPartition: Int64] = [:]
        /// Every message before this is finished by somebody: it may be committed.
        var finished: [KafkaTopicPartition: Int64] = [:]
        var committed: [KafkaTopicPartition: Int64] = [:]
        var underWay: [KafkaBatch] = []
        var commit: [KafkaTopicPartition: Int64]?

        mutating func step(_ random: inout Generator) {
            let some = Set(self.partitions.filter { _ in Bool.random(using: &random) })
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let new = some.subtracting(self.ledger.partitions)
                self.ledger.assign(some)
                for partition in new { self.positions[partition] = self.committed[partition] ?? 0 }
            case 1:
                // Given away or lost: another member goes on with what is committed, and may finish some of it.
                let held = some.intersection(self.ledger.partitions)
                self.ledger.release(some)
                for partition in held where Bool.random(using: &random) {
                    let end = (self.committed[partition] ?? 0) + Int64.random(in: 0..<4, using: &random)
                    self.finished[partition] = max(self.finished[partition] ?? 0, end)
                    self.committed[partition] = max(self.committed[partition] ?? 0, end)
                }
            case 2, 3: if self.underWay.count < 2 { self.take(&random) }
            case 4, 5: if !self.underWay.isEmpty { self.finishFirst() }
            case 6: self.beginCommit()
            default: self.endCommit()
            }
        }

        private mutating func take(_ random: inout Generator) {
            var ends: [KafkaTopicPartition: KafkaBatch.End] = [:]
            for partition in self.ledger.partitions {
                guard let epoch = self.ledger.epoch(of: partition) else { continue }
                let end = (self.positions[partition] ?? 0) + Int64.random(in: 1..<5, using: &random)
                self.positions[partition] = end
                ends[partition] = KafkaBatch.End(nextOffset: end, epoch: epoch)
            }
            self.underWay.append(KafkaBatch(messages: [], ends: ends))
        }

        /// Its work is done, wherever its partitions are by now.
        private mutating func finishFirst() {
            let batch = self.underWay.removeFirst()
            for (partition, end) in batch.ends {
                self.finished[partition] = max(self.finished[partition] ?? 0, end.nextOffset)
            }
            let before = self.ledger.uncommitted
            let held = self.ledger.stillHeld(of: batch)
            let skipped = self.ledger.complete(batch)
            #expect(skipped == Set(batch.ends.keys).subtracting(held))
            for partition in skipped { #expect(self.ledger.uncommitted[partition] == before[partition]) }
        }

        private mutating func beginCommit() {
            guard self.commit == nil else { return }
            let offsets = self.ledger.uncommitted
            for (partition, offset) in offsets {
                #expect(self.ledger.partitions.contains(partition))
                #expect(offset <= self.finished[partition] ?? 0, "nothing beyond what is finished")
                // Of what is under way, under this assignment, nothing is committed.
                for batch in self.underWay where batch.ends[partition]?.epoch == self.ledger.epoch(of: partition) {
                    #expect(offset < batch.ends[partition]?.nextOffset ?? .max)
                }
            }
            self.commit = offsets
        }

        private mutating func endCommit() {
            guard let commit else { return }
            self.commit = nil
            for (partition, offset) in commit where self.ledger.partitions.contains(partition) {
                self.committed[partition] = max(self.committed[partition] ?? 0, offset)
            }
            self.ledger.noteCommitted(commit)
        }
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func nothingUnfinishedIsCommitted(seed: UInt64) {
        var random = Generator(state: seed)
        var world = World()
        for _ in 0..<300 { world.step(&random) }
        #expect(world.committed.allSatisfy { $0.value <= world.finished[$0.key] ?? 0 })
    }

    @Test func everythingFinishedIsCommittedInTheEnd() {
        var ledger = AssignmentLedger()
        let partition = KafkaTopicPartition(topic: "t", partition: 0)
        ledger.assign([partition])
        let epoch = ledger.epoch(of: partition) ?? 0
        for end in 1...3 as ClosedRange<Int64> {
            let batch = KafkaBatch(messages: [], ends: [partition: KafkaBatch.End(nextOffset: end, epoch: epoch)])
            #expect(ledger.complete(batch).isEmpty)
        }
        #expect(ledger.uncommitted == [partition: 3])
        ledger.noteCommitted([partition: 2])
        #expect(ledger.uncommitted == [partition: 3])
        ledger.noteCommitted([partition: 3])
        #expect(ledger.uncommitted.isEmpty)
    }
}
