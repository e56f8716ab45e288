-- What became of an entitlement's operations: explain reads the newest of them.
CREATE INDEX operation_by_key ON operation (key);
