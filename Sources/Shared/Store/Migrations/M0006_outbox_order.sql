-- Exactly what the claim orders by. With the id a claim can begin behind the last one even where a million are due at
-- the same moment; else each would walk over the dead entries of all before it.

CREATE INDEX outbox_order ON outbox (shard, due_at, id);
DROP INDEX outbox_due;
