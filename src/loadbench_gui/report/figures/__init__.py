"""The geometry of every chart, pure, and its SVG."""
