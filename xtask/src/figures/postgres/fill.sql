-- Entitlements $first to $last, told of long ago. The texts are those of the one that the hub has made.
BEGIN;
SET LOCAL synchronous_commit = off;
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT n, (lpad(to_hex((1700000000000 + n) * 65536), 16, '0') || left(md5('low' || n), 16))::uuid AS key,
        left(md5('customer' || n), 16) AS spread, 1700000000000 + n AS at
    FROM generate_series($first::bigint, $last::bigint) AS n;
CREATE TEMPORARY TABLE sample ON COMMIT DROP AS
    SELECT a.id AS account, r.id AS route FROM account a JOIN route r ON r.account = a.id AND r.merchant = 'BANGO_US'
    ORDER BY 1 LIMIT 1;
INSERT INTO entitlement (key, account, home, live, route, customer, slot, status, product, created_at, updated_at,
    revision, version, last_event, since, in_flight, unborn, rest)
SELECT key, account, account, false, route, spread || '-filled00', 1, 'ACTIVE', 'MUSIC_NOW', at, at, 1, 1, 1, today(),
    0, false,
    '{"activated":1795871715000,"name":"Music (active at once)","url":"http://127.0.0.1:9/notified","shared":"'
    || md5(spread) || '","bango":"564372031654133","eventAt":1795871715525}'
FROM made, sample;
INSERT INTO claim (home, identity, fingerprint, key, at, http, form, code, version)
SELECT account, spread || '-filled01', uuid_send(key), key, at, 200, 1, 0, 1 FROM made, sample;
INSERT INTO lane (key, home, target, next, head, head_day, day)
SELECT key, account, 0, 2, 2, today(), today() FROM made, sample;
INSERT INTO notification (account, home, key, target, sequence, event, version, reason, form, committed_at, state,
    attempts, last_status, done_at, day)
SELECT account, account, key, 0, 1, 1, 1, 'ACTIVATION_SUCCESS', 1, at, 'delivered', 1, 200, at + 30, today()
FROM made, sample;
INSERT INTO event (account, home, position, key, sequence, version, at, day, by, kind, request, sets)
SELECT account, account, position + 1 + n - $first, key, 1, 1, at, today(), 'RESELLER', 'created',
    spread || '-filled01',
    '[["record",{"status":"ACTIVE","created":1795871715000,"activated":1795871715000,"customer":"' || spread ||
    '-filled00","merchant":"BANGO_US","product":"MUSIC_NOW","name":"Music (active at once)","url":'
    '"http://127.0.0.1:9/notified","shared":"' || md5(spread) || '","bango":"564372031654133"}]]'
FROM made, sample, account WHERE account.id = sample.account ORDER BY n;
UPDATE account SET position = position + 1 + $last - $first FROM sample WHERE id = sample.account;
COMMIT;
