"""The window's own part of the self-test: what only a process with Qt in it can try."""
