#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// `rd_kafka_produceva` takes an array of unions, which is far easier to write down in C.
///
/// A key of NULL means none, and RD_KAFKA_PARTITION_UA that the key decides about the partition. On success librdkafka
/// owns `headers` (which may be NULL); on failure the caller still does. The error belongs to the caller; NULL means
/// that the message is in the queue and that a report will come for it.
static inline rd_kafka_error_t *notifi_produce(
    rd_kafka_t *client, const char *topic, int32_t partition, const void *key, size_t key_size, const void *value,
    size_t value_size, rd_kafka_headers_t *headers, void *opaque) {
    rd_kafka_vu_t fields[7];
    size_t count = 0;
    fields[count].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[count++].u.cstr = topic;
    fields[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[count++].u.i32 = partition;
    fields[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[count++].u.i = RD_KAFKA_MSG_F_COPY;
    fields[count].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[count].u.mem.ptr = (void *)value;
    fields[count++].u.mem.size = value_size;
    fields[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[count++].u.ptr = opaque;
    if (key != NULL) {
        fields[count].vtype = RD_KAFKA_VTYPE_KEY;
        fields[count].u.mem.ptr = (void *)key;
        fields[count++].u.mem.size = key_size;
    }
    if (headers != NULL) {
        fields[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        fields[count++].u.headers = headers;
    }
    return rd_kafka_produceva(client, fields, count);
}

/// `rd_kafka_mock_broker_push_request_error_rtts` is variadic. The next `count` answers of this broker to requests of
/// this kind come `milliseconds` later, and have no error.
static inline rd_kafka_resp_err_t notifi_mock_push_latency(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t key, size_t count, int milliseconds) {
    for (size_t pushed = 0; pushed < count; pushed++) {
        rd_kafka_resp_err_t failure = rd_kafka_mock_broker_push_request_error_rtts(
            cluster, broker, key, 1, RD_KAFKA_RESP_ERR_NO_ERROR, milliseconds);
        if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return failure;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}
