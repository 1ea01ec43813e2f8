import Notifications
import Postgres
import Store
import Synchronization
import Testing

@testable import API

/// Against a Postgres that answers when it is told to.
@Suite(.timeLimit(.minutes(5))) struct UnreadPagesTests {
    /// Keeps every statement until it is let go.
    private final class Statements: Sendable {
        typealias Pages = [Result<InboxPage.Page, TooManyRequests>]
        struct Statement: Sendable {
            let users: [String]
            let answer: CheckedContinuation<Pages, any Error>

            /// Each user's page bears the length of the name as its version.
            func succeed() {
                self.answer.resume(returning: self.users.map { .success(samplePage(version: Int64($0.utf8.count))) })
            }
        }

        let asked: AsyncStream<Statement>
        private let asks: AsyncStream<Statement>.Continuation

        init() { (self.asked, self.asks) = AsyncStream.makeStream() }

        func ask(_ users: [String]) async throws -> Pages {
            try await withCheckedThrowingContinuation { self.asks.yield(Statement(users: users, answer: $0)) }
        }
    }

    /// Runs `body` with what asks, and the statements as they come.
    private static func with(
        lanes: Int,
        _ body: (UnreadPages, inout AsyncStream<Statements.Statement>.Iterator) async throws -> Void
    ) async throws {
        let statements = Statements()
        let pages = UnreadPages(lanes: lanes, ask: statements.ask)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pages.run() }
            var asked = statements.asked.makeAsyncIterator()
            try await body(pages, &asked)
            group.cancelAll()
        }
    }

    /// Answers as they are given.
    private static func answers(_ pages: UnreadPages, _ users: [String]) -> AsyncStream<String> {
        let (answers, answered) = AsyncStream.makeStream(of: String.self)
        for user in users {
            pages.ask(for: Person(user)) { page in
                switch page {
                case .success(let page): answered.yield("\(user) \(page.version)")
                case .failure(let error): answered.yield("\(user) \((error as? PostgresError)?.code == .closed)")
                }
            }
        }
        return answers
    }

    @Test func aLoneOneIsAskedForAtOnceAndTheOthersTogether() async throws {
        try await Self.with(lanes: 1) { pages, asked in
            let first = Self.answers(pages, ["a"])
            let one = try #require(await asked.next())
            #expect(one.users == ["a"])
            // Whoever comes now sees a statement that begins after this, and not the one under way.
            let rest = Self.answers(pages, ["bb", "a", "ccc", "bb"])
            one.succeed()
            #expect(await first.first { _ in true } == "a 1")
            let two = try #require(await asked.next())
            #expect(two.users == ["bb", "a", "ccc"])
            two.succeed()
            let three = try #require(await asked.next())
            #expect(three.users == ["bb"])
            three.succeed()
            var given = rest.makeAsyncIterator()
            for expected in ["bb 2", "a 1", "ccc 3", "bb 2"] { #expect(await given.next() == expected) }
        }
    }

    @Test func asManyStatementsAsThereAreLanes() async throws {
        try await Self.with(lanes: 2) { pages, asked in
            _ = Self.answers(pages, ["a"])
            let one = try #require(await asked.next())
            _ = Self.answers(pages, ["b"])
            let two = try #require(await asked.next())
            let late = Self.answers(pages, (0..<20).map { "user-\($0)" })
            two.succeed()
            let three = try #require(await asked.next())
            #expect(three.users.count == 16, "bounded")
            one.succeed()
            let four = try #require(await asked.next())
            #expect(four.users.count == 4)
            three.succeed()
            four.succeed()
            var given = late.makeAsyncIterator()
            for _ in 0..<20 { #expect(await given.next()?.hasPrefix("user-") == true) }
        }
    }

    /// A name that it cannot hold, a row that somebody has locked, a statement that it takes of one alone.
    @Test(arguments: ["22021", "57014", "40P01", "0A000"])
    func whatOneMayBeTheReasonOfIsNotTheOthersFault(sqlState: String) async throws {
        let poison = PostgresError(code: .server, sqlState: sqlState, message: "")
        let pages = UnreadPages(lanes: 1) { users in
            if users.contains("bad") { throw poison }
            return users.map { _ in .success(samplePage(version: 7)) }
        }
        // Before `run()`, so that they are asked for together.
        let users = ["ann", "bad", "bob"]
        let outcomes = Mutex<[String: Int64?]>([:])
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        for user in users {
            pages.ask(for: Person(user)) { page in
                outcomes.withLock { $0[user] = .some(try? page.get().version) }
                end.yield()
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await pages.run() }
            var given = ends.makeAsyncIterator()
            for _ in users { await given.next() }
            group.cancelAll()
        }
        #expect(outcomes.withLock { $0 } == ["ann": 7, "bad": nil, "bob": 7])
    }

    /// However many statements it would take to ask for all of them.
    @Test(arguments: [PostgresError.Code.connection, .poolTimeout])
    func whereThereIsNoPostgresNobodyWaitsTwice(code: PostgresError.Code) async throws {
        try await Self.with(lanes: 1) { pages, asked in
            _ = Self.answers(pages, ["a"])
            let one = try #require(await asked.next())
            let behind = Self.answers(pages, (0..<100).map { "user-\($0 % 40)" })
            one.answer.resume(throwing: PostgresError(code: code, message: "gone"))
            var given = behind.makeAsyncIterator()
            for number in 0..<100 { #expect(await given.next() == "user-\(number % 40) false") }
            // And who comes later is asked for again.
            let late = Self.answers(pages, ["bb"])
            let two = try #require(await asked.next())
            #expect(two.users == ["bb"])
            two.succeed()
            #expect(await late.first { _ in true } == "bb 2")
        }
    }

    /// Nobody is left waiting, whenever they came.
    @Test func theEndIsAnAnswer() async throws {
        let pages = UnreadPages(lanes: 1) { _ in throw CancellationError() }
        let task = Task { await pages.run() }
        task.cancel()
        await task.value
        await #expect(throws: PostgresError.self) { _ = try await pages.page(of: Person("ann")) }
    }
}

func samplePage(version: Int64, items: [InboxItem] = []) -> InboxPage.Page {
    InboxPage.Page(
        version: version, items: items, allowance: RequestAllowance(limit: 120, left: 119, secondsLeft: 60))
}
