import ArgumentParser

/// The operator's command.
@main
struct NotifiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifi",
        abstract: "Runs and looks after Notifi.",
        discussion: """
            What talks to Kafka or Postgres reads the same settings as the daemons: NOTIFI_KAFKA_BROKERS, \
            NOTIFI_POSTGRES_URL and so on (see notifi-api --help). What talks to the API reads NOTIFI_URL and \
            NOTIFI_SERVICE_TOKEN.
            """,
        subcommands: [
            UpCommand.self, MigrateCommand.self, TopicsCommand.self, TokenCommand.self, EventTypeCommand.self,
            SendCommand.self, ExplainCommand.self, DeadLettersCommand.self, UserCommand.self,
            BenchCommand.self,
        ])
}
