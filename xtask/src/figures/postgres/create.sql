-- What a create writes, in a transaction of its own: the floor of the figures on PostgreSQL, carried out by pgbench.
-- The place in the feed comes from a sequence, so that nobody waits for the account's row as the hub's commits do.
-- Keys ascend as UUIDv7 do; what is random is random in each.
\set n :n + 1
\set number :n * 64 + :client_id
\set high :base + :number * 4096
\set low random(1, 9000000000000000000)
\set shared random(1, 9000000000000000000)
BEGIN;
INSERT INTO claim (home, identity, fingerprint, key, at, http, form, code, version)
VALUES (:account, :prefix || lpad((:number)::text, 12, '0'),
    decode(lpad(to_hex(:low::bigint), 16, '0') || lpad(to_hex(:shared::bigint), 16, '0'), 'hex'),
    (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid,
    :now::bigint + :number, 200, 1, 0, 1);
INSERT INTO entitlement (key, account, home, live, route, customer, slot, status, product, created_at, updated_at,
    revision, version, last_event, since, in_flight, unborn, rest)
VALUES ((lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid, :account, :account, false,
    :route, :prefix || lpad((:number)::text, 12, '0'), 1, 'ACTIVE', 'MUSIC_NOW', :now::bigint, :now::bigint, 1, 1, 1,
    today(), 0, false, :rest);
INSERT INTO lane (key, home, target, next, head, attempt_at, head_day, day)
VALUES ((lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid, :account, 0, 2, 1,
    :now::bigint + :number, today(), today());
INSERT INTO notification (account, home, key, target, sequence, event, version, reason, form, committed_at, state, day)
VALUES (:account, :account, (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid,
    0, 1, 1, 1, 'ACTIVATION_SUCCESS', 1, :now::bigint + :number, 'waiting', today());
INSERT INTO event (account, home, position, key, sequence, version, at, day, by, kind, request, sets)
VALUES (:account, :account, nextval('figures_position'),
    (lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid, 1, 1, :now::bigint + :number,
    today(), 'RESELLER', 'created', :prefix || lpad((:number)::text, 12, '0'), :sets);
COMMIT;
