import NIOCore
import Testing

@testable import Notifi

@Suite
struct HTTPLoadTests {
    static let request = RequestBytes.get("/")

    private func load(
        _ port: Int, _ pattern: HTTPLoad.Pattern, _ duration: Duration, connections: Int = 2, most: Int = .max,
        patience: Duration = .seconds(20)
    ) -> HTTPLoad {
        HTTPLoad(
            ports: [port], pattern: pattern, duration: duration, connections: connections, most: most,
            patience: patience
        ) { _ in Self.request }
    }

    @Test func `a closed load sends the next request once an answer came, until its number`() async throws {
        let outcome = try await withLoadServer({ _, _ in .status(200) }) {
            try await self.load($0, .closed, .seconds(60), connections: 4, most: 1_000).run()
        }
        #expect(outcome.statuses == [200: 1_000])
        #expect(outcome.failures == 0)
        #expect(outcome.latency.count == 1_000)
        #expect(outcome.elapsed > .zero && outcome.elapsed < .seconds(60))
        #expect(outcome.rate(of: 200) > 0)
        #expect(outcome.generatorShare > 0)
    }

    @Test func `a closed load ends by its time`() async throws {
        let outcome = try await withLoadServer({ _, _ in .status(200) }) {
            try await self.load($0, .closed, .milliseconds(200)).run()
        }
        #expect((outcome.statuses[200] ?? 0) > 0)
        #expect(outcome.others(than: 200) == 0)
    }

    @Test func `wrong answers are counted by their status`() async throws {
        let outcome = try await withLoadServer({ number, _ in
            .status(number.isMultiple(of: 4) ? 503 : 202)
        }) { try await self.load($0, .closed, .seconds(60), most: 200).run() }
        #expect(outcome.statuses == [202: 150, 503: 50])
        #expect(outcome.others(than: 202) == 50)
    }

    @Test func `the numbers of the requests with one answer are kept`() async throws {
        let outcome = try await withLoadServer({ number, _ in
            number % 10 == 9 ? .close : .status(number.isMultiple(of: 4) ? 503 : 202)
        }) { port in
            var load = self.load(port, .closed, .seconds(60), connections: 1, most: 100)
            load.keptStatus = 202
            return try await load.run()
        }
        #expect(outcome.kept == (0..<100).filter { $0 % 10 != 9 && !$0.isMultiple(of: 4) })
    }

    @Test func `a connection that closes is a failure, and another takes its place`() async throws {
        let outcome = try await withLoadServer({ number, _ in number % 10 == 9 ? .close : .status(200) }) {
            try await self.load($0, .closed, .seconds(60), most: 100).run()
        }
        #expect(outcome.failures == 10)
        #expect(outcome.statuses == [200: 90])
        #expect(outcome.latency.count == 100)
    }

    @Test(
        "what is no answer, or one too many, is a failure",
        arguments: [
            "SMTP\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ])
    func garbage(_ text: String) async throws {
        let outcome = try await withLoadServer({ number, _ in number == 3 ? .bytes(text) : .status(200) }) {
            try await self.load($0, .closed, .seconds(60), most: 20).run()
        }
        #expect(outcome.failures == 1)
        #expect(outcome.statuses == [200: 19])
    }

    @Test func `an open load sends at its rate, all of it`() async throws {
        let outcome = try await withLoadServer({ _, _ in .status(200) }) {
            try await self.load($0, .open(rate: 500), .seconds(1), connections: 4).run()
        }
        #expect(outcome.statuses == [200: 500])
        // The last one is due 2 ms before the end, and is never early.
        #expect(outcome.elapsed >= .milliseconds(998))
    }

    /// 200 a second for a second; between 200 and 500 ms the server answers nobody. A load that waits for answers would
    /// see only those slow that were under way then, two of them.
    @Test func `an open load charges a stall to all who were due in it`() async throws {
        let stall = Duration.milliseconds(200) ..< .milliseconds(500)
        let outcome = try await withLoadServer({ _, elapsed in
            .status(200, after: stall.contains(elapsed) ? stall.upperBound - elapsed : .zero)
        }) { try await self.load($0, .open(rate: 200), .seconds(1)).run() }
        #expect(outcome.statuses == [200: 200])
        // 60 were due meanwhile, the first of them 300 ms before its end: 18 of 200 waited at least 210 ms.
        #expect(try #require(outcome.latency.quantile(0.92)) >= 200_000)
        #expect(try #require(outcome.latency.quantile(0.80)) >= 90_000)
    }

    @Test func `what is never answered ends with the patience, and counts as slow`() async throws {
        let outcome = try await withLoadServer({ number, _ in number < 10 ? .status(200) : .silence }) {
            try await self.load($0, .open(rate: 100), .milliseconds(500), patience: .seconds(5)).run()
        }
        #expect(outcome.statuses == [200: 10])
        // Two hold the connections, and the others never found one.
        #expect(outcome.failures == 40)
        #expect(outcome.latency.count == 50)
        #expect(outcome.latency.max >= 5_000_000)
    }

    /// As where it is killed and started again.
    @Test func `an open load finds a server that comes back on its port`() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Int.self)
        let (started, start) = AsyncStream.makeStream(of: Int.self)
        let (done, finish) = AsyncStream.makeStream(of: Never.self)
        async let servers: Void = {
            // The first one ends with its tenth request, and all its connections.
            let port = try await withLoadServer({ number, _ in
                if number >= 9 { end.finish() }
                return number < 9 ? .status(200) : .silence
            }) { port in
                start.yield(port)
                for await _ in ended {}
                return port
            }
            try await withLoadServer(on: port, { _, _ in .status(202) }) { _ in
                for await _ in done {}
            }
        }()
        let port = try #require(await started.first { _ in true })
        let outcome = try await self.load(port, .open(rate: 100), .seconds(2), patience: .seconds(30)).run()
        finish.finish()
        try await servers
        #expect(outcome.statuses[200] == 9)
        #expect((outcome.statuses[202] ?? 0) > 0, "the second one was found")
        #expect(outcome.latency.count == 200)
    }

