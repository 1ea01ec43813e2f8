import ArgumentParser

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "The bearer tokens with which services send.",
        subcommands: [
            TokenCreateCommand.self, TokenListCommand.self, TokenLimitCommand.self, TokenRevokeCommand.self,
            TokenUserCommand.self,
        ])
}
