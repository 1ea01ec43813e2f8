/* What librdkafka can do without anything around it: the ceiling of everything that produces and consumes.
 *
 *   relay produce BROKERS TOPIC COUNT BYTES          keys as those of the benchmarks' users
 *   relay consume BROKERS TOPIC COUNT                as a new group
 *   relay relay   BROKERS FROM TO COUNT              consumes, and produces each record again with key and headers
 *
 * The settings are those of the daemons; `name=value` behind the arguments sets more of the consumer's. One line of JSON
 * says how many there were and how long it took from the first one in hand to the last one done. It ends with 1 where
 * anything failed, or where nothing comes for 20 seconds.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long reported, failed;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "relay: %s: %s\n", what, why);
    exit(1);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) fail(name, why);
}

static void report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    (void)opaque;
    if (message->err) failed++;
    reported++;
}

static rd_kafka_t *producer(const char *brokers) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "enable.sparse.connections", "false");
    set(conf, "linger.ms", "1");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "queue.buffering.max.kbytes", "65536");
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    rd_kafka_conf_set_dr_msg_cb(conf, report);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!client) fail("producer", why);
    const struct rd_kafka_metadata *all;
    if (!rd_kafka_metadata(client, 1, NULL, &all, 5000)) rd_kafka_metadata_destroy(all);
    return client;
}

static rd_kafka_t *consumer(const char *brokers, const char *topic, char **settings) {
    char why[256], group[64];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    snprintf(group, sizeof group, "relay-%.6f", now());
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "partition.assignment.strategy", "cooperative-sticky");
    set(conf, "queued.max.messages.kbytes", "16384");
    set(conf, "fetch.max.bytes", "16777216");
    for (; *settings; settings++) {
        char *equals = strchr(*settings, '=');
        if (!equals) fail(*settings, "expected name=value");
        *equals = 0;
        set(conf, *settings, equals + 1);
    }
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!client) fail("consumer", why);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(client, topics);
    if (error) fail("subscribe", rd_kafka_err2str(error));
    rd_kafka_topic_partition_list_destroy(topics);
    return client;
}

static rd_kafka_message_t *next(rd_kafka_t *client) {
    double end = now() + 20;
    while (now() < end) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 100);
        if (message && !message->err) return message;
        if (message) rd_kafka_message_destroy(message);
    }
    fail("consume", "nothing came for 20 seconds");
    return NULL;
}

static void produce(
    rd_kafka_t *client, const char *topic, void *key, size_t key_length, void *value, size_t length,
    rd_kafka_headers_t *headers
) {
    for (;;) {
        rd_kafka_vu_t arguments[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
            {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = key, .size = key_length}},
            {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = value, .size = length}},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        };
        rd_kafka_error_t *error = rd_kafka_produceva(client, arguments, headers ? 5 : 4);
        if (!error) break;
        int is_full = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
        if (!is_full) fail("produce", rd_kafka_error_string(error));
        rd_kafka_error_destroy(error);
        rd_kafka_poll(client, 10);
    }
    rd_kafka_poll(client, 0);
}

static void await_reports(rd_kafka_t *client, long count) {
    double end = now() + 60;
    while (reported < count && now() < end) rd_kafka_poll(client, 100);
    if (reported < count || failed) fail("produce", "not everything was acknowledged");
}

int main(int argc, char **argv) {
    if (argc < 5) fail("arguments", "produce|consume|relay BROKERS TOPIC ...");
    const char *mode = argv[1], *brokers = argv[2], *topic = argv[3];
    double start = 0;
    long count;
    if (!strcmp(mode, "produce") && argc >= 6) {
        count = atol(argv[4]);
        int bytes = atoi(argv[5]);
        if (bytes < 1 || bytes > 100000) fail("BYTES", "from 1 to 100000");
        char *value = malloc(bytes), key[32];
        memset(value, 'x', bytes);
        rd_kafka_t *client = producer(brokers);
        start = now();
        for (long i = 0; i < count; i++) {
            int length = snprintf(key, sizeof key, "user-%ld", i % 50000);
            produce(client, topic, key, length, value, bytes, NULL);
        }
        await_reports(client, count);
    } else if (!strcmp(mode, "consume")) {
        count = atol(argv[4]);
        rd_kafka_t *client = consumer(brokers, topic, argv + 5);
        for (long i = 0; i < count; i++) {
            rd_kafka_message_t *message = next(client);
            if (!i) start = now();
            rd_kafka_message_destroy(message);
        }
    } else if (!strcmp(mode, "relay") && argc >= 6) {
        count = atol(argv[5]);
        rd_kafka_t *from = consumer(brokers, topic, argv + 6), *to = producer(brokers);
        for (long i = 0; i < count; i++) {
            rd_kafka_message_t *message = next(from);
            if (!i) start = now();
            rd_kafka_headers_t *headers = NULL, *copy = NULL;
            if (!rd_kafka_message_headers(message, &headers)) copy = rd_kafka_headers_copy(headers);
            produce(to, argv[4], message->key, message->key_len, message->payload, message->len, copy);
            rd_kafka_message_destroy(message);
        }
        await_reports(to, count);
    } else {
        fail(mode, "is no mode, or lacks arguments");
        return 1;
    }
    printf("{\"count\": %ld, \"seconds\": %.6f}\n", count, now() - start);
    fflush(stdout);
    /* The group is left by its session's end: what is measured is over. */
    _Exit(0);
}
