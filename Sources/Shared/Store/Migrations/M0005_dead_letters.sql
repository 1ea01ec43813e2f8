-- What an operator did about a dead letter: sent it on its way again, or let it go for good.

ALTER TABLE dead_letters
    ADD COLUMN settled text CHECK (settled IN ('replayed', 'discarded')),
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by text,
    ADD CONSTRAINT dead_letters_settled CHECK ((settled IS NULL) = (settled_at IS NULL));

CREATE INDEX dead_letters_open ON dead_letters (recorded_at DESC) WHERE settled IS NULL;

-- What may be pruned: open ones stay until somebody settles them.
CREATE INDEX dead_letters_over ON dead_letters (settled_at) WHERE settled IS NOT NULL;
