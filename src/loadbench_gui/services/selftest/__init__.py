"""Does everything that loadbench needs work on this machine? Checks without a window; `ui.selftest` has those of Qt."""
