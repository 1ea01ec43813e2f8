import FoundationEssentials
import Testing

@testable import Notifi

@Suite
struct ProgressTests {
    private static func progress(_ samples: (Int, Double)...) -> Progress {
        var progress = Progress()
        for (milliseconds, count) in samples { progress.add(count, at: .milliseconds(milliseconds)) }
        return progress
    }

    @Test("the clock starts with the first that was found")
    func rate() throws {
        let progress = Self.progress((0, 0), (900, 0), (1_000, 500), (1_500, 1_500), (2_000, 2_500))
        #expect(progress.rate(to: 2_500) == 2_000)
        #expect(progress.rate(from: 1_000, to: 2_000) == 2_000)
    }

    @Test("what was over at once, or never came so far, has no rate")
    func none() {
        #expect(Self.progress((0, 500)).rate(to: 500) == nil)
        #expect(Self.progress((0, 0), (100, 500)).rate(to: 500) == nil)
        #expect(Self.progress((0, 1), (100, 500)).rate(to: 501) == nil)
        #expect(Progress().rate(to: 1) == nil)
    }
}

@Suite
struct CeilingScriptTests {
    @Test("parameters are filled in, the tenth not as the first")
    func filling() {
        let letters = (1...11).map { "<\($0)>" }
        #expect("$1 $11 $10::text[] $2".filling(letters) == "<1> <11> <10>::text[] <2>")
        #expect("no parameters".filling([]) == "no parameters")
    }

    @Test("the scripts are the daemons' own statements, with nothing left to fill in")
    func scripts() {
        let scripts = [
            ClaimCeiling.script(firstDue: 1_700_000_000_000_000), DeliveryCeiling.transaction,
            DeliveryCeiling.plainInsert,
        ]
        for script in scripts {
            #expect(!script.contains(/\$[0-9]/), "\(script)")
            #expect(script.hasPrefix("\\set batch :batch + 1\n"))
        }
        #expect(scripts[0].contains("FOR UPDATE SKIP LOCKED"))
        #expect(scripts[1].contains("inbox_heads") && scripts[1].contains("COMMIT;"))
    }

    @Test("pgbench's times of each command are read")
    func commands() throws {
        let outcome = try #require(
            Pgbench.Outcome(
                """
                latency average = 25.5 ms
                tps = 39.1 (without initial connection time)
                statement latencies in milliseconds and failures:
                         0.001           0  \\set batch :batch + 1
                         0.046           0  BEGIN;
                        20.125           0  WITH fresh AS (
                """))
        #expect(outcome.commandMilliseconds == [0.001, 0.046, 20.125])
        #expect(Pgbench.Outcome("latency average = 1 ms\ntps = 2 (x)")?.commandMilliseconds == [])
    }
}
