-- A body is fixed at its commit: the member that carries the reason is the one that was set then.
-- NULL: `notificationReason`.
ALTER TABLE notification ADD COLUMN reason_field TEXT;
