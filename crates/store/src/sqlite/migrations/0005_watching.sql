-- What those who watch ask for is found by indexes that hold only what is not done.
-- `in_flight` tells the open operation's stage: 0 none is open, 1 in flight, 2 queued, 3 unknown.
UPDATE entitlement
SET in_flight = CASE json_extract(rest, '$.operation.stage') WHEN 'queued' THEN 2 WHEN 'unknown' THEN 3 ELSE 0 END
WHERE in_flight = 0 AND instr(rest, '"stage"') > 0;
CREATE INDEX entitlement_waits_for_merchant ON entitlement (key) WHERE in_flight > 1;
CREATE INDEX notification_dead ON notification (committed_at) WHERE state = 'dead';
