import Kafka
import Logging
import Operations
import Postgres
import ServiceLifecycle
import Store
import Wire

/// The composition root: clients first, then the loop that uses them.
func buildRouter(_ context: DaemonContext) async throws -> [any Service] {
    let settings = context.settings
    let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
    let kafka = KafkaConfiguration(settings: settings, clientID: context.daemon)
    let pool = PostgresPool(
        configuration: PostgresConfiguration(settings: settings, applicationName: context.daemon),
        logger: context.logger)
    let producer = try KafkaProducer(configuration: kafka, logger: context.logger)
    context.health.checkKafka(kafka, topics: topics.all, logger: context.logger)
    context.health.checkPostgres(pool, logger: context.logger)
    let publisher = Publisher(producer: producer, logger: context.logger)
    let routing = Routing(
        publisher: publisher,
        deadLetterPublisher: DeadLetterPublisher(publisher: publisher, pool: pool, logger: context.logger),
        pool: pool, lanes: Lanes(connections: settings[PostgresSettings.poolSize]), topics: topics,
        shards: Int32(settings[PipelineSettings.shards]), metrics: RouterMetrics(), logger: context.logger)
    let loop = ConsumerLoop(
        configuration: kafka,
        options: KafkaConsumerOptions(group: topics.routerGroup, topic: topics.requests, settings: settings),
        batchSize: settings[RouterSettings.batchSize], failPoints: .requests, logger: context.logger,
        work: { try await routing.begin($0.messages) })
    return [
        BackgroundService("Postgres pool") { await pool.run() },
        BackgroundService("Kafka producer") { try await producer.run() },
        LagWatch(
            configuration: kafka, group: topics.routerGroup, topic: topics.requests, settings: settings,
            logger: context.logger),
        loop,
    ]
}
