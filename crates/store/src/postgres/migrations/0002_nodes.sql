-- The processes that work on this database, each shown anew every second.
CREATE TABLE node (
    id uuid PRIMARY KEY,
    -- The machine and the address it listens on.
    name text NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);

-- Which of them is at work on a due entitlement, and for how long it is left to it. Lost with a crash of the
-- server or a fail-over, which costs nothing: whoever comes next takes it.
CREATE UNLOGGED TABLE taken (
    key uuid PRIMARY KEY,
    due_at bigint NOT NULL,
    holder uuid NOT NULL,
    until timestamptz NOT NULL
);

-- What each of them has counted of a name since it was opened (requests of a credential), for limits that
-- hold for all of them together.
CREATE UNLOGGED TABLE counted (
    name text NOT NULL,
    node uuid NOT NULL,
    count bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (name, node)
);
