import Testing

@testable import Poller

@Suite struct ClaimTurnTests {
    private static let taken = ClaimTurn.Taken(count: 3, last: place(7), took: .milliseconds(2))

    @Test func theFirstWaitsForNobody() async throws {
        try await ClaimTurn().begin()
    }

    @Test func whatWasTakenIsTold() async {
        let turn = ClaimTurn()
        turn.took(Self.taken)
        turn.end()
        let taken = await turn.taken
        #expect(taken?.count == 3 && taken?.last == place(7) && taken?.took == .milliseconds(2))
    }

    @Test func aClaimThatFailedTookNothing() async {
        let turn = ClaimTurn()
        turn.end()
        #expect(await turn.taken == nil)
    }

    @Test func oneBeginsWhenTheOneBeforeIsPublished() async throws {
        let first = ClaimTurn()
        // Nothing is to be given up here for a machine that is slow.
        let second = ClaimTurn(after: first, longestWait: .seconds(60))
        let isPublished = Flag()
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await second.begin()
                #expect(isPublished.value)
            }
            for _ in 0..<100 { await Task.yield() }
            isPublished.value = true
            first.published()
            try await group.waitForAll()
        }
    }

    @Test func oneIsGivenUpWithTheOneBefore() async {
        let first = ClaimTurn()
        let second = ClaimTurn(after: first)
        first.took(Self.taken)
        first.end()
        await #expect(throws: ClaimTurn.GivenUp.self) { try await second.begin() }
    }

    /// What was published and could not be committed comes again by itself.
    @Test func whatEndsAfterItWasPublishedHoldsNobodyUp() async throws {
        let first = ClaimTurn()
        let second = ClaimTurn(after: first, longestWait: .seconds(60))
        first.published()
        first.end()
        try await second.begin()
    }

    /// It holds a connection that others may need.
    @Test func oneDoesNotWaitForEverForTheOneBefore() async {
        let first = ClaimTurn()
        defer { first.end() }
        let second = ClaimTurn(after: first, longestWait: .milliseconds(1))
        await #expect(throws: ClaimTurn.GivenUp.self) { try await second.begin() }
    }

    @Test func cancellingEndsTheWait() async {
        let first = ClaimTurn()
        let second = ClaimTurn(after: first)
        await withTaskGroup { group in
            group.addTask { _ = await #expect(throws: ClaimTurn.GivenUp.self) { try await second.begin() } }
            group.addTask { #expect(await second.taken == nil) }
            group.cancelAll()
        }
        first.end()
    }
}
