"""Charts: the only place that knows pyqtgraph. Imported after the window's first paint, never before."""
