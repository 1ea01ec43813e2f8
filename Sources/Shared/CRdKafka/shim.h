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
