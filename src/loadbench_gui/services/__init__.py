"""Use cases: supervise workers, run a test, compare deployments, keep the library."""
