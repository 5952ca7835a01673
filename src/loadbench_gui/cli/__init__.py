"""The same product without a window."""
