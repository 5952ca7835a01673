"""Tests that use the frozen app the way people do: `make smoke`, or pytest with `--app FOLDER` for another one."""
