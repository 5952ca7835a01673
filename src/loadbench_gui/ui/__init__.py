"""The window: the only place that knows Qt. Pages get what they need in their constructors from `ui.app`."""
