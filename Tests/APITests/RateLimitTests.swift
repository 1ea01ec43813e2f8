import HTTPTypes
import Hummingbird
import Testing

@testable import API

@Suite struct RateLimitTests {
    private let limit = RateLimit(policy: "user", quota: 100, windowSeconds: 60, remaining: 0, resetSeconds: 17)

    /// As in the examples of draft-ietf-httpapi-ratelimit-headers.
    @Test func fields() {
        #expect(self.limit.fields[.rateLimitPolicy] == #""user";q=100;w=60"#)
        #expect(self.limit.fields[.rateLimit] == #""user";r=0;t=17"#)
        #expect(self.limit.fields.count == 2)
    }

    @Test func neverBelowNothing() {
        let over = RateLimit(policy: "inbox", quota: 120, windowSeconds: 60, remaining: -3, resetSeconds: -1)
        #expect(over.field == #""inbox";r=0;t=0"#)
    }

    @Test func theProblemTellsWhenToComeBack() {
        let problem = Problem.tooManyRequests(code: "user_limit", detail: "d", limit: self.limit)
        #expect(problem.status == .tooManyRequests)
        #expect(problem.code == "user_limit")
        #expect(problem.retryAfterSeconds == 17)
        #expect(problem.limit == self.limit)
        #expect(Problem.tooManyRequests(detail: "d", limit: self.limit).code == "too_many_requests")
        let ending = RateLimit(policy: "user", quota: 1, windowSeconds: 60, remaining: 0, resetSeconds: 0)
        #expect(Problem.tooManyRequests(detail: "d", limit: ending).retryAfterSeconds == 1)
    }
}
