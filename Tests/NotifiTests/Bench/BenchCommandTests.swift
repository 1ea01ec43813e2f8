import ArgumentParser
import Foundation
import Testing

@testable import Notifi

@Suite
struct BenchCommandTests {
    @Test(
        "what cannot be measured is refused, and why",
        arguments: [
            (["--stage", "warp"], "there is no stage \"warp\""), (["--stage", ""], "there is no stage \"\""),
            (["--runs", "0"], "--runs has to be from 1 to 99"), (["--runs", "100"], "--runs has to be from 1 to 99"),
            (["--runs", "three"], "The value 'three' is invalid"), (["--output", ""], "--output may not be empty"),
            (["--postgres-url", "localhost"], "--postgres-url is not a URL of Postgres"),
            (["--postgres-url", "https://localhost/x"], "--postgres-url is not a URL of Postgres"),
            (["--postgres-url", ""], "--postgres-url is not a URL of Postgres"),
            (["--kafka-brokers", ""], "--kafka-brokers has to be host:port"),
            (["--kafka-brokers", "localhost"], "--kafka-brokers has to be host:port"),
            (["--kafka-brokers", "a:1,b:port"], "--kafka-brokers has to be host:port"),
            (["--kafka-brokers", "a:0"], "--kafka-brokers has to be host:port"),
            (["--fast"], "Unknown option '--fast'"),
        ])
    func refused(_ arguments: [String], _ reason: String) throws {
        let error = #expect(throws: (any Error).self) { try BenchCommand.parse(arguments) }
        let message = BenchCommand.message(for: try #require(error))
        #expect(message.contains(reason), "\(message)")
    }

    @Test("what can be measured is taken")
    func taken() throws {
        let command = try BenchCommand.parse([
            "--stage", "post", "--stage", "poll", "--runs", "5", "--quick", "--kafka-brokers", "a:9092,[::1]:9093",
            "--postgres-url", "postgresql://me@localhost:5432/postgres",
        ])
        #expect(command.stages == ["post", "poll"])
        #expect(command.runs == 5 && command.quick)
        #expect(try BenchCommand.parse([]).output == ".artifacts/bench")
        #expect(
            try BenchCommand.parse(["--postgres-url", "postgres:///postgres?host=/run/postgresql"]).postgresUrl != nil)
    }

    @Test("each stage has a name of its own, and is in the help")
    func stages() {
        #expect(Set(BenchStages.names).count == BenchStages.names.count)
        let help = BenchCommand.helpMessage(columns: 10_000)
        for name in BenchStages.names { #expect(help.contains(name)) }
        // It is started by the bench itself, and nobody's business.
        #expect(!help.contains("SUBCOMMANDS") && !help.contains("serve "))
    }

    @Test(
        "a ceiling that lacks what it needs is refused",
        arguments: [["--kind", "produce"], ["--kind", "produce", "--topic", "t"], ["--kind", "warp"], []])
    func ceilings(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try BenchServeCommand.parse(arguments) }
    }

    @Test("Postgres has a quarter of the memory")
    func sharedBuffers() throws {
        let text = try #require(BenchServers.postgresSettings["shared_buffers"])
        let mebibytes = try #require(UInt64(text.dropLast(2)))
        #expect(
            text.hasSuffix("MB")
                && abs(Double(mebibytes << 22) / Double(ProcessInfo.processInfo.physicalMemory) - 1) < 0.01)
    }

    @Test("warnings of a load name what was answered, and the generator")
    func warnings() {
        var outcome = LoadOutcome()
        outcome.latency.record(1_000, times: 10)
        outcome.statuses = [202: 10]
        #expect(outcome.warnings("POST", wanted: 202).isEmpty)
        outcome.statuses = [202: 6, 503: 2, 429: 1]
        outcome.failures = 1
        #expect(
            outcome.warnings("POST", wanted: 202) == [
                "POST: of 10 requests 1 were 429, 2 were 503, 1 had no answer, where 202 is wanted"
            ])
        outcome.statuses = [202: 10]
        outcome.failures = 0
        outcome.generatorShare = 0.97
        #expect(outcome.warnings("POST", wanted: 202).count == 1)
        #expect(outcome.warnings("POST", wanted: 202)[0].contains("97.0% of a core"))
        #expect(outcome.warnings("POST", wanted: 202)[0].contains("the server can do more"))
        outcome.generatorShare = 0.04
        outcome.delay.record(2_000, times: 10)
        #expect(outcome.warnings("POST", wanted: 202)[0].contains("part of these times"))
    }

    @Test("what was accepted has to be stored")
    func counts() {
        #expect(PostStage.countWarnings("POST", accepted: 100, stored: 100).isEmpty)
        // One whose answer was lost.
        #expect(PostStage.countWarnings("POST", accepted: 100, stored: 101).isEmpty)
        #expect(PostStage.countWarnings("POST", accepted: 100, stored: 99).count == 1)
    }
}
