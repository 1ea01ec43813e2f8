-- What the keeper of retention has to know, and the indexes by which it and an erasure find what is to go.

-- When it last looked, so that it notices a clock that jumps. One row.
CREATE TABLE retention_looks (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- The earlier one of Postgres' clock and the daemon's.
    looked_at timestamptz NOT NULL,
    -- Since when these clocks have gone on without a jump.
    steady_since timestamptz NOT NULL
);

-- A key, and a revision, lives as long as what it was given to, which may be due in years. NULL: at once.
ALTER TABLE idempotency_keys ADD COLUMN due_at timestamptz;
ALTER TABLE reschedules ADD COLUMN due_at timestamptz;

UPDATE idempotency_keys k SET due_at = o.due_at FROM outbox o WHERE o.id = k.id AND o.service_id = k.service_id;
UPDATE reschedules r SET due_at = o.due_at FROM outbox o WHERE o.id = r.id AND o.service_id = r.service_id;

CREATE INDEX idempotency_keys_old ON idempotency_keys (greatest(accepted_at, due_at));
CREATE INDEX reschedules_old ON reschedules (greatest(rescheduled_at, due_at));
CREATE INDEX cancellations_old ON cancellations (requested_at) WHERE answer IS NOT NULL;
CREATE INDEX dead_letters_recorded ON dead_letters (recorded_at);

CREATE INDEX outbox_by_user ON outbox (user_id);
CREATE INDEX cancellations_by_user ON cancellations (user_id) WHERE user_id IS NOT NULL;
-- By hash: what nobody can read may have a key of any length.
CREATE INDEX dead_letters_by_user ON dead_letters USING hash (user_id);
CREATE INDEX dead_letters_by_key ON dead_letters USING hash (record_key);

-- When the first sweep was complete. Until then the keeper takes it up, should the one who began it have died.
ALTER TABLE erased_users ADD COLUMN cleared_at timestamptz;
