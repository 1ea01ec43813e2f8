-- Every hot table has its distribution column in its key: `shard` for the outbox, `user_id` for the inbox and its heads.

-- What is scheduled and not yet claimed. A row ends by DELETE.
CREATE TABLE outbox (
    shard integer NOT NULL,
    id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    service_id uuid NOT NULL,
    user_id text NOT NULL,
    revision integer NOT NULL,
    accepted_at timestamptz NOT NULL,
    scheduled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    traceparent text,
    payload bytea NOT NULL,
    PRIMARY KEY (shard, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

-- Exactly what the claim orders by.
CREATE INDEX outbox_due ON outbox (shard, due_at);
CREATE INDEX outbox_by_service ON outbox (service_id, accepted_at DESC, id DESC);

-- One row a decision. The row is the trail; readers see only the delivered ones. By week on the due time, which travels
-- in the event, so that a redelivery meets the same key.
CREATE TABLE inbox (
    user_id text NOT NULL,
    id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('delivered', 'expired', 'suppressed')),
    reason text CHECK ((reason IS NOT NULL) = (state = 'suppressed')),
    seq bigint NOT NULL,
    service_id uuid NOT NULL,
    event_type text NOT NULL,
    priority text NOT NULL,
    title text,
    message text NOT NULL,
    action_url text,
    data text,
    scheduled boolean NOT NULL,
    revision integer NOT NULL,
    expires_at timestamptz,
    accepted_at timestamptz NOT NULL,
    claimed_at timestamptz,
    delivered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    read_at timestamptz,
    traceparent text,
    PRIMARY KEY (user_id, id, due_at)
) PARTITION BY RANGE (due_at);

CREATE INDEX inbox_unread ON inbox (user_id, seq DESC) WHERE state = 'delivered' AND read_at IS NULL;
-- The acceptance time is in every UUIDv7, so this serves the look-up by id as well as the list.
CREATE INDEX inbox_by_service ON inbox (service_id, accepted_at DESC, id DESC);

-- The lock under which `seq` is given, and the ETag of a user's inbox.
CREATE TABLE inbox_heads (
    user_id text PRIMARY KEY,
    version bigint NOT NULL
) WITH (fillfactor = 50);

-- Which of several requests under one Idempotency-Key was first.
CREATE TABLE idempotency_keys (
    user_id text NOT NULL,
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    request_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    accepted_at timestamptz NOT NULL,
    other_body_at timestamptz,
    PRIMARY KEY (user_id, id)
);

CREATE INDEX idempotency_keys_by_id ON idempotency_keys (service_id, id);

-- Tombstones. `answer` is what the sender was told; the first writer wins. `payload` is the record of what was
-- cancelled, for the trail, as soon as it is met anywhere.
CREATE TABLE cancellations (
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer text CHECK (answer IN ('cancelled', 'recalled')),
    decided_at timestamptz,
    user_id text,
    accepted_at timestamptz,
    scheduled_at timestamptz,
    -- Where a reschedule had moved it; the payload has the first time.
    due_at timestamptz,
    payload bytea,
    PRIMARY KEY (id, service_id),
    CHECK ((answer IS NULL) = (decided_at IS NULL))
);

CREATE INDEX cancellations_undecided ON cancellations (requested_at) WHERE answer IS NULL;
CREATE INDEX cancellations_by_service ON cancellations (service_id, accepted_at DESC, id DESC)
    WHERE payload IS NOT NULL;

-- The lowest valid revision of what was rescheduled: an event below it is dropped.
CREATE TABLE reschedules (
    id uuid NOT NULL,
    service_id uuid NOT NULL,
    revision integer NOT NULL,
    rescheduled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id, service_id)
);

-- What could not be processed, as read from the dead-letters topic. A partition's offsets begin anew when a topic is
-- made again, so the time belongs to the key.
CREATE TABLE dead_letters (
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    record_at timestamptz NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    id uuid,
    service_id uuid,
    user_id text,
    accepted_at timestamptz,
    record_key bytea,
    record_value bytea,
    traceparent text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, record_offset, record_at)
);

CREATE INDEX dead_letters_by_service ON dead_letters (service_id, id) WHERE id IS NOT NULL;
