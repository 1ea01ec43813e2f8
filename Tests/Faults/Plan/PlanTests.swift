import Testing

@testable import Notifi

@Suite
struct PlanTests {
    @Test("the same seed gives the same plans, another one gives others")
    func sameSeed() {
        for seed in UInt64(1)...20 {
            #expect(LoadPlan(seed: seed, users: 16) == LoadPlan(seed: seed, users: 16))
            #expect(FaultPlan(seed: seed, canStepClocks: true) == FaultPlan(seed: seed, canStepClocks: true))
            #expect(LoadPlan(seed: seed, users: 16) != LoadPlan(seed: seed + 1, users: 16))
            #expect(FaultPlan(seed: seed, canStepClocks: true) != FaultPlan(seed: seed + 1, canStepClocks: true))
        }
    }

    @Test("no two faults take the same thing at once, and all end in time")
    func disjoint() {
        for seed in UInt64(1)...500 {
            let entries = FaultPlan(seed: seed, canStepClocks: true).entries
            for (place, entry) in entries.enumerated() {
                #expect(entry.at >= .zero && entry.end <= FaultPlan.span)
                for other in entries[(place + 1)...] {
                    let shared = Set(entry.kind.targets).intersection(other.kind.targets)
                    if other.at < entry.end { #expect(shared.isEmpty, "\(entry) and \(other)") }
                    if other.at < entry.end + FaultPlan.recovery {
                        #expect(shared.isDisjoint(with: FaultPlan.names), "\(entry) and \(other)")
                    }
                }
            }
        }
    }

    @Test("without clocks the other faults stay as they are")
    func withoutClocks() {
        for seed in UInt64(1)...200 {
            let all = FaultPlan(seed: seed, canStepClocks: true).entries
            let left = FaultPlan(seed: seed, canStepClocks: false).entries
            #expect(left == all.filter { if case .clock = $0.kind { false } else { true } })
        }
    }

    @Test("with a long snapshot Postgres is never stopped, else all stays the same")
    func longSnapshot() {
        #expect(
            (UInt64(8)...21).map(FaultPlan.hasLongSnapshot) == [false, false] + Array(repeating: true, count: 10) + [
                false, false,
            ])
        func isStop(_ entry: FaultPlan.Entry) -> Bool {
            if case .postgresStopped = entry.kind { true } else { false }
        }
        let plans = (UInt64(1)...200).map { ($0, FaultPlan(seed: $0, canStepClocks: true).entries) }
        #expect(plans.allSatisfy { !FaultPlan.hasLongSnapshot($0.0) || !$0.1.contains(where: isStop) })
        #expect(plans.contains { $0.1.contains(where: isStop) })
    }

    @Test("only those that are wanted")
    func only() {
        for seed in UInt64(1)...20 {
            let plan = FaultPlan(seed: seed, canStepClocks: true, only: ["brokersDown", "kill"])
            #expect(
                !plan.entries.isEmpty && plan.entries.allSatisfy { ["brokersDown", "kill"].contains($0.kind.name) })
        }
    }

    @Test("a hundred seeds have every kind of fault and every daemon among them, five hundred every table")
    func coverage() {
        func kinds(_ seeds: ClosedRange<UInt64>) -> [FaultKind] {
            seeds.flatMap { FaultPlan(seed: $0, canStepClocks: true).entries.map(\.kind) }
        }
        let names = Set(kinds(1...100).map(\.name))
        #expect(names.count == 22, "\(names.sorted())")
        let killed = kinds(1...100).reduce(into: Set<String>()) {
            if case .kill(let names) = $1 { $0.formUnion(names) }
        }
        #expect(killed == Set(FaultPlan.names))
        let tables = Set<String>(
            kinds(1...500).compactMap { if case .tableLocked(let table) = $0 { table } else { nil } })
        #expect(tables == Set(FaultPlan.tables))
    }

    @Test("nobody gets more in a minute than the limit lets through")
    func belowTheLimit() {
        for seed in UInt64(1)...100 {
            let wishes = LoadPlan(seed: seed, users: 16).wishes
            let most = Dictionary(grouping: wishes, by: \.user).values.map(\.count).max() ?? 0
            #expect(most < 60, "seed \(seed): \(most)")
            #expect(Set(wishes.map(\.number)).count == wishes.count)
            #expect(wishes.allSatisfy { ($0.due ?? .zero) <= LoadPlan.lastDue })
        }
    }

    @Test(
        "seeds are read",
        arguments: [
            ("3", [1, 2, 3]), ("7-9", [7, 8, 9]), ("", nil), ("0", nil), ("9-7", nil), ("x", nil), ("1-2-3", nil),
        ] as [(String, [UInt64]?)])
    func seeds(_ text: String, _ seeds: [UInt64]?) {
        #expect(Seeds.read(text) == seeds)
    }
}
