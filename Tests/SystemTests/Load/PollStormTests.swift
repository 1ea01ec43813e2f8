import Foundation
import Testing

@testable import Harness
@testable import Notifi

extension EndToEnd.Loaded {
    /// Everybody comes back at once. `NOTIFI_TEST_STORM_CLIENTS=10000` makes it as many; each takes a descriptor on either
    /// side.
    @Suite struct PollStormTests {
        private static let clients: Int = {
            if let wanted = ProcessInfo.processInfo.environment["NOTIFI_TEST_STORM_CLIENTS"].flatMap({ Int($0) }) {
                return wanted
            }
            // The daemons have the same limit of open files.
            let limits = (try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)) ?? ""
            let files = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            let limit = files?.split(separator: " ").dropFirst(3).first.flatMap { Int($0) } ?? 1_024
            return min(2_000, limit / 2)
        }()

        @Test(
            "everybody polls, then loads at once: few queries, all are answered, and POSTs go on",
            .timeLimit(.minutes(3)))
        func everybodyAtOnce() async throws {
            let installation = try await Installation.healthy
            let api = installation[.api]
            let people = try await installation.people(installation.users(Self.clients, "storm"))
            // The ETag of what is there: nothing, but somebody's own nothing.
            let etags = try await concurrently(people, atOnce: 12) { person in
                try #require(try await person.unread().header("ETag"))
            }
            try await api.kill()
            try await installation.restart(api)
            let before = try api.residentKiB()

            let (polls, postsAmongPolls) = try await Self.amongPosts(in: installation) {
                try await concurrently(Array(zip(people, etags)), atOnce: Self.clients) { person, etag in
                    try await TimedAnswer.of { try await person.unread(etag: etag) }
                }
            }
            let queries = try await api.metric("notifi_inbox_version_queries_total")
            print(
                "\(Self.clients) polls at once: \(polls.figures); \(queries) queries; POSTs \(postsAmongPolls.figures)")
            #expect(polls.allSatisfy { $0.answer.status == 304 }, "\(polls.figures)")
            #expect(queries >= 1 && queries <= Double(Self.clients) / 3, "gathered: \(queries) queries")

            let (loads, postsAmongLoads) = try await Self.amongPosts(in: installation) {
                try await concurrently(people, atOnce: Self.clients) { person in try await Self.open(person) }
            }
            let tries = loads.flatMap(\.self)
            let refused = tries.filter { $0.isOverloaded(within: 1...LoadedInstallation.pollSeconds) }
            let grown = try api.residentKiB() - before
            print(
                "\(Self.clients) pages at once: \(tries.figures); POSTs \(postsAmongLoads.figures); grown by \(grown) KiB"
            )
            #expect(tries.count { $0.answer.status == 200 } == Self.clients)
            #expect(tries.count == Self.clients + refused.count)
            #expect(refused.count > 0, "bounded: \(tries.figures)")
            // A connection with its task takes some 30 KiB here.
            #expect(grown < 32 * 1_024 + 48 * Self.clients, "\(grown) KiB")
            for posts in [postsAmongPolls, postsAmongLoads] {
                #expect(!posts.isEmpty && posts.allSatisfy { $0.answer.status == 202 }, "\(posts.figures)")
            }
            // Nothing of it is left.
            #expect(try await people[0].unread().status == 200)
            for kind in ["inbox", "lookup"] {
                #expect(try await api.metric("notifi_api_under_way{kind=\"\(kind)\"}") == 0)
            }
        }

        /// Asks for the page, and again when it is told to, as a client does.
        private static func open(_ person: PersonClient) async throws -> [TimedAnswer] {
            var answers: [TimedAnswer] = []
            while true {
                let answer = try await TimedAnswer.of { try await person.unread() }
                answers.append(answer)
                guard answer.answer.status == 503 else { return answers }
                let seconds = try #require(answer.answer.header("Retry-After").flatMap { Double($0) })
                try await Task.sleep(for: .seconds(seconds * .random(in: 1...1.1)))
            }
        }

        /// A service goes on sending, one after the other, on a connection of its own.
        private static func amongPosts<Success: Sendable>(
            in installation: Installation, _ body: @escaping @Sendable () async throws -> Success
        ) async throws -> (Success, [TimedAnswer]) {
            let posts = Shared<[TimedAnswer]>([])
            let user = installation.users(1, "among")[0]
            let result = try await withBackground(
                {
                    while true {
                        let answer = try await TimedAnswer.of {
                            try await installation.service.post(Outgoing(to: user, "meanwhile"))
                        }
                        posts.change { $0.append(answer) }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }, body)
            return (result, posts.value)
        }
    }
}
