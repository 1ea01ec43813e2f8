-- What people control: seen, read and archived, preferences; and what keeps one from flooding the others.

ALTER TABLE inbox
    -- As its event type was registered when this was decided; critical ones are not counted against a user's limit.
    ADD COLUMN critical boolean NOT NULL DEFAULT false,
    ADD COLUMN seen_at timestamptz,
    ADD COLUMN archived_at timestamptz;

-- Archived ones are no longer waiting to be read.
DROP INDEX inbox_unread;
CREATE INDEX inbox_unread ON inbox (user_id, seq DESC)
    WHERE state = 'delivered' AND read_at IS NULL AND archived_at IS NULL;
CREATE INDEX inbox_history ON inbox (user_id, seq DESC) WHERE state = 'delivered';
-- Few are: without it a page of them would walk along everything else.
CREATE INDEX inbox_archived ON inbox (user_id, seq DESC) WHERE state = 'delivered' AND archived_at IS NOT NULL;
-- How many a user got in a calendar minute.
CREATE INDEX inbox_limited ON inbox (user_id, due_at) WHERE state = 'delivered' AND NOT critical;

-- What a user chose; without a row the event type's default holds.
CREATE TABLE preferences (
    user_id text NOT NULL,
    event_type text NOT NULL,
    enabled boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, event_type)
);

-- Requests of each user in the current minute. Nothing is lost where a crash of Postgres empties it.
CREATE UNLOGGED TABLE inbox_requests (
    user_id text PRIMARY KEY,
    minute timestamptz NOT NULL,
    requests integer NOT NULL
) WITH (fillfactor = 50);

-- How much each replica of the API let through for a token in a minute, so that they limit it together.
CREATE UNLOGGED TABLE token_usage (
    token_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    replica uuid NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (token_id, minute, replica)
);

-- The most that a token may ask for in a minute; each notification of a batch counts. NULL: the API's default.
ALTER TABLE tokens ADD COLUMN requests_per_minute integer CHECK (requests_per_minute > 0);

-- Whoever was erased, by the SHA-256 of the user id: what was accepted until then never appears.
CREATE TABLE erased_users (
    user_hash bytea PRIMARY KEY CHECK (octet_length(user_hash) = 32),
    erased_at timestamptz NOT NULL,
    -- When the topics hold nothing of before any more, so that what they brought back can be swept.
    sweep_at timestamptz NOT NULL,
    swept_at timestamptz
);

CREATE INDEX erased_users_unswept ON erased_users (sweep_at) WHERE swept_at IS NULL;
