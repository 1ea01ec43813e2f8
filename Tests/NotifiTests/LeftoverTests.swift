import Glibc
import Testing

@testable import Notifi

@Suite struct LeftoverTests {
    private static func line(
        pid: String = "42", name: String = "notifi-api", state: String = "S", parent: String = "7",
        ticks: String = "5 6 7 8", start: String = "4711", pages: String = "200"
    ) -> String {
        "\(pid) (\(name)) \(state) \(parent) 42 42 0 -1 4194304 1 2 3 4 \(ticks) 20 0 9 0 \(start) 100 \(pages) 300\n"
    }

    @Test(arguments: ["notifi-api", "a b", "x) S 1 (y", "()"])
    func readsAllWhateverTheName(name: String) throws {
        let stat = try #require(ProcessStat(text: Self.line(name: name)))
        #expect(stat.pid == 42)
        #expect(stat.parent == 7)
        #expect(stat.state == "S")
        #expect(stat.ticks == 11)
        #expect(stat.childTicks == 15)
        #expect(stat.startTime == 4711)
        #expect(stat.pages == 200)
    }

    @Test func readsThisProcess() throws {
        let stat = try #require(ProcessStat.of(getpid()))
        #expect(stat.pid == getpid())
        #expect(stat.parent == getppid())
        #expect(stat.pages > 0)
        // Beyond what Linux gives out.
        #expect(ProcessStat.of(.max) == nil)
    }

    @Test(arguments: [
        "", "42", "42 (x) S 1 2 3", "no parentheses at all", line(pid: "x"), line(parent: "x"), line(ticks: "5 6 x 8"),
        line(start: "x"), line(start: "-1"), line(pages: "x"),
        "42 (x) S 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 4711 100",
    ])
    func refusesOtherTexts(text: String) {
        #expect(ProcessStat(text: text) == nil)
    }

    @Test func onlyTheVeryProcessIsALeftover() throws {
        let record = ProcessRecord(pid: 42, startTime: 4711, boot: "b")
        let same = try #require(ProcessStat(text: Self.line()))
        #expect(record.isAlive(now: same, boot: "b"))
        #expect(!record.isAlive(now: nil, boot: "b"))
        #expect(!record.isAlive(now: same, boot: "another start of the machine"))
        let later = try #require(ProcessStat(text: Self.line(start: "4712")))
        #expect(!record.isAlive(now: later, boot: "b"))
        let zombie = try #require(ProcessStat(text: Self.line(state: "Z")))
        #expect(!record.isAlive(now: zombie, boot: "b"))
    }

    @Test func aRecordIsReadAsItWasWritten() {
        let record = ProcessRecord(pid: 42, startTime: 4711, boot: "b")
        #expect(ProcessRecord(text: record.text) == record)
    }

    /// `kill` takes 0, 1 and negative numbers for more than one process, or for init.
    @Test(arguments: ["0 1 b", "1 1 b", "-1 1 b", "-42 1 b", "", "42", "42 1", "x 1 b", "42 1 b c", "99999999999 1 b"])
    func aRecordOfNoSingleProcessIsRefused(text: String) {
        #expect(ProcessRecord(text: text) == nil)
    }
}

@Suite struct ListeningPortsTests {
    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
           1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
           2: 0100007F:1F92 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 1 1
           3: 0200A8C0:1F93 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
        """
    private static let table6 = """
          sl  local_address                         remote_address                        st
           0: 00000000000000000000000000000000:1F94 00000000000000000000000000000000:0000 0A 0 0
           1: 00000000000000000000000001000000:1F95 00000000000000000000000000000000:0000 0A 0 0
        """

    @Test(arguments: [
        (8080, true), (8081, true), (8082, false), (8083, false), (8084, true), (8085, false), (80, false),
    ])
    func onlyListenersInTheWayCount(port: Int, isTaken: Bool) {
        #expect(ListeningPorts(tables: [Self.table, Self.table6]).contains(port) == isTaken)
    }

    @Test func nonsenseTakesNoPort() {
        #expect(!ListeningPorts(tables: ["a b c 0A", "0: zz:qq x 0A"]).contains(0))
    }
}
