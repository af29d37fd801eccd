-- The metrics that have rows: a small number is kept with each row, and its name is here.
CREATE TABLE callbox_monitor.series (
    id bigint PRIMARY KEY,
    metric text NOT NULL,
    -- How many minutes a row is about: 1, 60 or 1440.
    step bigint NOT NULL,
    -- By what the cells of a row are told apart.
    split bigint NOT NULL,
    UNIQUE (metric, step, split)
);

-- Figures by the minute, the hour and the day.
CREATE TABLE callbox_monitor.rollups (
    series bigint NOT NULL,
    -- Minutes since 1970, UTC.
    at bigint NOT NULL,
    node bigint NOT NULL,
    cells bytea NOT NULL,
    PRIMARY KEY (series, at, node)
);

-- When each node last said that it is there: the gap until its next start is time without a process.
CREATE TABLE callbox_monitor.nodes (
    node bigint PRIMARY KEY,
    alive_at bigint NOT NULL
);
