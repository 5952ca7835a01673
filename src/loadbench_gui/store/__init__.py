"""History on disk: SQLite on a thread of its own."""
