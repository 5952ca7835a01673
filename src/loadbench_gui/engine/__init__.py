"""One shard of the load, fired from one process, free of Qt."""
