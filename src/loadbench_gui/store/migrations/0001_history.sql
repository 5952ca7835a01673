-- Comparisons, their runs, and what was measured second by second.
-- `structure` and `blobs` hold a whole value (see store/codec.py); the other columns are what lists show and filter by.

CREATE TABLE comparisons (
    comparison_id TEXT PRIMARY KEY,
    profile       TEXT NOT NULL,
    profile_text  TEXT NOT NULL,                -- the TOML as it was, so that the comparison can be repeated
    baseline      TEXT NOT NULL,
    command       TEXT NOT NULL,
    started_at    TEXT NOT NULL,                -- ISO 8601
    deployments   TEXT NOT NULL,                -- JSON array of names
    rounds        INTEGER NOT NULL,
    schedule      TEXT NOT NULL,                -- codec: Schedule
    complete      INTEGER NOT NULL DEFAULT 0,
    summary       TEXT NOT NULL DEFAULT '',
    headlines     TEXT NOT NULL DEFAULT '[]',   -- JSON array of [workload, metric, deployment, verdict], primary only
    structure     TEXT,                         -- codec: Comparison; NULL until there is a verdict
    blobs         BLOB,
    tags          TEXT NOT NULL DEFAULT '[]'    -- JSON array of strings
);

CREATE TABLE runs (
    run_id        TEXT PRIMARY KEY,
    comparison_id TEXT REFERENCES comparisons (comparison_id) ON DELETE CASCADE,
    profile       TEXT NOT NULL,
    deployment    TEXT NOT NULL,
    workload      TEXT NOT NULL,
    phase         TEXT NOT NULL,
    round         INTEGER NOT NULL,
    run_order     INTEGER NOT NULL,             -- position in the comparison's schedule
    started_at    TEXT NOT NULL,                -- ISO 8601
    warmup_s      REAL NOT NULL,
    window_s      REAL NOT NULL,                -- planned length of the measured window
    duration_s    REAL NOT NULL,                -- how much of the window was covered so far
    final         INTEGER NOT NULL DEFAULT 0,   -- the run's end was recorded, planned or not
    sealed        INTEGER NOT NULL DEFAULT 0,   -- it ended as planned
    structure     TEXT NOT NULL,                -- codec: Run without intervals and target samples
    blobs         BLOB NOT NULL,
    tags          TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX runs_of_comparison ON runs (comparison_id, run_order);

CREATE TABLE intervals (
    run_id    TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,                 -- Interval.index
    structure TEXT NOT NULL,                    -- codec: Interval
    blobs     BLOB NOT NULL,
    PRIMARY KEY (run_id, position)
);

CREATE TABLE target_samples (
    run_id      TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    t_s         REAL NOT NULL,
    rss_bytes   INTEGER NOT NULL,
    uss_bytes   INTEGER,
    pss_bytes   INTEGER,
    cpu_s       REAL NOT NULL,
    processes   INTEGER NOT NULL,
    threads     INTEGER NOT NULL,
    open_files  INTEGER,
    connections INTEGER,
    PRIMARY KEY (run_id, t_s)
) WITHOUT ROWID;
