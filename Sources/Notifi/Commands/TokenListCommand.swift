import ArgumentParser
import Foundation
import Store

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All tokens, the revoked ones too.")

    func run() async throws {
        let rows = try await Surroundings.withDatabase { try await ListTokens.run(on: $0) }
        print(
            Table.text(
                ["ID", "SERVICE", "SCOPES", "EVENT TYPES", "LIMIT", "CREATED", "REVOKED"],
                rows.map { row in
                    [
                        row.id.uuidString.lowercased(), row.serviceName, row.scopes.joined(separator: ","),
                        row.eventTypes?.joined(separator: ",") ?? "all",
                        row.requestsPerMinute.map { "\($0)/min" } ?? "default", "\(row.createdAt)",
                        row.revokedAt.map { "\($0)" } ?? "-",
                    ]
                }))
    }
}
