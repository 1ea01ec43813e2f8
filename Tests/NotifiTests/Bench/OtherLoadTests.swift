import Testing

@testable import Notifi

@Suite
struct OtherLoadTests {
    @Test("what is busy is all but idle and waiting")
    func busy() {
        let stat = "cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 50 10 15 2000 250 3 3 4 0 0\n"
        #expect(OtherLoad.busyTicks(stat: stat) == 171)
    }

    @Test(
        "what is not the machine's line is none",
        arguments: ["", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu a b c d e f g h"])
    func unreadable(_ stat: String) {
        #expect(OtherLoad.busyTicks(stat: stat) == nil)
    }

    @Test("a process counts with its ended children, and its usage without them")
    func process() throws {
        let stat = try #require(
            ProcessStat(text: "42 (a) b (c) S 7 42 42 0 -1 4194304 100 200 0 0 11 12 13 14 20 0 5 0 999 1000 300"))
        #expect(ProcessTicks(stat) == ProcessTicks(pid: 42, parent: 7, ticks: 50))
        let usage = ProcessUsage(stat, ticksPerSecond: 100, pageBytes: 4_096, fileDescriptors: 5)
        #expect(usage.cpuSeconds == 0.23)
        #expect(usage.residentMebibytes == 1.171875)
        #expect(usage.fileDescriptors == 5)
    }

    @Test("ours are the roots and all that descends from them")
    func descendants() {
        let processes = [
            ProcessTicks(pid: 1, parent: 0, ticks: 1), ProcessTicks(pid: 10, parent: 1, ticks: 10),
            ProcessTicks(pid: 11, parent: 10, ticks: 100), ProcessTicks(pid: 12, parent: 11, ticks: 1_000),
            ProcessTicks(pid: 20, parent: 1, ticks: 10_000), ProcessTicks(pid: 30, parent: 1, ticks: 100_000),
        ]
        #expect(ProcessTicks.sum(of: [10, 20], among: processes) == 11_110)
        // One that is gone, and one that descends from another root, count once or not at all.
        #expect(ProcessTicks.sum(of: [10, 11, 99], among: processes) == 1_110)
    }

    @Test("others' share is what was busy without ours")
    func cores() {
        let start = ContinuousClock.now
        let before = OtherLoad.Snapshot(busy: 1_000, own: 500, at: start)
        let after = OtherLoad.Snapshot(busy: 1_400, own: 800, at: start + .seconds(2))
        #expect(OtherLoad.cores(before, after, ticksPerSecond: 100) == 0.5)
        // Ticks are rounded, each for itself.
        let rounded = OtherLoad.Snapshot(busy: 1_000, own: 503, at: start + .seconds(2))
        #expect(OtherLoad.cores(before, rounded, ticksPerSecond: 100) == 0)
        #expect(OtherLoad.cores(before, before, ticksPerSecond: 100) == 0)
    }

    @Test("it reads this machine")
    func machine() throws {
        let load = try OtherLoad(roots: [1])
        #expect(try load.cores() >= 0)
    }

    @Test("what was noted is taken once")
    func noted() {
        let others = OtherLoads()
        #expect(others.take() == nil)
        others.note(0.1)
        others.note(0.3)
        #expect(others.take() == Series([0.1, 0.3]))
        #expect(others.take() == nil)
    }

    @Test("a figure beside which others worked says so")
    func disturbed() {
        var report = StageReport(figures: [Figure(name: "a", unit: .perSecond, series: Series([1]))])
        report.note(others: Series([0.05, 0.1]), of: "stage")
        #expect(report.warnings.isEmpty && !report.figures[0].isDisturbed)
        report.figures[0].others = nil
        report.note(others: Series([0.05, 0.9]), of: "stage")
        #expect(report.figures[0].isDisturbed)
        #expect(report.warnings == ["stage: others used up to 0.90 cores while it was measured"])
    }

    @Test("the peak of a process' memory")
    func memory() {
        #expect(MemoryWatch.mostMebibytes(status: "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t 10 kB\n") == 20)
        #expect(MemoryWatch.mostMebibytes(status: "Name:\tx\n") == nil)
        let runs = [30.0, 50, 40].map { [MemoryWatch.Reading(daemon: .api, idle: $0, most: $0 * 5)] }
        let figures = MemoryWatch.figures(runs, under: "load")
        #expect(figures.map(\.name) == ["api, memory idle, before load", "api, memory under load"])
        #expect(figures.map(\.series.median) == [40, 200])
        #expect(figures.map(\.isReached) == [true, true])
        #expect(MemoryWatch.figures([], under: "load").isEmpty)
    }
}
