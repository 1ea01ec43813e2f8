import ArgumentParser
import Foundation
import Operations
import Store

struct TokenLimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Change how many requests a token may make in a minute. The API honours it within 5 seconds.",
        discussion: "Each notification of a batch counts as one.")

    @Argument(help: "The id of the token, as `token list` shows it.", transform: TokenID.read)
    var id: UUID

    @Argument(
        help: "Requests a minute, or `none` for the API's default (NOTIFI_HTTP_TOKEN_REQUESTS_PER_MINUTE).",
        transform: RequestLimit.read)
    var limit: RequestLimit

    func run() async throws {
        let (id, limit) = (self.id, self.limit.requestsPerMinute)
        let audit = try Surroundings.audit()
        guard try await Surroundings.withDatabase({ try await LimitToken.run(id, to: limit, on: $0) }) else {
            throw CommandFailure("there is no token \(id.uuidString.lowercased())")
        }
        let outcome = limit.map { "\($0) a minute" } ?? "default"
        audit.write(AuditLine(.limitToken, by: Surroundings.actor, outcome: outcome, tokenID: id))
        print(outcome)
    }
}

/// Requests a minute on the command line: a number, or `none`.
struct RequestLimit: Sendable, Equatable {
    static let range: ClosedRange<Int32> = 1...1_000_000

    let requestsPerMinute: Int32?

    static func read(_ text: String) throws -> RequestLimit {
        if text == "none" { return RequestLimit(requestsPerMinute: nil) }
        guard let number = Int32(text), Self.range.contains(number) else {
            throw ValidationError("a limit is a number from 1 to 1000000, or none")
        }
        return RequestLimit(requestsPerMinute: number)
    }
}

/// The id of a token on the command line.
enum TokenID {
    static func read(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else { throw ValidationError("a token's id is a UUID") }
        return id
    }
}
