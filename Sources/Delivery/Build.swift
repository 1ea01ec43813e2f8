import Kafka
import Notifications
import Operations
import Postgres
import ServiceLifecycle
import Store
import Wire

/// The composition root: clients first, then the two loops that use them.
func buildDelivery(_ context: DaemonContext) async throws -> [any Service] {
    let settings = context.settings
    let topics = Topics(prefix: settings[KafkaSettings.topicPrefix])
    let kafka = KafkaConfiguration(settings: settings, clientID: context.daemon)
    let pool = PostgresPool(
        configuration: PostgresConfiguration(settings: settings, applicationName: context.daemon),
        logger: context.logger)
    let producer = try KafkaProducer(configuration: kafka, logger: context.logger)
    context.health.checkKafka(kafka, topics: topics.all, logger: context.logger)
    context.health.checkPostgres(pool, logger: context.logger)

    let batchSize = settings[DeliverySettings.batchSize]
    let metrics = DeliveryMetrics()
    let publisher = Publisher(producer: producer, logger: context.logger)
    let delivering = Delivering(
        inbox: InboxWriter(
            pool: pool, lanes: Lanes(connections: settings[PostgresSettings.poolSize]),
            limits: InsertInbox.Limits(
                retentionDays: Int32(settings[PipelineSettings.retentionDays]),
                perUserAndMinute: Int64(settings[PipelineSettings.userLimit])),
            logger: context.logger),
        publisher: publisher,
        deadLetterPublisher: DeadLetterPublisher(publisher: publisher, pool: pool, logger: context.logger),
        topics: topics, metrics: metrics, logger: context.logger)
    let burying = Burying(pool: pool, metrics: metrics, logger: context.logger)
    return [
        BackgroundService("Postgres pool") { await pool.run() },
        BackgroundService("Kafka producer") { try await producer.run() },
        retentionKeeper(context, pool: pool, producer: producer, topics: topics),
        LagWatch(
            configuration: kafka, group: topics.deliveryGroup, topic: topics.deliveries, settings: settings,
            logger: context.logger),
        DeadLetterWatch(pool: pool, logger: context.logger),
        ConsumerLoop(
            configuration: kafka,
            options: KafkaConsumerOptions(
                group: topics.deadLettersGroup, topic: topics.deadLetters, settings: settings),
            batchSize: batchSize, failPoints: .deadLetters, logger: context.logger,
            work: { batch in { try await burying.bury(batch.messages) } }),
        ConsumerLoop(
            configuration: kafka,
            options: KafkaConsumerOptions(group: topics.deliveryGroup, topic: topics.deliveries, settings: settings),
            batchSize: batchSize, failPoints: .deliveries, logger: context.logger,
            work: { try await delivering.begin($0.messages) }),
    ]
}

private func retentionKeeper(
    _ context: DaemonContext, pool: PostgresPool, producer: KafkaProducer, topics: Topics
) -> RetentionKeeper {
    let settings = context.settings
    let metrics = RetentionMetrics()
    let interval = settings[DeliverySettings.lookEvery]
    return RetentionKeeper(
        configuration: PostgresConfiguration(settings: settings, applicationName: "\(context.daemon)-retention"),
        interval: interval,
        work: RetentionWork(
            pool: pool,
            settings: RetentionPlan.Settings(
                retentionDays: Int64(settings[PipelineSettings.retentionDays]),
                topicRetentionDays: Int64(settings[PipelineSettings.topicRetentionDays]),
                intervalSeconds: interval.components.seconds),
            pruning: Pruning(
                pool: pool, shards: Int32(settings[PipelineSettings.shards]), logger: context.logger),
            erasing: Erasing(
                pool: pool, publisher: Publisher(producer: producer, logger: context.logger), topics: topics,
                metrics: metrics, logger: context.logger),
            metrics: metrics, logger: context.logger),
        logger: context.logger)
}
