import Kafka
import Operations
import Postgres
import ServiceLifecycle
import Wire

/// The composition root: clients first, then the loop that uses them.
func buildPoller(_ context: DaemonContext) async throws -> [any Service] {
    let settings = context.settings
    let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
    let kafka = KafkaConfiguration(settings: settings, clientID: context.daemon)
    var postgres = PostgresConfiguration(settings: settings, applicationName: context.daemon)
    // All that a poller writes belongs to a claim whose rows Kafka has, or which are cancelled. Where Postgres loses a whole
    // claim in a crash, its rows are claimed again, published under the same ids and taken once (P2), or recorded as cancelled
    // again, as after a crash of the poller itself.
    postgres.waitsForDisk = false
    let pool = PostgresPool(configuration: postgres, logger: context.logger)
    let producer = try KafkaProducer(configuration: kafka, logger: context.logger)
    context.health.checkKafka(kafka, topics: topics.all, logger: context.logger)
    context.health.checkPostgres(pool, logger: context.logger)
    let claiming = Claiming(
        pool: pool, producer: producer, topics: topics, metrics: PollerMetrics(), logger: context.logger)
    return [
        BackgroundService("Postgres pool") { await pool.run() },
        BackgroundService("Kafka producer") { try await producer.run() },
        PollerLoop(
            claiming: claiming, listening: postgres, shards: Int32(settings[PipelineSettings.shards]),
            batchSize: settings[PollerSettings.batchSize],
            claimsAtOnce: ClaimRun.atOnce(
                connections: settings[PostgresSettings.poolSize], shards: settings[PipelineSettings.shards]),
            logger: context.logger),
    ]
}
