import ArgumentParser
import Foundation
import Operations
import Store

struct TokenRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a token. The API refuses it within 5 seconds.")

    @Argument(help: "The id of the token, as `token list` shows it.", transform: TokenID.read)
    var id: UUID

    func run() async throws {
        let id = self.id
        let audit = try Surroundings.audit()
        guard try await Surroundings.withDatabase({ try await RevokeToken.run(id, on: $0) }) else {
            throw CommandFailure("there is no token \(id.uuidString.lowercased())")
        }
        audit.write(AuditLine(.revokeToken, by: Surroundings.actor, outcome: "revoked", tokenID: id))
        print("revoked")
    }
}

/// Why a command did not do what it was asked to: one line for people.
struct CommandFailure: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