    @Test func `where nobody listens it is an error`() async throws {
        // One that was free a moment ago may be another test's by now; the first of all is given to nobody.
        await #expect(throws: (any Error).self) { try await self.load(1, .closed, .seconds(60)).run() }
    }

    @Test func `several servers share the connections`() async throws {
        let outcomes = try await withLoadServer({ _, _ in .status(200) }) { first in
            try await withLoadServer({ _, _ in .status(202) }) { second in
                try await HTTPLoad(
                    ports: [first, second], pattern: .open(rate: 1_000), duration: .milliseconds(100), connections: 4
                ) { _ in Self.request }.run()
            }
        }
        #expect(outcomes.statuses.values.reduce(0, +) == 100)
        #expect(outcomes.statuses.keys.sorted() == [200, 202])
    }

    @Test func `cancelling ends it`() async throws {
        try await withLoadServer({ _, _ in .silence }) { port in
            let load = self.load(port, .closed, .seconds(600))
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask { try await load.run().failures }
                group.cancelAll()
                // Two were under way, unless the end came before the beginning.
                let failures = try await group.next()
                #expect(failures == 0 || failures == 2)
            }
        }
    }
}

@Suite
struct LoadQueueTests {
    @Test func `an open load hands out what is due, with the time at which it was`() {
        var queue = LoadQueue(.open(rate: 10), duration: .milliseconds(300), most: .max)
        #expect(queue.take(at: .zero) == .now(number: 0, due: .zero))
        #expect(queue.take(at: .milliseconds(50)) == .later(.milliseconds(100)))
        #expect(queue.overdue(at: .milliseconds(250)) == [.milliseconds(100), .milliseconds(200)])
        #expect(queue.take(at: .seconds(9)) == .now(number: 1, due: .milliseconds(100)))
        #expect(queue.take(at: .seconds(9)) == .now(number: 2, due: .milliseconds(200)))
        #expect(queue.take(at: .seconds(9)) == .none)
        #expect(queue.overdue(at: .seconds(9)).isEmpty)
    }

    @Test func `a closed load hands out until its time or number is reached`() {
        var queue = LoadQueue(.closed, duration: .seconds(1), most: 2)
        #expect(queue.take(at: .milliseconds(7)) == .now(number: 0, due: .milliseconds(7)))
        #expect(queue.take(at: .seconds(1)) == .none)
        #expect(queue.take(at: .milliseconds(8)) == .now(number: 1, due: .milliseconds(8)))
        #expect(queue.take(at: .milliseconds(9)) == .none)
        #expect(queue.overdue(at: .seconds(9)).isEmpty)
    }

    @Test(arguments: ["", "x 1 2", "-1 2 3"]) func `a schedstat of another form is none`(_ text: String) {
        #expect(ThreadTime(schedstat: text) == nil)
    }

    @Test func `the thread's time is the first number of its schedstat`() {
        #expect(ThreadTime(schedstat: "102682 67630 2\n")?.nanoseconds == 102_682)
    }

    @Test func `a generator with a whole core for itself is the bottleneck`() {
        var outcome = LoadOutcome()
        outcome.latency.record(1_000)
        outcome.generatorShare = 0.89
        #expect(!outcome.isGeneratorTheBottleneck)
        outcome.generatorShare = 0.91
        #expect(outcome.isGeneratorTheBottleneck)
    }
}
